import Gate
import JSON
import Requests
import Store
import System
import Testing

@Suite("What an answer to an agent's question comes to")
struct QuestionTests {
  private let question = Question(
    "Which store?", options: [.init("SQLite", detail: "a file"), .init("PostgreSQL"), .init("No store")])

  @Test("what people say, and what it is read as")
  func reading() {
    for (text, wanted) in [
      ("1", QuestionAnswer.chosen(["SQLite"])), (" 2 ", .chosen(["PostgreSQL"])),
      ("postgresql", .chosen(["PostgreSQL"])), ("no store", .chosen(["No store"])),
      ("use both", .text("use both")), ("y", .text("y")),
    ] { #expect(question.read(text) == .answer(wanted), "\(text)") }
    for text in ["n", "no", "不", "/no"] { #expect(question.read(text) == .declined, "\(text)") }
    for text in ["", "  ", "0", "4", "1 2", "1,2", "-1", "99999999999999999999 1"] where text != "-1" {
      let found = question.read(text)
      #expect(found == .unclear || found == .answer(.text(text)), "\(text)")
    }
    #expect(question.read("4") == .unclear && question.read("1,2") == .unclear)
    #expect(question.read("use both", isBare: true) == .unclear)
    #expect(question.read("2", isBare: true) == .answer(.chosen(["PostgreSQL"])))
  }

  @Test("several may be chosen where the question says so, each once and in its order")
  func multiple() {
    var question = question
    question.isMultiple = true
    #expect(question.read("3, 1 1") == .answer(.chosen(["SQLite", "No store"])))
    #expect(question.read("1、2") == .answer(.chosen(["SQLite", "PostgreSQL"])))
    #expect(question.read("sqlite, no store") == .answer(.chosen(["SQLite", "No store"])))
    #expect(question.read("1,7") == .unclear)
    question.takesText = false
    #expect(question.read("whatever") == .unclear)
  }

  @Test("a question and an answer come back from the store as they were")
  func roundTrip() throws {
    let room = try Room()
    let row = try put(question, in: room)
    #expect(Question(row) == question)
    for answer in [QuestionAnswer.chosen(["a", "b"]), .chosen([]), .text("ünïcode 好")] {
      var row = row
      var json = JSONWriter()
      json.value(.object(try #require(answer.json)))
      row.answer = String(decoding: json.bytes, as: UTF8.self)
      #expect(QuestionAnswer(row) == answer)
    }
    for garbage in ["", "{}", "[]", "{\"chosen\":1}", "{\"text\":null}"] {
      var row = row
      row.answer = garbage
      #expect(QuestionAnswer(row) == nil)
    }
    #expect(Question(try room.ask("r1", code: "cd45")) == nil)
  }

  @Test("a number alone, the code and words, a reply, a button: each answers, and allows nothing")
  func ways() throws {
    for (text, quoted, wanted) in [
      ("2", nil, #"{"chosen":["PostgreSQL"]}"#), ("qe23 use both", nil, #"{"text":"use both"}"#),
      ("QE23: 1", nil, #"{"chosen":["SQLite"]}"#), ("use both", "proof-q1", #"{"text":"use both"}"#),
    ] as [(String, String?, String)] {
      let room = try Room()
      try put(question, in: room)
      guard case .settled(let row, nil, false) = try room.desk.hear(text, said(room, quoted: quoted)) else {
        Issue.record("\(text) is not heard")
        continue
      }
      #expect(row.state == .allowed && row.by == "chat:U1")
      #expect(try room.store.request("q1")?.answer == wanted)
      #expect(try room.ledger().last?["kind"]?.string == "answer")
      #expect(try room.store.grants(at: room.now).isEmpty)
    }
    let room = try Room()
    try put(question, in: room)
    #expect(
      try room.desk.hear(choice: "7", request: "q1", said(room))
        == .unclear(try #require(try room.store.request("q1"))))
    guard case .settled = try room.desk.hear(choice: "3", request: "q1", said(room)) else {
      Issue.record("a button is not heard")
      return
    }
    #expect(try room.store.request("q1")?.answer == #"{"chosen":["No store"]}"#)
  }

  @Test("who may answer: the person who is asked, and approvers; nobody else")
  func people() throws {
    let room = try Room()
    try put(question, in: room)
    let stranger = try room.desk.hear("qe23 1", said(room, by: "chat:U3", approver: false))
    guard case .notApprover = stranger else {
      Issue.record("a stranger answered: \(stranger)")
      return
    }
    guard case .settled = try room.desk.hear("qe23 1", said(room, by: "chat:U2", approver: false)) else {
      Issue.record("the one who is asked may not answer")
      return
    }
  }

  @Test("ordinary words stay a message, and a no declines")
  func ordinary() throws {
    let room = try Room()
    try put(question, in: room)
    #expect(try room.desk.hear("what do you mean", said(room)) == .ordinary)
    #expect(try room.desk.hear("2", said(room, direct: false)) == .ordinary)
    #expect(try room.desk.hear("2", said(room, session: "chat:2")) == .ordinary)
    guard case .needsCode = try room.desk.hear("2", said(room, again: true)) else {
      Issue.record("a line that is printed again counts")
      return
    }
    guard case .settled(let row, _, _) = try room.desk.hear("n", said(room)) else {
      Issue.record("a no is not heard")
      return
    }
    #expect(row.state == .denied)
    guard case .late = try room.desk.hear("qe23 1", said(room)) else {
      Issue.record("a late answer counts")
      return
    }
  }

  @Test("a yes to a permission never answers a question, nor the other way round")
  func apart() throws {
    let room = try Room()
    try put(question, in: room)
    try room.ask("r1", code: "ab23")
    let row = try #require(try room.store.request("q1"))
    #expect(
      try room.desk.settle(row, SpokenAnswer(isYes: true, scope: .always), said(room)) == .unclear(row))
    guard case .ambiguous = try room.desk.hear("1", said(room)) else {
      Issue.record("a number settles one of two")
      return
    }
    #expect(try room.desk.hear("ab23 1", said(room)).word != "settled")
    #expect(try room.state("q1") == .pending)
  }

  @discardableResult
  private func put(_ question: Question, in room: Room) throws -> RequestRow {
    var json = JSONWriter()
    json.value(.object(question.json))
    var row = request("q1", code: "qe23", grantable: false, at: room.now)
    (row.kind, row.tool, row.input) = (RequestRow.question, "", json.bytes)
    #expect(try room.store.insert(row))
    try room.deliver("q1", type: "request")
    return try #require(try room.store.request("q1"))
  }
}
