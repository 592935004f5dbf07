package import JSON

/// The Model Context Protocol as a server of tools speaks it, without any input or output: lines in, lines out.
///
/// Both eras: the revisions with a handshake, and the stateless one, in which every request says its version.
/// Which of them a request belongs to, it says itself; nothing depends on what came before.
package struct MCPServer: Sendable {
  /// The revisions with a handshake, the newest first.
  package static let legacy = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
  /// The stateless revision.
  package static let modern = "2026-07-28"
  /// Bytes of a line.
  package static let lineLimit = 4 << 20
  /// Calls that may be outstanding.
  package static let callLimit = 32

  /// What a line leads to.
  package enum Step: Sendable {
    /// A line to be sent.
    case send([UInt8])
    /// A tool is to be called; its end is told by `finish`.
    case call(Call)
    /// A call is not wanted any more: nothing is sent for it.
    case cancel(Call)
    /// Nothing.
    case nothing
  }

  /// A call of a tool.
  package struct Call: Sendable {
    /// Its number among all calls.
    package let number: Int
    /// The request's id.
    package let id: JSONValue
    /// The tool.
    package let name: String
    /// Its input, checked against its schema.
    package let input: JSONObject
    /// By what its progress is told; nil where nobody wants to know.
    package let progressToken: JSONValue?
    let isModern: Bool
  }

  /// What becomes of a call.
  package struct Outcome: Sendable, Equatable {
    /// What the model reads.
    package var text: String
    /// Whether it failed: then the text says what to do instead.
    package var isError: Bool

    /// An outcome.
    package init(_ text: String, isError: Bool = false) { (self.text, self.isError) = (text, isError) }

    /// A failure, with what to do instead.
    package static func failure(_ text: String) -> Outcome { Outcome(text, isError: true) }
  }

  private let name: String
  private let title: String
  private let version: String
  private let instructions: String
  private let tools: [MCPTool]
  private var outstanding: [String: Call] = [:]
  private var count = 0

  /// A server.
  package init(name: String, title: String, version: String, instructions: String, tools: [MCPTool]) {
    (self.name, self.title, self.version) = (name, title, version)
    (self.instructions, self.tools) = (instructions, tools)
  }

  /// Whether calls are outstanding.
  package var isBusy: Bool { !outstanding.isEmpty }

  // MARK: - Lines

  /// Takes a line, without its newline.
  package mutating func take(_ line: [UInt8]) -> Step {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.parse(line, limits: JSONLimits(maxBytes: Self.lineLimit, maxDepth: 64))
    } catch {
      // An empty line is none.
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { return .nothing }
      return .send(Self.error(.null, .parse, "the line is not JSON: \(error)"))
    }
    guard let message = value.object else {
      let words =
        value.array == nil ? "a message is an object" : "there are no batches: send one message a line"
      return .send(Self.error(.null, .invalid, words))
    }
    return take(message)
  }

  /// What is answered to a line that is longer than the limit.
  package static func tooLong() -> [UInt8] {
    error(
      .null, .parse, "the line is longer than \(lineLimit) bytes: send less, or a path instead of content")
  }

  private mutating func take(_ message: JSONObject) -> Step {
    let id = message["id"]
    guard let method = message["method"]?.string else {
      // An answer: nothing is ever asked here.
      if message["result"] != nil || message["error"] != nil { return .nothing }
      return .send(Self.error(Self.usable(id) ?? .null, .invalid, "a request has a method"))
    }
    guard message["jsonrpc"]?.string == "2.0" || message["jsonrpc"] == nil else {
      return .send(Self.error(Self.usable(id) ?? .null, .invalid, "this is JSON-RPC 2.0"))
    }
    guard let id else { return notified(method, message["params"]) }
    guard let id = Self.usable(id) else {
      return .send(Self.error(.null, .invalid, "an id is a string or a whole number"))
    }
    let params: JSONObject
    switch message["params"] {
    case nil, .null?: params = JSONObject()
    case .object(let object)?: params = object
    default: return .send(Self.error(id, .parameters, "params must be an object"))
    }
    return requested(method, id, params)
  }

  /// An id that can be answered; nil for others.
  private static func usable(_ id: JSONValue?) -> JSONValue? {
    switch id {
    case .string(let text)? where text.utf8.count <= 1024: id
    case .number(let number)? where number.int != nil: id
    default: nil
    }
  }

  private mutating func notified(_ method: String, _ params: JSONValue?) -> Step {
    guard method == "notifications/cancelled", let id = Self.usable(params?["requestId"]),
      let call = outstanding.removeValue(forKey: Self.key(id))
    else { return .nothing }
    return .cancel(call)
  }

  // MARK: - Requests

  private mutating func requested(_ method: String, _ id: JSONValue, _ params: JSONObject) -> Step {
    let asked = params["_meta"]?["io.modelcontextprotocol/protocolVersion"]
    if let asked, method != "initialize" {
      guard asked.string == Self.modern else {
        let supported = ([Self.modern] + Self.legacy).map { JSONValue.string($0) }
        return .send(
          Self.error(
            id, .version, "this revision is not spoken here",
            data: ["supported": .array(supported), "requested": asked]))
      }
    }
    let isModern = asked != nil && method != "initialize"
    switch method {
    case "initialize": return .send(Self.answer(id, initialized(params)))
    case "server/discover":
      guard isModern else {
        return .send(
          Self.error(id, .parameters, "_meta with io.modelcontextprotocol/protocolVersion is missing"))
      }
      return .send(Self.answer(id, discovered))
    case "ping" where !isModern: return .send(Self.answer(id, [:]))
    case "tools/list": return .send(listed(id, params, isModern))
    case "tools/call": return called(id, params, isModern)
    default: return .send(Self.error(id, .unknown, "there is no method '\(method.prefix(100))' here"))
    }
  }

  private func initialized(_ params: JSONObject) -> JSONValue {
    let wanted = params["protocolVersion"]?.string ?? ""
    let version = Self.legacy.contains(wanted) ? wanted : Self.legacy[0]
    return [
      "protocolVersion": .string(version), "capabilities": ["tools": [:]], "serverInfo": info,
      "instructions": .string(instructions),
    ]
  }

  private var info: JSONValue {
    ["name": .string(name), "title": .string(title), "version": .string(version)]
  }

  private var discovered: JSONValue {
    [
      "resultType": "complete", "supportedVersions": [.string(Self.modern)], "capabilities": ["tools": [:]],
      "instructions": .string(instructions), "ttlMs": 3_600_000, "cacheScope": "private",
      "_meta": ["io.modelcontextprotocol/serverInfo": info],
    ]
  }

  private func listed(_ id: JSONValue, _ params: JSONObject, _ isModern: Bool) -> [UInt8] {
    // All of them stand on the first page.
    switch params["cursor"] {
    case nil, .null?: break
    default: return Self.error(id, .parameters, "there is no page of that cursor")
    }
    var result = JSONObject()
    if isModern { result["resultType"] = "complete" }
    result["tools"] = .array(tools.map(\.json))
    if isModern {
      result["ttlMs"] = 3_600_000
      result["cacheScope"] = "private"
    }
    return Self.answer(id, .object(result))
  }

  private mutating func called(_ id: JSONValue, _ params: JSONObject, _ isModern: Bool) -> Step {
    guard let name = params["name"]?.string else {
      return .send(Self.error(id, .parameters, "the name of the tool is missing"))
    }
    guard let tool = tools.first(where: { $0.name == name }) else {
      let known = tools.map(\.name).joined(separator: ", ")
      return .send(
        Self.error(id, .parameters, "there is no tool '\(name.prefix(100))' here; there are: \(known)"))
    }
    guard outstanding[Self.key(id)] == nil else {
      return .send(Self.error(id, .invalid, "a request of this id has not been answered yet"))
    }
    let input: JSONObject
    switch params["arguments"] {
    case nil, .null?: input = JSONObject()
    case .object(let object)?: input = object
    default: return .send(Self.error(id, .parameters, "arguments must be an object"))
    }
    var token = params["_meta"]?["progressToken"]
    if Self.usable(token) == nil { token = nil }
    count += 1
    let call = Call(
      number: count, id: id, name: name, input: input, progressToken: token, isModern: isModern)
    // What a model got wrong, it is told as the outcome, so that it can mend it.
    if let objection = tool.objection(to: input) {
      return .send(Self.answer(id, Self.result(.failure(objection), isModern)))
    }
    guard outstanding.count < Self.callLimit else {
      let words = "\(Self.callLimit) calls wait already: wait for one of them to end, then try again."
      return .send(Self.answer(id, Self.result(.failure(words), isModern)))
    }
    outstanding[Self.key(id)] = call
    return .call(call)
  }

  // MARK: - Answers

  /// The line that ends a call; nil where nobody wants it any more.
  package mutating func finish(_ call: Call, _ outcome: Outcome) -> [UInt8]? {
    guard let waiting = outstanding[Self.key(call.id)], waiting.number == call.number else { return nil }
    outstanding[Self.key(call.id)] = nil
    return Self.answer(call.id, Self.result(outcome, call.isModern))
  }

  /// The line that tells that a call still goes on; nil where nobody wants to know.
  package func progress(_ call: Call, _ number: Int, _ words: String) -> [UInt8]? {
    guard let token = call.progressToken, outstanding[Self.key(call.id)]?.number == call.number else {
      return nil
    }
    var json = JSONWriter()
    json.value([
      "jsonrpc": "2.0", "method": "notifications/progress",
      "params": [
        "progressToken": token, "progress": .number(JSONNumber(number)), "message": .string(words),
      ],
    ])
    return json.bytes
  }

  private static func result(_ outcome: Outcome, _ isModern: Bool) -> JSONValue {
    var members: [(String, JSONValue)] = isModern ? [("resultType", "complete")] : []
    members.append(("content", [["type": "text", "text": .string(outcome.text)]]))
    if outcome.isError { members.append(("isError", true)) }
    return .object(JSONObject(members))
  }

  /// The codes of errors.
  private enum Code: Int {
    case parse = -32700
    case invalid = -32600
    case unknown = -32601
    case parameters = -32602
    case version = -32022
  }

  private static func answer(_ id: JSONValue, _ result: JSONValue) -> [UInt8] {
    var json = JSONWriter()
    json.value(["jsonrpc": "2.0", "id": id, "result": result])
    return json.bytes
  }

  private static func error(_ id: JSONValue, _ code: Code, _ words: String, data: JSONValue? = nil)
    -> [UInt8]
  {
    var members: [(String, JSONValue)] = [
      ("code", .number(JSONNumber(code.rawValue))), ("message", .string(words)),
    ]
    if let data { members.append(("data", data)) }
    var json = JSONWriter()
    json.value(["jsonrpc": "2.0", "id": id, "error": .object(JSONObject(members))])
    return json.bytes
  }

  /// An id as a key: a number and the text of its digits are two.
  private static func key(_ id: JSONValue) -> String {
    var json = JSONWriter()
    json.value(id)
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
