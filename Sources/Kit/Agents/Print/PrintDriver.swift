internal import Settings
package import Stage
internal import Store
internal import System
package import Turns

/// Agents that print what they do and can ask nobody: Antigravity, and Cursor without its protocol.
///
/// How they are gated: partly. Nobody is asked about what they do, so they run in our sandbox, in which the
/// work directory can only be read and secrets are not there; the network is open, as their models are there.
package final class PrintDriver: Driver {
  package let agent: String
  package var recalls: Bool { true }
  package var resumes: Bool { true }
  package var showsFiles: Bool { true }

  private let dialect: PrintDialect
  private let stage: Stage
  private var runs: [String: PrintRun] = [:]
  private var said: Set<String> = []

  /// A driver of a stage.
  package init(agent: String, dialect: PrintDialect, stage: Stage) {
    (self.agent, self.dialect, self.stage) = (agent, dialect, stage)
  }

  package func begin(_ turn: Turn) throws {
    guard !turn.endsUntold() else { return }
    let command = turn.settings.command ?? [dialect.program]
    try start(turn, command)
    if said.count > 100_000 { said.removeAll() }
    guard said.insert(turn.conversation).inserted else { return }
    turn.notice("\(agent) can ask nobody here, so it only reads: it changes no file.")
  }

  package func abort(_ turn: Turn) { runs[turn.row.id]?.end() }

  private func start(_ turn: Turn, _ command: [String]) throws {
    let id = turn.row.id
    let run = try PrintRun(turn, dialect, command, stage)
    runs[id] = run
    run.onDone = { [weak self] in self?.runs[id] = nil }
    run.onUnknownSession = { [weak self] in
      try turn.keep(nil)
      turn.notice("\(turn.settings.name) does not know its earlier session any more: a new one was begun.")
      do { try self?.start(turn, command) } catch {
        turn.fail(code: "cannot_start", "\(turn.settings.name) cannot be started: \(error)")
      }
    }
  }
}
