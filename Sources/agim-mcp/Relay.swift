import Console
import Glibc
import JSON
import MCP
import System

/// From within a sandbox: bytes to and from an agim-mcp outside, by the socket that agim-run listens on.
enum Relay {
  /// Whether a scope is a socket.
  static func isSocket(_ path: String) -> Bool {
    var about = stat()
    return lstat(path, &about) == 0 && about.st_mode & S_IFMT == S_IFSOCK
  }

  private static func connect(_ path: String) throws -> Descriptor {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let name = String(path[path.index(after: slash)...])
    do {
      let socket = try LocalSocket.connect(name, in: String(path[..<slash]))
      _ = fcntl(socket.number, F_SETFL, fcntl(socket.number, F_GETFL) & ~O_NONBLOCK)
      return socket
    } catch {
      throw Failure(
        .unavailable, "agim-run does not answer any more: \(error)",
        hint: "the tools work only while the program runs that agim-run has started")
    }
  }

  /// Relays standard input and output until one side ends.
  static func serve(_ path: String) throws -> ExitCode {
    let socket = try connect(path)
    var isOpen = true
    while true {
      var ready = [
        pollfd(fd: isOpen ? 0 : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&ready, 2, -1) > 0 else { continue }
      if ready[1].revents != 0 {
        guard let bytes = try socket.read(upTo: 65_536, subject: "agim-run"), !bytes.isEmpty else {
          return .ok
        }
        try Files.writeAll(bytes, to: 1, subject: "standard output")
      }
      guard ready[0].revents != 0 else { continue }
      let input = Descriptor(dup(0))
      if let bytes = try input.read(upTo: 65_536, subject: "standard input"), !bytes.isEmpty {
        try Files.writeAll(bytes, to: socket.number, subject: "agim-run")
      } else {
        isOpen = false
        shutdown(socket.number, Int32(SHUT_WR))
      }
    }
  }

  /// Calls one tool outside.
  static func call(_ path: String, _ name: String, _ input: JSONObject) throws -> ExitCode {
    let socket = try connect(path)
    var json = JSONWriter()
    json.value([
      "jsonrpc": "2.0", "id": 1, "method": "tools/call",
      "params": ["name": .string(name), "arguments": .object(input)],
    ])
    try Files.writeAll(json.bytes + [0x0A], to: socket.number, subject: "agim-run")
    var reader = LineReader(limit: MCPServer.lineLimit)
    while true {
      let got = try reader.fill(from: socket.number, subject: "agim-run")
      while case .line(let range)? = reader.next() {
        guard let answer = try? JSONReader.parse(reader.bytes(range)), answer["id"]?.int == 1 else {
          continue
        }
        let text = answer["result"]?["content"]?.array?.first?["text"]?.string
        return try say(
          MCPServer.Outcome(
            text ?? answer["error"]?["message"]?.string ?? "no answer",
            isError: text == nil || answer["result"]?["isError"]?.bool == true))
      }
      if got == 0 { throw Failure(.temporary, "agim-run ended before \(name) had") }
    }
  }
}
