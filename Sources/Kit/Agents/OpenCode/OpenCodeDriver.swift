internal import Console
internal import Peers
package import Settings
package import Stage
internal import Store
internal import System
package import Turns

/// OpenCode, by its server on this machine.
///
/// One server for each work directory, started at the first turn there and ended when no turn has needed it for
/// `keep_alive`.
package final class OpenCodeDriver: Driver {
  package let agent: String
  package var recalls: Bool { true }
  private let stage: Stage
  private var servers: [String: OpenCodeServer] = [:]
  private var runs: [String: OpenCodeRun] = [:]

  /// A driver of a stage.
  package init(agent: String, stage: Stage) {
    self.agent = agent
    self.stage = stage
  }

  package var resumes: Bool { true }
  package var showsFiles: Bool { true }

  package var commands: Set<String> { OpenCodeRun.commands }

  /// Whether the program of an agent is found here.
  package static func isInstalled(_ settings: AgentSettings) -> Bool {
    let path = settings.env["PATH"] ?? ProcessGuard.variable("PATH") ?? ""
    return InstalledProgram.find(
      settings.command?.first ?? "opencode", in: path.isEmpty ? [] : ["PATH=\(path)"])
      != nil
  }

  package func begin(_ turn: Turn) throws {
    let server = try server(for: turn)
    server.process.scope?.enter(turn)
    let run = OpenCodeRun(turn, server, stage)
    runs[turn.row.id] = run
    server.users += 1
    server.idleTimer?.cancel()
    run.onEnd = { [weak self] run in self?.ended(run) }
    do {
      try run.start()
    } catch {
      runs[turn.row.id] = nil
      server.users -= 1
      throw error
    }
  }

  package func abort(_ turn: Turn) { runs[turn.row.id]?.abort() }

  package func stop() {
    for server in servers.values where server.users == 0 { server.process.end(because: "agim-run leaves") }
  }

  private func server(for turn: Turn) throws -> OpenCodeServer {
    let key = turn.workdir
    if let server = servers[key] {
      if server.process.canServe, server.fingerprint == OpenCodeLaunch.fingerprint(turn) { return server }
      // Turns at work keep the old one; it goes when they have ended.
      servers[key] = nil
      if server.users == 0 { server.process.end(because: "its settings have changed") }
    }
    let server = try OpenCodeServer(OpenCodeLaunch(turn, stage), directory: turn.workdir, loop: stage.loop)
    servers[key] = server
    server.process.onEnd = { [weak self, server] end in try self?.gone(server, end) }
    return server
  }

  private func gone(_ server: OpenCodeServer, _ end: PeerProcess.End) throws {
    if servers[server.directory] === server { servers[server.directory] = nil }
    let why = end.reason.map { "was ended: \($0)" } ?? "ended with \(end.status)"
    let words =
      "\(agent)'s server \(why)." + (end.errors.isEmpty ? "" : "\n\n\(String(end.errors.suffix(2000)))")
    try server.ended(words)
    for run in runs.values where run.server === server { run.serverEnded(words) }
    // It held the server until now.
    server.process.onEnd = { _ in }
  }

  private func ended(_ run: OpenCodeRun) {
    runs[run.turn.row.id] = nil
    let server = run.server
    server.users -= 1
    guard server.users == 0, server.process.isAlive else { return }
    // It serves other conversations, too.
    let wait = run.turn.settings.keepAlive?.milliseconds ?? 0
    guard servers[server.directory] === server, wait > 0 else {
      return server.process.end(because: "its turn had ended")
    }
    server.idleTimer = stage.loop.after(wait) { [weak self, weak server] in
      guard let self, let server, server.users == 0 else { return }
      if servers[server.directory] === server { servers[server.directory] = nil }
      server.process.end(because: "no message came for a while")
    }
  }
}
