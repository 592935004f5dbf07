// Feeds the shell parser and the whole policy with any text. Built by build-shell.sh: libFuzzer brings
// its own main function.

import JSON
import Policy
import Settings

/// A file system in which nothing is where it should be.
private struct NoFiles: FileFacts {
  func resolve(_ path: String, from directory: String) -> ResolvedPath {
    let whole = path.utf8.first == 0x2F ? path : directory + "/" + path
    if whole == "/w" || whole == "/w/" || whole == "/w/." {
      return ResolvedPath(path: "/w", kind: .directory)
    }
    if whole.utf8.starts(with: "/usr/bin/".utf8) {
      return ResolvedPath(path: whole, kind: .file, isRootOwned: true)
    }
    return ResolvedPath(path: whole, kind: .missing)
  }
  func program(_ name: String, path: [String]) -> String? { "/usr/bin/" + name }
  func contents(of path: String, limit: Int) -> [UInt8]? { nil }
  func entries(of directory: String, limit: Int) -> [DirectoryEntry]? { [] }
}

private let subject = PolicySubject(
  agent: "a", person: "tty:u", chat: .direct, platform: "tty", session: "tty:main")

/// Ends the process so that libFuzzer keeps the input.
private func demand(_ condition: Bool, _ rule: StaticString) {
  precondition(condition, "broken rule: \(rule)")
}

/// Judges one input as a command, and as the whole input of a tool.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzShell(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let policy = Policy(
    rules: .none, home: "/home/u", agimHome: Home(path: "/home/u/.agim"), files: NoFiles())
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let text = String(decoding: bytes, as: UTF8.self)
  for command in [text, text + " ~/.ssh/id_rsa", text + "\ncat /etc/shadow"] {
    var writer = JSONWriter()
    writer.value(.object(JSONObject([("command", .string(command))])))
    let judgement = policy.judge(ToolCall(tool: "Bash", input: writer.bytes, workdir: "/w"), subject: subject)
    demand(!judgement.reason.isEmpty, "every verdict has a reason")
    demand(judgement.verdict != .allow || judgement.rule == "reader", "only readers are allowed unasked")
    demand(judgement.programs.count <= 64, "what is told is limited")
  }
  for tool in ["Read", "Grep", "Glob", "Write", "apply_patch", "shell", "x", "execute", "edit"] {
    for dialect in [ToolDialect.any, .claude, .codex, .opencode, .acp, .told, .foreign] {
      let call = ToolCall(tool: tool, input: bytes, workdir: "/w", dialect: dialect)
      let judgement = policy.judge(call, subject: subject)
      demand(
        judgement.verdict != .allow || dialect != .foreign && dialect != .acp,
        "a claim allows nothing by itself")
    }
  }
  // A command in the words of a shell is what that shell would read.
  let wrapped = policy.judge(.command(text, workdir: "/w"), subject: subject)
  demand(wrapped.verdict != .allow || wrapped.rule == "reader", "only readers are allowed unasked")
  if let request = try? JSONReader.parse(bytes).object {
    for dialect in [ToolDialect.vibe, .kimi, .fastAgent, .acp] {
      let call = ToolCall.acp(request, dialect: dialect, workdir: "/w")
      let judgement = policy.judge(call, subject: subject)
      demand(
        judgement.verdict != .allow || request["rawInput"]?.object != nil, "only what is known is allowed")
    }
    _ = policy.judge(.terminal(request, workdir: "/w"), subject: subject)
  }
  return 0
}
