internal import Console
internal import Crypto
internal import JSON
internal import Journal
internal import Policy
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// The scopes of turns: what agim's own tools may reach, stored with the turn's beginning and gone with its end.
extension Engine {
  /// Milliseconds after which a token is dead, whatever becomes of its turn.
  private static let scopeLife: Int64 = 7 * 86_400_000
  /// Kinds of agents that start nothing here which could use a tool.
  private static let without: Set<String> = ["remote"]

  /// The scope of a turn that is about to begin; its token is kept for the turn.
  func scope(of row: InboxRow, agent: String) -> TurnScopeRow? {
    guard toolServer != nil, sessions[QueueKey.of(row)]?.isRunning != true else { return nil }
    let settings = stage.settings.agent(agent)
    guard !Self.without.contains(settings.driver) else { return nil }
    do {
      let token = try tokens[row.id] ?? hexadecimal(RandomBytes.make(32))
      let subject = subject(of: row, agent: agent)
      tokens[row.id] = token
      return TurnScopeRow(
        message: row.id, hash: try SHA256.hex(token), holder: "", pipe: "", session: row.session,
        person: subject.person, chat: subject.chat.rawValue, agent: agent,
        workdir: workdir(of: row, settings), isPlan: isPlan(row, settings), agents: agentNames,
        expires: stage.loop.clock.now() + Self.scopeLife)
    } catch {
      tokens[row.id] = nil
      Log.warning("agents get no tools of agim: \(error)")
      return nil
    }
  }

  /// The agents that another one can ask; a shell has no words for an answer, and would take ours for a command.
  private var agentNames: String {
    let names = drivers.keys.sorted().filter { stage.settings.agent($0).driver != "shell" }
    var json = JSONWriter()
    json.value(.array(names.map { .string($0) }))
    return String(decoding: json.bytes, as: UTF8.self)
  }

  private func isPlan(_ row: InboxRow, _ settings: AgentSettings) -> Bool {
    let line = try? JSONReader.parse(row.line, limits: .line)
    if settings.mode == "plan" || line?["mode"]?.string == "plan" { return true }
    guard !QueueKey.isAside(row.line), let session = try? stage.journal.store.currentSession(row.session)
    else { return false }
    return (try? JSONReader.parse(session.data))?["mode"]?.string != nil
  }

  /// The servers of the configuration, with what they need to know; those whose secrets are not to be had are
  /// left out.
  func configuredServers() -> [ToolServer] {
    if let known = servers, known.number == stage.settingsNumber { return known.all }
    let environment = stage.settings.environment
    let all = stage.settings.servers.filter(\.isEnabled).compactMap { server -> ToolServer? in
      do {
        let values = try server.resolve(environment: environment)
        guard let url = server.url else {
          return ToolServer(name: server.name, command: server.command ?? [], env: values)
        }
        return ToolServer(name: server.name, url: url, headers: values)
      } catch {
        Log.warning("a server is given to nobody: \(error)")
        return nil
      }
    }
    servers = (stage.settingsNumber, all)
    return all
  }
}
