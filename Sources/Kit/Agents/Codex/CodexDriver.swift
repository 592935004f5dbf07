internal import Console
internal import Gate
internal import JSON
internal import Peers
internal import Policy
internal import Settings
package import Stage
internal import Store
internal import System
package import Turns

/// Codex behind the gate: `codex app-server`, a program for each conversation.
///
/// How it is gated: every command, every change of a file and every tool of a server is asked about; what it
/// reads by itself, its pictures, cannot be a secret. Where there is no app-server it only reads, and says so.
package final class CodexDriver: Driver {
  /// What the program is called.
  package static let program = "codex"

  package let agent: String
  package var recalls: Bool { true }
  package var resumes: Bool { true }
  package var showsFiles: Bool { true }
  package var commands: Set<String> { CodexRun.commands }

  private let stage: Stage
  private var pool: PeerPool<CodexPeer>
  private var starting: [String: CodexPeer] = [:]
  private var runs: [String: CodexRun] = [:]
  private var execs: [String: CodexExec] = [:]
  private var checks: [String: ProgramRun] = [:]
  /// What was said in which conversation, so that it is said once.
  private var said: Set<String> = []
  /// Tokens that a thread had used when its last turn ended, where only totals are told.
  private var totals: [String: Int] = [:]

  /// A driver of a stage.
  package init(agent: String, stage: Stage) {
    self.agent = agent
    self.stage = stage
    pool = PeerPool(loop: stage.loop) { $0.process.dismiss(because: "nobody needed it") }
  }

  package func begin(_ turn: Turn) throws {
    if let peer = pool.take(turn.conversation) {
      if peer.process.canServe, !peer.isSpent, peer.shape == CodexPeer.Shape(turn) {
        return begin(turn, on: peer)
      }
      peer.process.dismiss(because: "it is not what is needed now")
    }
    try launch(turn)
  }

  package func abort(_ turn: Turn) {
    let id = turn.row.id
    if let run = runs[id] { return run.abort() }
    if let exec = execs[id] { return exec.abort() }
    if let check = checks[id] { return check.end() }
    if let peer = starting[id] { return peer.process.end(because: "its turn was stopped") }
    turn.failStopped("")
  }

  package func steer(_ turn: Turn, with text: String) -> Bool { runs[turn.row.id]?.steer(text) ?? false }

  package func canSteer(_ turn: Turn) -> Bool { runs[turn.row.id]?.canSteer ?? false }

  package func stop() {
    pool.clear()
    for peer in starting.values { peer.process.end(because: "agim-run leaves") }
  }

  // MARK: - Starting

  private func launch(_ turn: Turn) throws {
    let program = try CodexProgram(turn, stage) { ["app-server"] + $0.options }
    let peer = try CodexPeer(program, turn, stage)
    let id = turn.row.id
    starting[id] = peer
    peer.onEnd = { [weak self, weak peer] _ in
      guard let self, let peer else { return }
      pool.forget(peer)
    }
    peer.start(turn.nativeSession) { [weak self] outcome in try self?.started(turn, peer, outcome) }
  }

  private func started(_ turn: Turn, _ peer: CodexPeer, _ outcome: CodexPeer.Outcome) throws {
    if turn.abortReason != nil {
      starting[turn.row.id] = nil
      peer.process.end(because: "its turn was stopped")
      return turn.failStopped("")
    }
    switch outcome {
    case .ready:
      starting[turn.row.id] = nil
      guard let thread = peer.thread else { return }
      try turn.keep(NativeSession(id: thread, workdir: peer.shape.workdir))
      warn(turn, peer)
      begin(turn, on: peer)
    case .noThread(let why):
      try turn.keep(nil)
      Log.notice("a thread is not known any more", [("agent", agent), ("why", CodexItem.short(why))])
      turn.notice("\(agent) does not know its earlier session any more: a new one was begun.")
      peer.startAnew()
    case .noServer(let words):
      starting[turn.row.id] = nil
      peer.process.end(because: "it has no app-server")
      try withoutServer(turn, words)
    case .failed(let code, let text):
      starting[turn.row.id] = nil
      peer.process.end(because: "it could not begin")
      turn.fail(code: code, text)
    }
  }

  /// Says once in a conversation what its person should know of this codex.
  private func warn(_ turn: Turn, _ peer: CodexPeer) {
    if let rules = peer.openRules, say("rules", turn) {
      turn.notice(
        "\(agent) runs what its own rules in \(rules) allow without asking, inside its sandbox: they cannot be "
          + "kept from it, because bubblewrap does not work here.")
    }
    if let why = peer.brokenSandbox, say("sandbox", turn) {
      turn.notice("\(agent) cannot run commands: its own sandbox does not work here. It says: \(why)")
    }
  }

  private func say(_ what: String, _ turn: Turn) -> Bool {
    if said.count > 100_000 { said.removeAll() }
    return said.insert("\(what) \(turn.conversation)").inserted
  }

  // MARK: - Turns

  private func begin(_ turn: Turn, on peer: CodexPeer) {
    if let thread = peer.thread { turn.canResume(with: "codex resume \(thread)") }
    peer.process.scope?.enter(turn)
    let run = CodexRun(turn, peer, stage) { [weak self] run in self?.done(run) }
    runs[turn.row.id] = run
    run.start()
  }

  private func done(_ run: CodexRun) {
    runs[run.turn.row.id] = nil
    let peer = run.peer
    guard peer.process.isAlive, !peer.isSpent else { return peer.process.end(because: "it is not needed") }
    pool.keep(
      peer, for: run.turn.conversation, milliseconds: run.turn.keepAlive)
  }

  // MARK: - Without app-server

  /// Finds out whether the program has no app-server at all, and then lets it only read.
  private func withoutServer(_ turn: Turn, _ words: String) throws {
    let program = try CodexProgram(turn, stage) { _ in ["app-server", "--help"] }
    let id = turn.row.id
    checks[id] = try ProgramRun(
      program.launch.command, environment: CodexProgram.variables(program.launch.environment),
      mark: program.launch.mark, directory: turn.workdir, milliseconds: 20_000, limit: 65_536,
      loop: stage.loop
    ) { [weak self] result in
      guard let self else { return }
      checks[id] = nil
      if turn.abortReason != nil { return turn.failStopped("") }
      // One that does not know the word shows its general help, or fails.
      let help = String(decoding: result.output, as: UTF8.self)
      if result.status == .exited(0), CodexProgram.names(help, "codex app-server") {
        return turn.fail(code: "cannot_start", "\(agent) cannot begin.\n\(words)")
      }
      do { try beginExec(turn) } catch {
        turn.fail(code: "cannot_start", "\(agent) cannot be started: \(error)")
      }
    }
  }

  private func beginExec(_ turn: Turn) throws {
    let thread = turn.nativeSession?.id
    let exec = try CodexExec(turn, stage, before: thread.flatMap { totals[$0] })
    if say("exec", turn) {
      turn.notice(
        "This version of \(agent) has no app-server, so nobody can be asked: it only reads, and changes nothing. "
          + "Update it to let it work.")
    }
    execs[turn.row.id] = exec
    exec.onDone = { [weak self, weak exec] in
      self?.execs[turn.row.id] = nil
      if let exec, let thread = exec.thread { self?.totals[thread] = exec.total }
    }
    exec.onUnknownThread = { [weak self] in
      guard let self else { return }
      try turn.keep(nil)
      turn.notice("\(agent) does not know its earlier session any more: a new one was begun.")
      do { try beginExec(turn) } catch {
        turn.fail(code: "cannot_start", "\(agent) cannot be started: \(error)")
      }
    }
  }
}
