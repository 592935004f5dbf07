internal import Console
internal import Gate
internal import Glibc
internal import JSON
internal import Journal
internal import Policy
internal import Settings
package import Stage
internal import Store
internal import System
package import Turns

/// The shell as an agent: each message is a command line, shown to a person before it runs.
///
/// A session has a directory of its own, and keeps the one that `cd` went to.
package final class ShellDriver: Driver {
  package let agent: String
  /// What is typed is the command line.
  package var takesPreface: Bool { false }
  private let stage: Stage
  private var runs: [String: ProgramTurn] = [:]

  /// A driver of a stage.
  package init(agent: String, stage: Stage) {
    self.agent = agent
    self.stage = stage
  }

  package func begin(_ turn: Turn) throws {
    let command = Self.trimmed(turn.text)
    guard !command.isEmpty else { return turn.fail(code: "empty", "There is no command to run.") }
    guard !command.utf8.contains(0) else {
      return turn.fail(code: "bad_command", "A command cannot hold a NUL.")
    }
    let directory = try directory(of: turn)
    if let target = Self.changeOfDirectory(command) { return try change(turn, from: directory, to: target) }
    var input = JSONWriter()
    input.beginObject()
    input.member("command", command)
    input.endObject()
    let call = ToolCall(tool: "Bash", input: input.bytes, workdir: directory)
    try turn.ask(call, typed: true) { [weak self] permission in
      switch permission {
      case .denied(let why): turn.fail(code: "denied", "Not run: \(why)")
      case .allowed: self?.run(command, turn, directory)
      }
    }
  }

  package func abort(_ turn: Turn) {
    if let run = runs[turn.row.id] { return run.kill() }
    turn.fail(code: turn.abortReason?.rawValue ?? "aborted", "Stopped before it ran.")
  }

  private func run(_ command: String, _ turn: Turn, _ directory: String) {
    let file = ProgramTurn.lineFile(turn, stage)
    // The command is no argument, because everybody can read those. Both outputs in the order of writing.
    let script = "set -- \"$AGIM_COMMAND\"; unset AGIM_COMMAND; exec 2>&1 </dev/null; eval \"$1\""
    let environment = AgentEnvironment.make(turn, stage, line: file, scope: nil) + ["AGIM_COMMAND=\(command)"]
    do {
      let words = try Sandbox.wrap(
        ["/bin/bash", "-c", script, agent], turn, stage, directory: directory, work: ownDirectory(turn),
        files: [file])
      let run = ProgramTurn(
        turn,
        ProgramTurn.Launch(
          words, environment: environment, directory: directory, input: [], name: agent, key: "shell"),
        stage: stage)
      runs[turn.row.id] = run
      run.onEnd = { [weak self] in self?.runs[turn.row.id] = nil }
      run.finish = { status, text, errors in
        let ending = status == .exited(0) ? "" : "[\(status)]"
        // The command's own errors are in its text: these are of what could not start it.
        let parts = [text, errors, ending].filter { !$0.isEmpty }
        turn.finish(parts.isEmpty ? "(no output)" : parts.joined(separator: "\n"))
      }
      try run.start()
    } catch {
      runs[turn.row.id] = nil
      turn.fail(code: "cannot_start", "The command cannot be started: \(error)")
    }
  }

  // MARK: - Directories

  /// Where the session's commands run: where it went to last, else a directory of its own.
  private func directory(of turn: Turn) throws -> String {
    let home = ownDirectory(turn)
    guard let row = try stage.journal.store.session(turn.row.session),
      let kept = (try? JSONReader.parse(row.data))?["cwd"]?.string,
      SystemFileFacts().resolve(kept, from: home).kind == .directory
    else { return home }
    return kept
  }

  private func ownDirectory(_ turn: Turn) -> String {
    let standard = "\(stage.home.work)/\(agent)"
    guard turn.workdir == standard else { return turn.workdir }
    // A name for a directory that no session can choose freely.
    let name = turn.row.session.utf8.map { byte in
      byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x5A || byte >= 0x61 && byte <= 0x7A
        ? byte : 0x5F
    }
    let own = "\(standard)/\(String(decoding: name.prefix(80), as: UTF8.self))"
    do {
      try Files.makeDirectory(own)
      return own
    } catch {
      return standard
    }
  }

  /// Where a command that is only a `cd` goes to; nil for every other command.
  private static func changeOfDirectory(_ command: String) -> String? {
    let words = command.split { $0 == " " || $0 == "\t" }
    guard words.first == "cd", words.count <= 2 else { return nil }
    guard let target = words.dropFirst().first.map(String.init) else { return "" }
    // Whatever a shell would read in another way is the shell's affair.
    let plain = target.utf8.allSatisfy { byte in
      byte > 0x7F || byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
        || "/._-+,@".utf8.contains(byte)
    }
    return plain && target != "-" ? target : nil
  }

  private func change(_ turn: Turn, from directory: String, to target: String) throws {
    let home = ownDirectory(turn)
    let found = SystemFileFacts().resolve(target.isEmpty ? home : target, from: directory)
    guard found.kind == .directory, access(found.path, X_OK) == 0 else {
      return turn.finish("cd: \(target): no such directory, or it may not be entered")
    }
    try stage.untilStored { [stage] in
      try stage.journal.write {
        guard let row = try stage.journal.store.session(turn.row.session) else { return }
        var data = (try? JSONReader.parse(row.data))?.object ?? JSONObject()
        data["cwd"] = .string(found.path)
        var json = JSONWriter()
        json.value(.object(data))
        try stage.journal.store.setSession(
          row.n, label: row.label, description: row.description,
          data: String(decoding: json.bytes, as: UTF8.self))
      }
      turn.finish(found.path)
    }
  }

  private static func trimmed(_ text: String) -> String {
    var text = Substring(text)
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
