internal import Console
internal import Gate
internal import JSON
internal import Peers
internal import Policy
package import Settings
package import Stage
internal import Store
internal import System
package import Turns

/// Claude Code: one program per conversation, which speaks lines of JSON in both directions.
///
/// Gated: every call of a tool passes a hook of ours before it runs, whatever the user's settings allow; what
/// the policy does not decide is asked through the program's own permission request. What the gate does not
/// see is what the program does by itself: its own state below its configuration directory, its git status at
/// start, and its requests to the model. A repository's settings, hooks, servers and memory are not read.
package final class ClaudeDriver: Driver {
  package let agent: String
  package var recalls: Bool { true }
  package var resumes: Bool { true }
  package var showsFiles: Bool { true }
  package var commands: Set<String> { ["compact"] }
  private let stage: Stage
  private let pool: PeerPool<ClaudeSession>
  private var running: [String: ClaudeSession] = [:]

  /// A driver of a stage.
  package init(agent: String, stage: Stage) {
    self.agent = agent
    self.stage = stage
    pool = PeerPool(loop: stage.loop) { session in session.dismiss() }
  }

  /// Whether the program of an agent is there.
  package static func isInstalled(_ settings: AgentSettings) -> Bool {
    let path = settings.env["PATH"] ?? ProcessGuard.variable("PATH")
    return InstalledProgram.find(
      settings.command?.first ?? ClaudeLaunch.program, in: path.map { ["PATH=\($0)"] } ?? []) != nil
  }

  package func begin(_ turn: Turn) throws {
    guard turn.command == nil, let command = ClaudePrompt.command(in: turn.text) else {
      return try start(ClaudeWork(turn))
    }
    // Such a command may run programs before the model says a word, and the hook does not see them.
    let input: JSONValue = ["skill": .string(command.name), "args": .string(command.words)]
    let call = ClaudeSession.call("Skill", input, turn.workdir)
    try turn.ask(call, words: "The message starts a command of Claude Code.") { [weak self] permission in
      switch permission {
      case .denied(let why): turn.fail(code: "denied", "Not run: \(why)")
      case .allowed:
        do {
          try self?.start(ClaudeWork(turn))
        } catch {
          turn.fail(code: "cannot_start", "\(turn.settings.name) cannot be started: \(error)")
        }
      }
    }
  }

  package func abort(_ turn: Turn) {
    guard let session = running[turn.row.id] else { return turn.failStopped("") }
    session.interrupt()
  }

  package func canSteer(_ turn: Turn) -> Bool { running[turn.row.id]?.canSteer ?? false }

  package func steer(_ turn: Turn, with text: String) -> Bool {
    guard ClaudePrompt.command(in: text) == nil else { return false }
    return running[turn.row.id]?.steer(text) ?? false
  }

  package func stop() { pool.clear() }

  /// Gives a turn to the program of its conversation: the one that waits, or a new one that goes on from it.
  private func start(_ work: ClaudeWork, anew: Bool = false) throws {
    let turn = work.turn
    let launch = ClaudeLaunch(turn)
    if let waiting = pool.take(turn.conversation) {
      if !anew, waiting.isUsable(for: launch) {
        running[turn.row.id] = waiting
        return try waiting.begin(work)
      }
      waiting.dismiss()
    }
    let session = try ClaudeSession(launch, for: work, stage, resuming: anew ? nil : turn.nativeSession)
    running[turn.row.id] = session
    session.onIdle = { [weak self] session, ended, isReusable in
      guard let self else { return session.dismiss() }
      running[ended.row.id] = nil
      pool.keep(session, for: ended.conversation, milliseconds: isReusable ? ended.keepAlive : 0)
    }
    session.onGone = { [weak self] session, work in
      guard let self else { return }
      pool.forget(session)
      if let work { running[work.turn.row.id] = nil }
    }
    session.onLost = { [weak self] work in
      work.text.finish(
        "(\(work.turn.settings.name) does not find the session of before any more; this is a new one.)")
      self?.startAgain(work, anew: true)
    }
    session.onUnread = { [weak self] work in self?.startAgain(work, anew: false) }
  }

  /// Gives a turn to another program, because the first one was gone before it began.
  private func startAgain(_ work: ClaudeWork, anew: Bool) {
    running[work.turn.row.id] = nil
    do {
      if anew { try work.turn.keep(nil) }
      try start(work, anew: anew)
    } catch {
      work.turn.fail(code: "cannot_start", "\(work.turn.settings.name) cannot be started: \(error)")
    }
  }
}
