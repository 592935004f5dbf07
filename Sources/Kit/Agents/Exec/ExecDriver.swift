internal import Settings
package import Stage
internal import Store
internal import System
package import Turns

/// Any program as an agent: the message on its standard input, its output as the reply.
package final class ExecDriver: Driver {
  package let agent: String
  private let command: [String]
  private let stage: Stage
  private var runs: [String: ProgramTurn] = [:]

  /// A driver for a program with its arguments.
  package init(agent: String, command: [String], stage: Stage) {
    self.agent = agent
    self.command = command
    self.stage = stage
  }

  package func begin(_ turn: Turn) throws {
    let text = Array(turn.text.utf8)
    let name = command[0].split(separator: "/").last.map(String.init) ?? command[0]
    let file = ProgramTurn.lineFile(turn, stage)
    let scope = turn.openScope(
      mark: turn.replyID, isConfined: Sandbox.confines(turn.settings, isStandard: false))
    let words = try Sandbox.wrap(
      command, turn, stage, directory: turn.workdir, work: turn.workdir,
      files: [file] + (scope?.shown ?? []))
    let run = ProgramTurn(
      turn,
      ProgramTurn.Launch(
        words, environment: AgentEnvironment.make(turn, stage, line: file, scope: scope),
        directory: turn.workdir, input: text.last == 0x0A ? text : text + [0x0A], name: name, key: "exec"),
      stage: stage)
    runs[turn.row.id] = run
    run.onEnd = { [unowned self] in runs[turn.row.id] = nil }
    run.finish = { status, text, errors in
      guard status != .exited(0) else { return turn.finish(text.isEmpty ? "(no output)" : text) }
      let words = "\(turn.settings.name) ended with \(status)." + (errors.isEmpty ? "" : "\n\(errors)")
      turn.fail(code: "exit", words, after: text)
    }
    do {
      try run.start()
    } catch {
      runs[turn.row.id] = nil
      throw error
    }
  }

  package func abort(_ turn: Turn) { runs[turn.row.id]?.kill() }
}
