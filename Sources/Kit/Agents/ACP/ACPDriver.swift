internal import Console
internal import Glibc
internal import JSON
internal import Peers
package import Settings
package import Stage
internal import Store
internal import System
package import Turns
internal import Wire

/// Any program that speaks the Agent Client Protocol (version 1) over its standard input and output.
///
/// One program for each conversation: it waits for the next message for `keep_alive`, and a later one takes up
/// its session again.
package final class ACPDriver: Driver {
  package let agent: String
  package var recalls: Bool { true }
  private let stage: Stage
  private let pool: PeerPool<ACPAgent>
  private var runs: [String: ACPTurn] = [:]
  private var agents: [ObjectIdentifier: ACPAgent] = [:]

  /// A driver of a stage; what it starts is said by the settings of the agent, or known by its name.
  package init(agent: String, stage: Stage) {
    self.agent = agent
    self.stage = stage
    pool = PeerPool(loop: stage.loop) { $0.process.dismiss(because: "no message came for a while") }
  }

  package var resumes: Bool { true }
  package var showsFiles: Bool { true }

  /// Whether it is known what is to be started for an agent.
  package static func hasCommand(_ settings: AgentSettings) -> Bool {
    !(settings.command ?? ACPPreset.of(settings).command).isEmpty
  }

  /// Whether the program of an agent is found here.
  package static func isInstalled(_ settings: AgentSettings) -> Bool {
    let path = settings.env["PATH"] ?? ProcessGuard.variable("PATH") ?? ""
    let program = (settings.command ?? ACPPreset.of(settings).command).first
    return program.map { InstalledProgram.find($0, in: path.isEmpty ? [] : ["PATH=\(path)"]) != nil } ?? false
  }

  package func begin(_ turn: Turn) throws {
    let preset = ACPPreset.of(turn.settings)
    guard !turn.endsUntold() else { return }
    let run = ACPTurn(turn, preset, stage)
    runs[turn.row.id] = run
    run.onEnd = { [weak self] run in self?.ended(run) }
    if let waiting = pool.take(turn.conversation) {
      if waiting.process.canServe, waiting.fits(turn) { return try waiting.serve(run) }
      waiting.process.dismiss(because: "its settings have changed")
    }
    do {
      try launch(run, preset, turn.settings.command ?? preset.command, isFallback: false)
    } catch {
      runs[turn.row.id] = nil
      throw error
    }
  }

  package func abort(_ turn: Turn) { runs[turn.row.id]?.abort() }

  package func stop() { pool.clear() }

  private func launch(_ run: ACPTurn, _ preset: ACPPreset, _ command: [String], isFallback: Bool) throws {
    let turn = run.turn
    let environment = preset.environment.filter { turn.settings.env[$0.key] == nil }
    let mark = stage.maker.id()
    let scope = turn.openScope(mark: mark, isConfined: Sandbox.confines(turn.settings, isStandard: true))
    let variables = AgentEnvironment.make(turn, stage, mark: mark, more: environment, scope: scope)
    guard let program = command.first.flatMap({ InstalledProgram.find($0, in: variables) }) else {
      throw Failure(
        .unavailable, "there is no program \(command.first ?? "of its own") here",
        hint: "install it, or say \"command\" in agents.\(agent) of config.json")
    }
    let words = try Sandbox.program(
      [program] + command.dropFirst(), turn, stage, own: preset.own, runsUnasked: preset.gating == .open,
      shown: scope?.shown ?? [])
    let process = try PeerProcess(
      PeerProcess.Launch(
        words, environment: variables, directory: turn.workdir, mark: mark, scope: scope),
      loop: stage.loop)
    let made = ACPAgent(preset, process, turn, program: program, stage)
    agents[ObjectIdentifier(made)] = made
    process.onEnd = { [weak self, unowned made] end in
      try self?.gone(made, end, fallback: isFallback ? nil : preset.fallback)
    }
    try made.open(run)
  }

  /// A program is gone, in a turn or between two.
  private func gone(_ agent: ACPAgent, _ end: PeerProcess.End, fallback: [String]?) throws {
    pool.forget(agent)
    agents[ObjectIdentifier(agent)] = nil
    let run = agent.run
    agent.run = nil
    // An older version does not know the option, and says so at once.
    if let run, let fallback, !agent.isInitialized, end.reason == nil, run.turn.settings.command == nil,
      run.turn.abortReason == nil, end.status != .exited(0)
    {
      try agent.peer.ended()
      do {
        return try launch(run, agent.preset, fallback, isFallback: true)
      } catch {
        return run.fail("cannot_start", "\(self.agent) cannot be started: \(error)")
      }
    }
    run?.programEnded(end, agent)
    try agent.peer.ended()
  }

  private func ended(_ run: ACPTurn) {
    runs[run.turn.row.id] = nil
    guard let agent = run.agent else { return }
    agent.run = nil
    guard agent.process.isAlive else { return }
    guard agent.isReady, !run.isSpoilt else {
      return agent.process.end(because: "its turn had ended")
    }
    pool.keep(
      agent, for: run.turn.conversation, milliseconds: run.turn.keepAlive)
  }
}
