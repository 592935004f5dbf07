import JSON
import MCP
import Testing

@Suite struct ServerTests {
  private static let tools = [
    MCPTool(
      "say", "Say", "Say something. 说。",
      [
        .init("text", .text(8), "What.", isRequired: true), .init("count", .number(1...3), "How often."),
        .init("how", .choice(["low", "loud"]), "How."), .init("twice", .flag, "Twice."),
        .init("to", .texts(2, bytes: 4), "To whom."),
      ]), MCPTool("look", "Look", "Look. 看。", [], isReadOnly: true),
  ]

  private var server: MCPServer {
    MCPServer(name: "agim", title: "agim", version: "1", instructions: "words", tools: Self.tools)
  }

  private func answer(_ step: MCPServer.Step) throws -> JSONValue {
    guard case .send(let line) = step else { throw Missing() }
    return try JSONReader.parse(line)
  }

  private struct Missing: Error {}

  /// What ends a call.
  private func ended(
    _ server: inout MCPServer, _ call: MCPServer.Call, _ outcome: MCPServer.Outcome
  ) throws -> JSONValue {
    guard let line = server.finish(call, outcome) else { throw Missing() }
    return try JSONReader.parse(line)
  }

  private func call(_ server: inout MCPServer, _ id: String, _ more: String = "") throws -> MCPServer.Call {
    let line =
      #"{"id":\#(id),"method":"tools/call","params":{"name":"say","arguments":{"text":"x"}\#(more)}}"#
    guard case .call(let call) = server.take(Array(line.utf8)) else { throw Missing() }
    return call
  }

  @Test func callsEndInAnyOrderAndOnce() throws {
    var server = server
    let first = try call(&server, "1")
    let second = try call(&server, #""1""#)
    #expect(server.isBusy)
    let later = try ended(&server, second, .init("two"))
    #expect(later["id"] == "1")
    let earlier = try ended(&server, first, .failure("one"))
    #expect(earlier["id"]?.int == 1)
    #expect(earlier["result"]?["isError"] == true)
    #expect(later["result"]?["isError"] == nil)
    #expect(throws: Missing.self) { try ended(&server, first, .init("again")) }
    #expect(!server.isBusy)
  }

  @Test func aCancelledCallIsSilent() throws {
    var server = server
    let one = try call(&server, "7")
    let cancel = #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#
    guard case .cancel(let cancelled) = server.take(Array(cancel.utf8)) else { throw Missing() }
    #expect(cancelled.number == one.number)
    #expect(throws: Missing.self) { try ended(&server, one, .init("late")) }
    #expect(server.progress(one, 1, "still") == nil)
    // Its id may be used again, and the old call does not end the new one.
    let again = try call(&server, "7")
    #expect(throws: Missing.self) { try ended(&server, one, .init("late")) }
    _ = try ended(&server, again, .init("now"))
  }

  @Test func anIdThatWaitsIsNotTakenTwice() throws {
    var server = server
    _ = try call(&server, "7")
    let line = #"{"id":7,"method":"tools/call","params":{"name":"look"}}"#
    let step = server.take(Array(line.utf8))
    #expect(try answer(step)["error"]?["code"]?.int == -32600)
  }

  @Test func noMoreCallsThanTheLimit() throws {
    var server = server
    for number in 0..<MCPServer.callLimit { _ = try call(&server, "\(number)") }
    let line = #"{"id":999,"method":"tools/call","params":{"name":"look"}}"#
    let step = server.take(Array(line.utf8))
    #expect(try answer(step)["result"]?["isError"] == true)
  }

  @Test func progressIsToldByItsToken() throws {
    var server = server
    let silent = try call(&server, "1")
    #expect(server.progress(silent, 1, "still") == nil)
    let asked = try call(&server, "2", #","_meta":{"progressToken":"p"}"#)
    let news = try JSONReader.parse(#require(server.progress(asked, 3, "still")))
    #expect(news["params"]?["progressToken"] == "p")
    #expect(news["params"]?["progress"]?.int == 3)
  }

  @Test(arguments: [
    (#"{"text":"x","count":3,"how":"loud","twice":false,"to":["a","b"]}"#, true), (#"{"text":"x"}"#, true),
    (#"{"text":"x","count":null}"#, true), ("{}", false), (#"{"text":null}"#, false),
    (#"{"text":"123456789"}"#, false),
    (#"{"text":"x","count":4}"#, false), (#"{"text":"x","count":1.5}"#, false),
    (#"{"text":"x","how":"x"}"#, false),
    (#"{"text":"x","twice":1}"#, false), (#"{"text":"x","to":["a","b","c"]}"#, false),
    (#"{"text":"x","to":["12345"]}"#, false), (#"{"text":"x","to":"a"}"#, false),
    (#"{"text":"x","more":1}"#, false),
  ])
  func anInputIsHeldAgainstItsSchema(_ input: String, _ isTaken: Bool) throws {
    let object = try #require(try JSONReader.parse(Array(input.utf8)).object)
    #expect((Self.tools[0].objection(to: object) == nil) == isTaken)
  }

  @Test func garbage() throws {
    var random = SystemRandomNumberGenerator()
    let seed = Array(
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"say","arguments":{"text":"x"}}}"#.utf8
    )
    var server = server
    for _ in 0..<5000 {
      var line = seed
      for _ in 0...Int.random(in: 0...4, using: &random) {
        line[Int.random(in: line.indices, using: &random)] = UInt8.random(in: 32...126, using: &random)
      }
      switch server.take(line) {
      case .send(let answer): #expect((try? JSONReader.parse(answer)) != nil)
      case .call(let call): _ = try ended(&server, call, .init("x"))
      case .cancel, .nothing: break
      }
    }
  }
}
