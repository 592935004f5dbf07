internal import Console
internal import Settings
internal import System
internal import Text

/// What the programs of agents say of themselves: their version, and whether somebody is logged in.
extension Doctor {
  /// What a program is asked for its login: it leaves with 0 where there is one, and with 1 where there is none.
  private static let login: [String: (words: [String], mend: String)] = [
    "claude": (["auth", "status"], "run 'claude' in a terminal once, and log in"),
    "codex": (["login", "status"], "run 'codex login' in a terminal"),
  ]

  /// Looks at the program of an agent that is known by its driver; others are not run to be asked.
  mutating func examineProgram(_ agent: AgentSettings, at path: String) {
    guard agent.driver != "exec", agent.driver != "shell" else {
      return add(.ok, "agents", "agent \(agent.name): \(Shown.path(path))")
    }
    let words = [path] + (agent.command?.dropFirst() ?? [])
    let said = try? run([path, "--version"], agent)
    let version = said.map { String(decoding: $0.prefix { $0 != 0x0A }.prefix(80), as: UTF8.self) } ?? ""
    let shown = version.isEmpty ? "" : ", \(displayEscaped(version))"
    add(.ok, "agents", "agent \(agent.name): \(Shown.path(path))\(shown)")
    guard let login = Self.login[agent.driver] else { return }
    do {
      _ = try run(words + login.words, agent)
      add(.ok, "agents", "agent \(agent.name) is logged in")
    } catch ProgramOutput.Problem.ended(.exited(1)) {
      add(.warning, "agents", "agent \(agent.name) is not logged in", mend: login.mend)
    } catch {
      // An older version may not know the words; then nothing can be told.
    }
  }

  private func run(_ words: [String], _ agent: AgentSettings) throws -> [UInt8] {
    var environment: [String: String] = [:]
    for name in ["PATH", "HOME", "USER", "LANG", "TMPDIR"] { environment[name] = variables[name] }
    for (name, value) in agent.env { environment[name] = value }
    return try ProgramOutput.run(words, environment, errors: .null, time: .seconds(10), limit: 65_536)
  }
}
