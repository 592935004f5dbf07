import Gate
import JSON
import Policy
import Requests
import Store
import System
import Testing

@Suite("What an answer comes to")
struct DeskTests {
  @Test("a bare word in a direct chat settles the one that waits")
  func bare() throws {
    for (text, wanted) in [
      ("y", "allowed once"), ("no", "denied once"), ("好", "allowed once"),
      ("session", "allowed session granted"),
      ("总是", "allowed always granted"),
    ] {
      let room = try Room()
      try room.ask("r1")
      #expect(try room.desk.hear(text, said(room)).word == wanted)
      let row = try #require(try room.store.request("r1"))
      #expect(row.by == "chat:U1" && row.via == "answer" && row.since == room.now)
      let entry = try #require(try room.ledger().last { $0["kind"]?.string == "decision" })
      #expect(entry["request"]?.string == "r1" && entry["by"]?.string == "chat:U1")
      #expect(entry["digest"]?.string == row.digest)
      #expect(try Ledger.verify(room.store).fault == nil)
    }
  }

  @Test("an ordinary text, and a word where nothing waits, are for the agent")
  func ordinary() throws {
    let room = try Room()
    #expect(try room.desk.hear("y", said(room)) == .ordinary)
    try room.ask("r1")
    #expect(try room.desk.hear("yes we can", said(room)) == .ordinary)
    #expect(try room.desk.hear("y", said(room, session: "chat:2")) == .ordinary)
    #expect(try room.state("r1") == .pending)
  }

  @Test("in a group there is no bare word, and the code counts")
  func group() throws {
    let room = try Room()
    try room.ask("r1")
    #expect(try room.desk.hear("y", said(room, direct: false)) == .ordinary)
    #expect(try room.desk.hear("always", said(room, direct: false)) == .ordinary)
    #expect(try room.desk.hear("y ab23", said(room, approver: false, direct: false)).word == "not approver")
    #expect(try room.state("r1") == .pending)
    #expect(try room.desk.hear("y ab23", said(room, direct: false)).word == "allowed once")
  }

  @Test("an early yes: before the card was delivered, or in the same moment")
  func early() throws {
    let room = try Room()
    try room.ask("r1", delivered: false)
    room.wait()
    #expect(try room.desk.hear("y", said(room)).word == "needs code")
    var words = said(room)
    try room.deliver("r1", type: "request")
    let shown = try #require(try room.store.delivered("r1"))
    for accepted in [words.accepted, shown, shown + -1] {
      words.accepted = accepted
      #expect(try room.desk.hear("y", words).word == "needs code")
    }
    words.accepted = shown + 1
    #expect(try room.desk.hear("y", words).word == "allowed once")
  }

  @Test("a stale yes: printed again, or of another host, whose clock is not ours")
  func stale() throws {
    let room = try Room()
    try room.ask("r1")
    #expect(try room.desk.hear("y", said(room, again: true)).word == "needs code")
    #expect(try room.desk.hear("y ab23", said(room, again: true)).word == "needs code")
    #expect(try room.desk.hear("y", said(room, known: false)).word == "needs code")
    // Older than the request itself: it cannot be about it, code or not.
    var words = said(room)
    words.accepted = room.now + -1000
    #expect(try room.desk.hear("y ab23", words).word == "needs code")
    #expect(try room.desk.hear(choice: "once", request: "r1", words).word == "needs code")
    #expect(try room.state("r1") == .pending)
    // Of another host, with the code.
    #expect(try room.desk.hear("y ab23", said(room, known: false)).word == "allowed once")
  }

  @Test("a card that is not the last thing delivered")
  func notLast() throws {
    let room = try Room()
    try room.ask("r1")
    try room.deliver("reply-1")
    #expect(try room.desk.hear("y", said(room)).word == "needs code")
    #expect(try room.desk.hear("n", said(room)).word == "needs code")
    #expect(try room.desk.hear("y ab23", said(room)).word == "allowed once")
    // What was delivered elsewhere does not matter.
    let other = try Room()
    try other.ask("r1")
    try other.deliver("reply-1", session: "chat:2")
    #expect(try other.desk.hear("y", said(other)).word == "allowed once")
  }

  @Test("with two waiting, the code tells which")
  func two() throws {
    let room = try Room()
    try room.ask("r1", code: "ab23")
    try room.ask("r2", code: "cd45")
    #expect(try room.desk.hear("y", said(room)).word == "ambiguous 2")
    #expect(try room.desk.hear("always", said(room)).word == "ambiguous 2")
    #expect(try room.desk.hear("y ab23", said(room)).word == "allowed once")
    #expect(try room.state("r2") == .pending)
    // One is left, and the card of it is still the last thing delivered.
    #expect(try room.desk.hear("n", said(room)).word == "denied once")
    #expect(try room.state("r1") == .allowed && room.state("r2") == .denied)
  }

  @Test("the wrong person, in every way of answering")
  func wrongPerson() throws {
    let room = try Room()
    try room.ask("r1")
    let words = said(room, by: "chat:U2", approver: false)
    #expect(try room.desk.hear("y", words).word == "not approver")
    #expect(try room.desk.hear("n", words).word == "not approver")
    #expect(try room.desk.hear("y ab23", words).word == "not approver")
    #expect(try room.desk.hear(choice: "once", request: "r1", words).word == "not approver")
    let quoted = said(room, by: "chat:U2", approver: false, quoted: "proof-r1")
    #expect(try room.desk.hear("y", quoted).word == "not approver")
    #expect(try room.state("r1") == .pending && room.ledger().isEmpty)
  }

  @Test("a reply to a card is about that card")
  func quoted() throws {
    let room = try Room()
    try room.ask("r1", code: "ab23")
    try room.ask("r2", code: "cd45")
    #expect(try room.desk.hear("y", said(room, quoted: "proof-r1")).word == "allowed once")
    #expect(try room.state("r2") == .pending)
    // To one that is settled: late, and nothing else happens.
    #expect(try room.desk.hear("n", said(room, quoted: "proof-r1")).word == "late")
    #expect(try room.desk.hear("y", said(room, quoted: "proof-r1")).word == "repeated")
    #expect(try room.desk.hear("y", said(room, by: "chat:U3", quoted: "proof-r1")).word == "late")
    // To something else: not the bare word that it looks like.
    try room.deliver("reply-1")
    #expect(try room.desk.hear("y", said(room, quoted: "proof-reply-1")).word == "needs code")
    #expect(try room.desk.hear("y", said(room, quoted: "no such message")).word == "needs code")
    #expect(try room.state("r2") == .pending)
    // In a group too, but only in the chat where that message stands.
    #expect(
      try room.desk.hear("y", said(room, direct: false, session: "chat:9", quoted: "proof-r2")).word
        == "ordinary")
    #expect(try room.desk.hear("y", said(room, direct: false, quoted: "proof-r2")).word == "allowed once")
  }

  @Test("a card that went to another chat is answered there")
  func elsewhere() throws {
    let room = try Room()
    try room.ask("r1", delivered: false)
    try room.deliver("r1", type: "request", target: "chat:ops")
    #expect(
      try room.desk.hear("y", said(room, direct: false, session: "chat:ops", quoted: "proof-r1")).word
        == "allowed once")
  }

  @Test("buttons, and words that are none")
  func buttons() throws {
    for (choice, wanted) in [
      ("once", "allowed once"), ("allow", "allowed once"), ("session", "allowed session granted"),
      ("always", "allowed always granted"), ("deny", "denied once"),
    ] {
      let room = try Room()
      try room.ask("r1")
      #expect(try room.desk.hear(choice: choice, request: "r1", said(room, direct: false)).word == wanted)
    }
    let room = try Room()
    try room.ask("r1")
    for choice in ["", "y", "Once", "ALWAYS", "a", "used", "allow "] {
      #expect(try room.desk.hear(choice: choice, request: "r1", said(room)).word == "unknown")
    }
    #expect(try room.desk.hear(choice: "once", request: "r9", said(room)).word == "unknown")
    #expect(try room.desk.hear(choice: "once", request: "", said(room)).word == "unknown")
    #expect(try room.state("r1") == .pending)
  }

  @Test("late, repeated and unknown are three different things")
  func late() throws {
    let room = try Room()
    try room.ask("r1")
    #expect(try room.desk.hear("y ab23", said(room)).word == "allowed once")
    #expect(try room.desk.hear("y ab23", said(room)).word == "repeated")
    #expect(try room.desk.hear("n ab23", said(room)).word == "late")
    #expect(try room.desk.hear("y ab23", said(room, by: "chat:U3")).word == "late")
    #expect(try room.desk.hear("y zz99", said(room)).word == "unknown")
    #expect(try room.desk.hear(choice: "once", request: "r1", said(room)).word == "repeated")
    #expect(try room.ledger().count == 1)
  }

  @Test("a bare answer word is a late answer for 15 minutes, and a message after them")
  func quarter() throws {
    for state in [RequestState.used, .denied, .expired, .void] {
      let room = try Room()
      try room.ask("r1")
      if state == .used {
        #expect(
          try room.store.move(
            request: "r1", from: .pending, to: .allowed, by: nil, via: nil, scope: nil, at: room.now))
      }
      #expect(
        try room.store.move(
          request: "r1", from: state == .used ? .allowed : .pending, to: state, by: "chat:U3", via: "x",
          scope: "once",
          at: room.now))
      room.wait(15 * 60_000)
      #expect(try room.desk.hear("n", said(room)).word == "late", "\(state)")
      #expect(try room.desk.hear("n", said(room, direct: false)).word == "ordinary", "\(state)")
      room.wait(1)
      #expect(try room.desk.hear("n", said(room)).word == "ordinary", "\(state)")
      // With the code it is about that request for as long as it is known.
      #expect(try room.desk.hear("y ab23", said(room)).word == "late", "\(state)")
    }
  }

  @Test("a request whose time is over is not allowed, though nobody has closed it yet")
  func over() throws {
    let room = try Room()
    let row = try room.ask("r1")
    room.now = row.expires + -1
    #expect(try room.desk.hear("session", said(room, approver: false)).word == "not approver")
    room.now = row.expires
    for text in ["y", "y ab23", "always ab23"] {
      #expect(try room.desk.hear(text, said(room)).word == "late")
    }
    #expect(try room.desk.hear(choice: "once", request: "r1", said(room)).word == "late")
    #expect(try room.state("r1") == .pending && room.store.grants(at: room.now).isEmpty)
  }

  @Test("always on what cannot be granted is a yes to this once")
  func notGrantable() throws {
    for text in ["always", "session"] {
      let room = try Room()
      try room.ask("r1", grantable: false)
      #expect(try room.desk.hear(text, said(room)).word == "allowed once not granted")
      #expect(try room.store.grants(at: room.now).isEmpty)
      #expect(try room.store.request("r1")?.scope == "once")
      #expect(try room.ledger().map { $0["kind"]?.string } == ["decision"])
    }
  }

  @Test("what is granted: the proposal, in this session or everywhere")
  func grants() throws {
    for (text, scope) in [("session", Grant.Scope.session("chat:1")), ("always", .everywhere)] {
      let room = try Room()
      try room.ask("r1")
      _ = try room.desk.hear(text, said(room))
      let row = try #require(try room.store.grants(at: room.now).first)
      let grant = try #require(Grant(try JSONReader.parse(row.grant)))
      #expect(grant.scope == scope && grant.agent == "shell" && grant.workdir == "/w")
      #expect(grant.matter == .words(["touch", "x"]) && grant.programs == ["/usr/bin/touch"])
      #expect(row.by == "chat:U1" && row.request == "r1" && row.expires == nil)
      #expect(try room.ledger().compactMap { $0["kind"]?.string }.sorted() == ["decision", "grant"])
      #expect(try room.store.revokeGrant(row.n, at: room.now))
      #expect(try !room.store.revokeGrant(row.n, at: room.now))
      #expect(try room.store.grants(at: room.now).isEmpty)
    }
    // No is no, however long.
    let room = try Room()
    try room.ask("r1")
    _ = try room.desk.hear("n ab23", said(room))
    #expect(try room.store.grants(at: room.now).isEmpty)
  }

  @Test("a code that was used before means the one that waits, else the last")
  func codes() throws {
    let room = try Room()
    try room.ask("r1")
    _ = try room.desk.hear("n ab23", said(room))
    room.wait()
    try room.ask("r2", code: "ab23")
    #expect(try room.desk.hear("y AB23", said(room)).word == "allowed once")
    #expect(try room.state("r1") == .denied && room.state("r2") == .allowed)
  }
}
