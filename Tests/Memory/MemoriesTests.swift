import Glibc
import Memory
import Recall
import Store
import System
import TestSupport
import Testing

struct MemoriesTests {
  private let scratch: Scratch
  private let store: Store
  private let memories: Memories

  init() throws {
    scratch = try Scratch()
    store = try Store(path: "\(scratch.path)/agim.db")
    memories = Memories(store, clock: .fixed(start: Timestamp(milliseconds: 1_700_000_000_000), seed: 1))
  }

  private func found(_ question: String, _ person: String = "test:ann") throws -> [String] {
    try Searcher(store).search(question, in: memories.scopes(person: person), limit: 5).map(\.text)
  }

  @Test func searchFindsWhatASearchOfSpacesDoesNot() throws {
    _ = try memories.add("停车位在地下二层B区37号", person: "test:ann")
    _ = try memories.add("The router password hangs in the kitchen", person: "test:ann")
    _ = try memories.add("駐車場の鍵は玄関の引き出しにあります", person: "test:ann")
    _ = try memories.add("회의실 비밀번호는 칠판 뒤에 있다", person: "test:ann")
    _ = try memories.add("停车位在别处", person: "test:bob")
    #expect(try found("我的停车位在哪一层").first == "停车位在地下二层B区37号")
    #expect(try found("passwords for routers").count == 1)
    #expect(try found("駐車場の鍵").first?.hasPrefix("駐車場") == true)
    #expect(try found("비밀번호").count == 1)
    #expect(try found("別処").isEmpty, "another person's")
    #expect(try found("停车位", "test:bob") == ["停车位在别处"])
    #expect(try found("\" OR words:* NEAR(").isEmpty)
  }

  @Test func wordsFollowTheRow() throws {
    var memo = try memories.add("the old umbrella", person: "test:ann")
    memo.what = "the new bicycle"
    memo = try memories.change(memo)
    #expect(try found("umbrella").isEmpty)
    #expect(try found("bicycle").count == 1)
    #expect(try store.write { try store.removeMemo(memo.n) })
    #expect(try found("bicycle").isEmpty)
    #expect(try memories.scopes(person: "test:ann").map(\.entries) == [0])
    #expect(throws: Memories.Refusal.self) { try memories.change(memo) }
  }

  @Test func whatIsRefused() throws {
    #expect(throws: Memories.Refusal.self) { try memories.add(" \n", person: "test:ann") }
    #expect(throws: Memories.Refusal.self) {
      try memories.add(String(repeating: "x", count: MemoryText.limit + 1), person: "test:ann")
    }
    #expect(throws: Memories.Refusal.self) {
      try memories.add("a", person: "test:ann") {
        $0.lat = 91
        $0.lon = 0
      }
    }
    #expect(throws: Memories.Refusal.self) { try memories.add("a", person: "test:ann") { $0.lat = 9 } }
    #expect(try memories.scopes(person: "test:ann").isEmpty, "nothing of it is stored")
  }

  @Test func secretsAreScrubbedBeforeTheyAreStored() throws {
    let memo = try memories.add(
      "the key is AKIA" + "IOSFODNN7EXAMPLE", person: "test:ann"
    ) { $0.why = "password=" + "hunter2hunter2" }
    #expect(memo.what.hasPrefix("the key is [redacted:"))
    #expect(memo.why?.hasSuffix("hunter2hunter2") == false)
  }

  @Test func factsAreRecalledWhileTheyAreActive() throws {
    let first = try memories.remember("Ann drinks her coffee black", .person, "test:ann")
    let second = try memories.remember(
      "Ann drinks her coffee with milk", .person, "test:ann", supersedes: first.n)
    let question = "how does Ann drink coffee"
    #expect(try found(question) == [second.text])
    try memories.move(second.n, .archive)
    #expect(try found(question).isEmpty)
    try memories.move(first.n, .restore)
    #expect(try found(question) == [first.text])
    #expect(throws: Memories.Refusal.self) { try memories.move(first.n, .activate) }
    let maybe = try memories.remember("Ann may like coffee", .person, "test:ann", state: .candidate)
    #expect(try found(question) == [first.text])
    try memories.move(maybe.n, .activate)
    #expect(try found(question).count == 2)
    let now = Timestamp(milliseconds: 1_700_000_000_000)
    let recalled = try Recaller(store, at: now).recall(
      question, in: memories.scopes(person: "test:ann"), project: nil)
    #expect(recalled.first?.isChosen == true)
    #expect(
      try Recaller(store, at: now).recall("ok", in: memories.scopes(person: "test:ann"), project: nil).isEmpty
    )
    // A word is too little to think of anything by itself, and enough for who looks for it.
    for isAsked in [false, true] {
      let found = try Recaller(store, at: now).recall(
        "coffee", in: memories.scopes(person: "test:ann"), project: nil, isAsked: isAsked)
      #expect(found.isEmpty == !isAsked)
    }
  }

  @Test func linkedAccountsAreOnePerson() throws {
    _ = try memories.add("the piano tuner comes on Friday", person: "feishu:1")
    _ = try memories.add("the piano lesson costs forty", person: "telegram:2")
    #expect(try found("piano", "feishu:1").count == 1)
    try store.write { try store.link("feishu:1", "telegram:2", at: Timestamp(milliseconds: 1)) }
    #expect(try found("piano", "feishu:1").count == 2)
    #expect(try found("piano", "telegram:2").count == 2)
    try store.write { try store.link("telegram:2", "mail:3", at: Timestamp(milliseconds: 2)) }
    #expect(try found("piano", "mail:3").count == 2)
    #expect(try store.write { try store.unlink("feishu:1") })
    #expect(try found("piano", "feishu:1").count == 1)
    #expect(try found("piano", "mail:3").count == 1)
    #expect(try store.write { try store.unlink("mail:3") })
    #expect(try store.links().isEmpty)
  }

  @Test func aCodeLinksOnlyTheTwoChatsItIsFor() throws {
    let now = Timestamp(milliseconds: 1000)
    try store.offerLink(code: "ABCD", "feishu:c", "telegram:d", expires: now + 1000, at: now)
    func type(_ code: String, _ session: String, _ person: String, _ at: Timestamp) throws -> Store.LinkAnswer
    {
      try store.write { try store.typeLinkCode(code, in: session, by: person, at: at) }
    }
    #expect(try type("WRONG", "feishu:c", "feishu:1", now) == .unknown)
    #expect(try type("ABCD", "other:c", "other:1", now) == .unknown)
    #expect(try type("ABCD", "feishu:c", "feishu:1", now) == .waits("telegram:d"))
    #expect(try type("ABCD", "feishu:c", "feishu:9", now) == .unknown, "the first one is meant")
    #expect(try store.links().isEmpty)
    #expect(try type("ABCD", "telegram:d", "telegram:2", now + 1000) == .unknown, "too late")
    #expect(try type("ABCD", "telegram:d", "telegram:2", now) == .linked("feishu:1", "telegram:2"))
    #expect(try store.person(of: "telegram:2") == "feishu:1")
    #expect(try type("ABCD", "telegram:d", "telegram:2", now) == .unknown, "once")
  }

  @Test func nearestVectorsAreExact() throws {
    let scope = try store.makeScope(.person, "test:ann")
    var state: UInt64 = 3
    func vector() -> [Float] {
      (0..<48).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
      }
    }
    var all: [[Float]] = []
    try store.write {
      for n in 0..<500 {
        guard let unit = Vectors.unit(vector()) else { continue }
        all.append(unit)
        try store.setVector(
          of: .memo(Int64(n)), in: scope.n, model: "m", dimension: 48, data: Vectors.bytes(unit),
          code: VectorCode(unit).bytes)
      }
    }
    for _ in 0..<20 {
      guard let query = Searcher.Query(model: "m", vector()) else { continue }
      let best = all.indices.sorted {
        Vectors.cosine(query.vector, all[$0]) > Vectors.cosine(query.vector, all[$1])
      }
      let near = try Searcher(store).nearest(query, in: [scope], count: 10)
      #expect(near.map(\.doc.n) == best.prefix(10).map(Int64.init))
    }
  }

  /// Whether some bytes are anywhere in the files of the store.
  private func isOnDisk(_ text: String) throws -> Bool {
    for name in ["agim.db", "agim.db-wal"] {
      guard let file = fopen("\(scratch.path)/\(name)", "r") else { continue }
      defer { fclose(file) }
      var bytes: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = fread(&piece, 1, piece.count, file)
        if count == 0 { break }
        bytes += piece.prefix(count)
      }
      let wanted = Array(text.utf8)
      guard let first = wanted.first else { return false }
      let found = bytes.indices.contains {
        bytes[$0] == first && bytes[$0...].starts(with: wanted)
      }
      if found { return true }
    }
    return false
  }

  @Test func whatIsForgottenIsNotInTheFiles() throws {
    for n in 0..<300 {
      _ = try memories.add("zanzibar\(n) 秘密花园 rendezvous \(n)", person: "test:ann")
      _ = try memories.add("ordinary remark \(n)", person: "test:bob")
    }
    // Some is changed and removed before: that must not be left in free pages either.
    var memo = try #require(try memories.memos(in: memories.scopes(person: "test:ann"), limit: 1).first)
    memo.what = "quetzalcoatl"
    _ = try memories.change(memo)
    _ = try store.write { try store.removeMemo(memo.n) }
    var row = InboxRow(
      id: "m1", platform: "test", event: "e1", type: "message", session: "test:chat", pipe: "main",
      state: .done,
      holder: "",
      line: Array(#"{"type":"message","text":"xylophone","from":{"id":"ann","name":"Annabel"}}"#.utf8),
      at: Timestamp(milliseconds: 1))
    #expect(try store.write { try store.insert(row) })
    (row.id, row.event, row.state) = ("m2", "e2", .new)
    row.line = Array(#"{"type":"message","text":"unfinished","from":{"id":"ann"}}"#.utf8)
    #expect(try store.write { try store.insert(row) })
    _ = try memories.remember("Ann collects theremins", .person, "test:ann")
    try memories.setPersona("Plays the glockenspiel.", person: "test:ann", made: "person")
    _ = try store.sweep()
    for word in ["zanzibar1", "秘密", "quetzalcoatl", "theremin", "glockenspiel", "xylophone"]
    where word != "quetzalcoatl" {
      #expect(try isOnDisk(word), "\(word) is not there to begin with")
    }
    let (count, isSwept) = try memories.forget(["test:ann"])
    #expect(count == 300)
    #expect(isSwept)
    for word in [
      "zanzibar", "秘密", "密花", "rendezvous", "quetzalcoatl", "theremin", "glockenspiel", "test:ann",
    ] {
      #expect(try !isOnDisk(word), "\(word) is left")
    }
    #expect(try found("ordinary remark", "test:bob").count == 5)
    #expect(try isOnDisk("unfinished"), "what waits to be answered is not taken away")
    #expect(try store.inbox(id: "m1")?.event == "e1", "a message that comes again is still recognised")
    #expect(try store.integrityProblems().isEmpty)
  }
}
