// Feeds lines to a server of the Model Context Protocol, ends the calls that they make, and checks every answer.
// Built by build-mcp.sh against the modules, because libFuzzer brings its own main function.

import Glibc
import JSON
import MCP

/// Ends the process so that libFuzzer keeps the input.
private func demand(_ condition: Bool, _ rule: StaticString) {
  precondition(condition, "broken rule: \(rule)")
}

private let tools = [
  MCPTool(
    "t", "T", "A tool.",
    [
      .init("text", .text(10), "A text.", isRequired: true), .init("n", .number(1...3), "A number."),
      .init("w", .choice(["a", "b"]), "A word."), .init("f", .flag, "A flag."),
      .init("l", .texts(2, bytes: 3), "A list."),
    ])
]

/// Feeds one input: lines to one server, the calls of which are ended in their order.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMCP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  var server = MCPServer(name: "agim", title: "agim", version: "1", instructions: "", tools: tools)
  var calls: [MCPServer.Call] = []
  for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
    switch server.take(Array(line)) {
    case .send(let answer): check(answer)
    case .nothing: break
    case .cancel(let call):
      demand(server.finish(call, .init("late")) == nil, "nothing is said about a cancelled call")
      calls.removeAll { $0.number == call.number }
    case .call(let call):
      demand(tools[0].objection(to: call.input) == nil, "a call has an input that its tool takes")
      calls.append(call)
      demand(calls.count <= MCPServer.callLimit, "no more calls than the limit are outstanding")
      if let line = server.progress(call, 1, "words") { check(line) }
    }
  }
  for call in calls {
    guard let answer = server.finish(call, .init("done")) else {
      demand(false, "a call that was not cancelled is answered")
      continue
    }
    check(answer)
    demand(server.finish(call, .init("again")) == nil, "a call is answered once")
  }
  demand(!server.isBusy, "nothing is left")
  return 0
}

/// An answer is one line of JSON-RPC 2.0 with a result, an error, or a notification's method.
private func check(_ line: [UInt8]) {
  demand(!line.contains(0x0A), "an answer is one line")
  let limits = JSONLimits(maxBytes: 16 << 20)
  guard let value = try? JSONReader.parse(line, limits: limits), let object = value.object else {
    return demand(false, "an answer is an object")
  }
  demand(object["jsonrpc"]?.string == "2.0", "an answer says its version")
  let kinds = [object["result"], object["error"], object["method"]].filter { $0 != nil }
  demand(kinds.count == 1, "an answer is one thing")
  demand(
    object["method"] == nil ? object["id"] != nil : object["id"] == nil, "an answer has an id, news has none")
}
