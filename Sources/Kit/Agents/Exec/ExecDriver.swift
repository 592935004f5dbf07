import Console
internal import Glibc
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
  private var runs: [String: ExecRun] = [:]

  /// A driver for a program with its arguments.
  package init(agent: String, command: [String], stage: Stage) {
    self.agent = agent
    self.command = command
    self.stage = stage
  }

  package func begin(_ turn: Turn) throws {
    let run = ExecRun(turn, command: command, stage: stage)
    runs[turn.row.id] = run
    run.onEnd = { [unowned self] in runs[turn.row.id] = nil }
    do {
      try run.start()
    } catch {
      runs[turn.row.id] = nil
      throw error
    }
  }

  package func abort(_ turn: Turn) { runs[turn.row.id]?.kill() }
}
