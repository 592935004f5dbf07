import Glibc
import JSON
import Settings

@testable import Policy

let home = "/t/home"
let work = "/t/home/project"

/// The text of a file beside this one.
func beside(_ name: String) throws -> String {
  let path = #filePath.split(separator: "/").dropLast().joined(separator: "/")
  guard let file = fopen("/\(path)/\(name)", "r") else { throw Missing(name: name) }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 65_536)
  while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
  return String(decoding: bytes, as: UTF8.self)
}

struct Missing: Error { let name: String }

func makePolicy(_ rules: PolicyRules = .none, path: [String] = ["/usr/bin"]) throws -> Policy {
  Policy(
    rules: rules, home: home, agimHome: Home(path: home + "/.agim"),
    files: MemoryFiles(tree: try beside("tree.txt")),
    path: path)
}

let subject = PolicySubject(
  agent: "claude", person: "tty:local", chat: .direct, platform: "tty", session: "tty:main")

func bash(_ command: String, workdir: String = work) -> ToolCall {
  var writer = JSONWriter()
  writer.value(.object(JSONObject([("command", .string(command))])))
  return ToolCall(tool: "Bash", input: writer.bytes, workdir: workdir)
}

func rules(_ text: String) throws -> PolicyRules {
  try PolicyRules(try JSONReader.parse(text).array ?? [], home: home)
}
