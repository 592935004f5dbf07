package import JSON
package import System

/// An error of JSON-RPC: what a peer answers in place of a result.
package struct RPCError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Its number, see the specification of JSON-RPC 2.0, section 5.1.
  package var code: Int
  /// What the peer says.
  package var message: String
  /// What else it says.
  package var data: JSONValue?

  /// An error of its parts.
  package init(code: Int, _ message: String, data: JSONValue? = nil) {
    (self.code, self.message, self.data) = (code, message, data)
  }

  /// The method is not known here.
  package static func unknown(_ method: String) -> RPCError {
    RPCError(code: -32601, "Method not found: \(method)")
  }
  /// The parameters are not what the method takes.
  package static func parameters(_ why: String) -> RPCError { RPCError(code: -32602, why) }
  /// The peer ended before it answered.
  package static let gone = RPCError(code: -32000, "the program ended before it answered")
  /// The peer took longer than was allowed.
  package static let late = RPCError(code: -32001, "the program did not answer in time")

  package var description: String { message }
}

/// JSON-RPC over the lines of a program, both ways at once: requests with their answers, and notifications.
///
/// The ids of the two directions are independent of each other.
package final class RPCPeer {
  /// The answer to one request of the program, given once; later ones are ignored.
  package final class Answer {
    /// The id as the program wrote it.
    package let id: JSONValue
    private weak var peer: RPCPeer?

    fileprivate init(_ id: JSONValue, _ peer: RPCPeer) { (self.id, self.peer) = (id, peer) }

    /// Answers with a result.
    package func result(_ value: JSONValue) { give("result", value) }

    /// Answers with an error.
    package func error(_ error: RPCError) {
      var value: [(String, JSONValue)] = [
        ("code", .number(JSONNumber(error.code))), ("message", .string(error.message)),
      ]
      if let data = error.data { value.append(("data", data)) }
      give("error", .object(JSONObject(value)))
    }

    /// Whether it still waits.
    package var isOpen: Bool { peer != nil }

    private func give(_ name: String, _ value: JSONValue) {
      guard let peer else { return }
      self.peer = nil
      peer.send([("id", id), (name, value)])
    }
  }

  /// Called with every request of the program; each must be answered, at once or later.
  package var onRequest: (_ method: String, _ params: JSONValue, Answer) throws -> Void = {
    method, _, answer in
    answer.error(.unknown(method))
  }
  /// Called with every notification.
  package var onNotification: (_ method: String, _ params: JSONValue) throws -> Void = { _, _ in }
  /// Called with a line that is no message of the protocol: some programs print other things as well.
  package var onNoise: ([UInt8]) -> Void = { _ in }

  /// The program.
  package let process: PeerProcess

  private struct Open {
    let answer: (Result<JSONValue, RPCError>) throws -> Void
    let timer: EventLoop.Timer?
  }

  private let loop: EventLoop
  private let hasVersion: Bool
  private var next = 1
  private var open: [Int: Open] = [:]

  /// A peer on a program's lines.
  ///
  /// - Parameters:
  ///   - process: The program; its `onLine` is taken over. Call `ended()` when it is gone.
  ///   - loop: Who waits.
  ///   - hasVersion: Whether messages carry the member `jsonrpc`, as the specification asks for.
  package init(_ process: PeerProcess, loop: EventLoop, hasVersion: Bool = true) {
    self.process = process
    self.loop = loop
    self.hasVersion = hasVersion
    process.onLine = { [weak self] line in try self?.take(line) }
  }

  /// Asks the program.
  ///
  /// - Parameters:
  ///   - method: What it is to do.
  ///   - params: With what.
  ///   - milliseconds: How long it may take; nil for ever.
  ///   - answer: Called once: with the result, its error, `RPCError.late` or `RPCError.gone`.
  package func request(
    _ method: String, _ params: JSONValue, within milliseconds: Int64? = nil,
    answer: @escaping (Result<JSONValue, RPCError>) throws -> Void
  ) {
    let id = next
    next += 1
    let timer = milliseconds.map { limit in
      loop.after(limit) { [weak self] in try self?.settle(id, .failure(.late)) }
    }
    open[id] = Open(answer: answer, timer: timer)
    send([("id", .number(JSONNumber(id))), ("method", .string(method)), ("params", params)])
  }

  /// Tells the program something that has no answer.
  package func notify(_ method: String, _ params: JSONValue? = nil) {
    send([("method", .string(method))] + (params.map { [("params", $0)] } ?? []))
  }

  /// The program is gone: whoever still waits for an answer is told.
  package func ended() throws {
    for id in open.keys.sorted() { try settle(id, .failure(.gone)) }
  }

  private func settle(_ id: Int, _ result: Result<JSONValue, RPCError>) throws {
    guard let one = open.removeValue(forKey: id) else { return }
    one.timer?.cancel()
    try one.answer(result)
  }

  private func send(_ members: [(String, JSONValue)]) {
    var json = JSONWriter()
    json.value(.object(JSONObject((hasVersion ? [("jsonrpc", "2.0")] : []) + members)))
    process.send(json.bytes)
  }

  private func take(_ line: [UInt8]) throws {
    guard line.first == UInt8(ascii: "{"),
      let message = try? JSONReader.parse(line, limits: JSONLimits(maxBytes: PeerProcess.lineLimit)).object
    else { return onNoise(line) }
    let params = message["params"] ?? .object(JSONObject())
    switch (message["method"]?.string, message["id"]) {
    case (let method?, let id?) where id != .null: try onRequest(method, params, Answer(id, self))
    case (let method?, _): try onNotification(method, params)
    case (nil, let id?):
      // An answer to what nobody asked, or asked too long ago, is nobody's.
      guard let number = id.int else { return onNoise(line) }
      if let error = message["error"]?.object {
        let failure = RPCError(
          code: error["code"]?.int ?? 0, error["message"]?.string ?? "an error without words",
          data: error["data"])
        try settle(number, .failure(failure))
      } else {
        try settle(number, .success(message["result"] ?? .null))
      }
    case (nil, nil): onNoise(line)
    }
  }
}
