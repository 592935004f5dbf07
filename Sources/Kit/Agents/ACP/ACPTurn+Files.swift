internal import Console
internal import Gate
internal import JSON
internal import Peers
internal import Policy
internal import System
internal import Turns

/// Files that a program reads and writes through us: judged by where their paths lead to, and opened there
/// without following anything that was put in the way since.
extension ACPTurn {
  /// How large a file may be that is read or written.
  private static let limit = 8 << 20
  /// The code for something that is not there.
  static let missing = -32002

  private static func path(_ params: JSONObject) -> String? {
    guard let path = params["path"]?.string, path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0),
      path.utf8.count <= 4096
    else { return nil }
    return path
  }

  private static func number(_ value: JSONValue?) -> Int? { value.flatMap { $0.int }.map { max(0, $0) } }

  func readFile(_ params: JSONObject, _ answer: RPCPeer.Answer) throws {
    guard let path = Self.path(params) else { return answer.error(.parameters("path must be absolute")) }
    let place = SystemFileFacts().resolve(path, from: "/")
    let (line, limit) = (Self.number(params["line"]), Self.number(params["limit"]))
    let number = wait(answer) { answer.error(Self.withdrawn) }
    let call = ToolCall.read(place.path, line: line, limit: limit, workdir: turn.workdir)
    try ask(call, number) { permission in
      if case .denied(let why) = permission { return answer.error(Self.notAllowed(why)) }
      do {
        let bytes = try Files.readRegularWithoutLinks(
          place.path, limit: Self.limit, links: place.links > 1 ? .max : 1)
        guard let text = String(validating: bytes, as: UTF8.self) else {
          return answer.error(RPCError(code: -32603, "\(path) is no text in UTF-8"))
        }
        answer.result(["content": .string(Self.lines(text, from: line, limit))])
      } catch {
        answer.error(Self.failure(error, path))
      }
    }
  }

  /// Some lines of a text, the first being 1.
  static func lines(_ text: String, from line: Int?, _ limit: Int?) -> String {
    guard line != nil || limit != nil else { return text }
    let bytes = text.utf8
    var start = bytes.startIndex
    for _ in 1..<max(1, line ?? 1) {
      guard let end = bytes[start...].firstIndex(of: 0x0A) else { return "" }
      start = bytes.index(after: end)
    }
    guard let limit else { return String(text[start...]) }
    var end = start
    for _ in 0..<limit {
      guard let found = bytes[end...].firstIndex(of: 0x0A) else { return String(text[start...]) }
      end = bytes.index(after: found)
    }
    return String(text[start..<end])
  }

  func writeFile(_ params: JSONObject, _ answer: RPCPeer.Answer) throws {
    guard let path = Self.path(params), let content = params["content"]?.string else {
      return answer.error(.parameters("path must be absolute, and content a text"))
    }
    guard content.utf8.count <= Self.limit else {
      return answer.error(.parameters("content is longer than \(Self.limit >> 20) MiB"))
    }
    let place = SystemFileFacts().resolve(path, from: "/")
    guard place.kind == .file || place.kind == .missing else {
      return answer.error(RPCError(code: -32603, "\(path) is no regular file"))
    }
    let isCovered = passes.take(file: path, content: content)
    let number = wait(answer) { answer.error(Self.withdrawn) }
    let call = ToolCall.write(place.path, content: content, workdir: turn.workdir)
    try ask(call, number, isCovered: isCovered) { permission in
      if case .denied(let why) = permission { return answer.error(Self.notAllowed(why)) }
      do {
        try Files.replaceWithoutLinks(place.path, with: Array(content.utf8))
        answer.result([:])
      } catch {
        answer.error(Self.failure(error, path))
      }
    }
  }

  static func notAllowed(_ why: String) -> RPCError { RPCError(code: -32603, "not allowed: \(why)") }

  private static func failure(_ error: any Error, _ path: String) -> RPCError {
    guard let error = error as? SystemError else { return RPCError(code: -32603, "\(path): \(error)") }
    if error.isMissing { return RPCError(code: missing, "Resource not found: \(path)") }
    return RPCError(code: -32603, "\(path): \(error.reason)")
  }
}
