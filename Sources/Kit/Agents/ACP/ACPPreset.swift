package import Policy
package import Settings

/// What is known of one program that speaks the Agent Client Protocol.
package struct ACPPreset: Sendable {
  /// Its name, which needs no entry in config.json.
  package let name: String
  /// What is run.
  package let command: [String]
  /// How far it asks.
  package var gating: AgentGating.Level { AgentGating.of(driver: "acp", name: name).level }
  /// What to do where it wants a login.
  let login: String
  /// Whose names its tools have.
  package let dialect: ToolDialect
  /// What older versions of it were started with; tried where `command` is not understood.
  var fallback: [String]?
  /// Modes in which it asks, the one that asks for most first; empty where its modes are about something else.
  var asking: [String] = ["default", "ask"]
  /// The mode in which it only reads and plans; nil where it has none.
  var plan: String?
  /// Its own files, below the home directory: they stay visible to it.
  package var own: [String] = []
  /// Variables that make it ask.
  var environment: [String: String] = [:]
  /// The protocol's kind for the names in its titles, where it tells no kind.
  var kinds: [String: String] = [:]
  /// The way of logging in that works without a person, once somebody has logged in before.
  var authenticate: String?
  /// How a person goes on with a session in a terminal, without its id.
  var resume: [String]?
  /// Whether its counts of tokens are those of the session so far.
  var countsSession = false
  /// Whether it works on after it was told to stop and has said that it did: another process takes its place.
  var stopsLate = false
  /// How its words begin where they are an error of its model and no answer.
  var failing: [String] = []

  /// What is known of the program of an agent.
  package static func of(_ settings: AgentSettings) -> ACPPreset {
    if let known = named(settings.driver) ?? named(settings.name) { return known }
    let program = settings.command?.first?.split(separator: "/").last.map(String.init) ?? ""
    return table.first { $0.command[0] == program } ?? generic(settings)
  }

  /// Whether words are an error of its model.
  func isFailure(_ words: String) -> Bool { failing.contains { words.utf8.starts(with: $0.utf8) } }

  /// The preset of a name.
  package static func named(_ name: String) -> ACPPreset? { table.first { $0.name == name } }

  /// A program of which nothing is known.
  private static func generic(_ settings: AgentSettings) -> ACPPreset {
    ACPPreset(
      name: settings.name, command: settings.command ?? [], login: "",
      dialect: .of(driver: "acp", command: settings.command), asking: ["default", "ask"], plan: "plan")
  }

  init(
    name: String, command: [String], login: String, dialect: ToolDialect,
    fallback: [String]? = nil, asking: [String] = ["default", "ask"], plan: String? = nil,
    own: [String] = [], environment: [String: String] = [:], kinds: [String: String] = [:],
    authenticate: String? = nil, resume: [String]? = nil, countsSession: Bool = false,
    stopsLate: Bool = false,
    failing: [String] = []
  ) {
    (self.name, self.command) = (name, command)
    (self.login, self.dialect, self.fallback, self.asking) = (login, dialect, fallback, asking)
    (self.plan, self.own, self.environment, self.kinds) = (plan, own, environment, kinds)
    (self.authenticate, self.resume, self.countsSession) = (authenticate, resume, countsSession)
    (self.stopsLate, self.failing) = (stopsLate, failing)
  }
}
