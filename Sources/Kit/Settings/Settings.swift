package import JSON

/// `config.json`, the `env` file and the environment, together.
///
/// What is more particular wins: the environment over `config.json`, that over the `env` file. Options
/// of a command stand above all of them and are that command's affair.
package struct Settings: Sendable {
  /// The directory that the files are in.
  package let home: Home
  /// What agim speaks in chats.
  package let language: Language
  /// The agent for messages that nothing else routes.
  package let defaultAgent: String?
  /// The accounts, in the order of the file.
  package let accounts: [AccountSettings]
  /// Addresses by name.
  package let addresses: [String: String]
  /// The agents that the configuration mentions; see `agent(_:)`.
  package let agents: [String: AgentSettings]
  /// The roles of language models, in the order of the file.
  package let models: [ModelSettings]
  /// What is put before prompts from the long-term memory.
  package let memory: MemorySettings
  /// Projects, in the order of the file.
  package let projects: [ProjectSettings]
  /// Heartbeats, in the order of the file.
  package let heartbeats: [HeartbeatSettings]
  /// Routing rules, in the order of the file.
  package let rules: [RuleSettings]
  /// The policy; only known to be an array.
  package let policy: [JSONValue]
  /// MCP servers that agents are given.
  package let servers: [ServerSettings]
  /// Who may talk to agents, answer requests, administer.
  package let people: People
  /// The chat in which hooks of programs in terminals ask, an address or a name of one; nil for none.
  package let hookTo: String?
  /// The time zone of everybody who has no other; nil for the machine's.
  package let zone: String?
  /// Time zones by `PLATFORM:ID`.
  package let zones: [String: String]
  /// How much and how long.
  package let limits: LimitSettings
  /// How long finished things are kept.
  package let keep: KeepSettings
  /// The variables of the environment, and of the `env` file where the environment has none.
  package let environment: [String: String]

  /// Both files as they were when they were read last, successfully or not.
  var seen: [FileIdentity] = []
  /// The environment without the file, to read the file again.
  let inherited: [String: String]

  /// The value of a variable; nil when it is set nowhere or empty.
  package func variable(_ name: String) -> String? { environment[name] }

  /// The settings of an agent, whether the configuration mentions it or not.
  package func agent(_ name: String) -> AgentSettings {
    if let agent = agents[name] { return agent }
    var agent = AgentSettings.defaults(name)
    agent.outputLimit = limits.output
    return agent
  }

  /// Whether a word can be the name of an agent.
  package static func isAgentName(_ word: String) -> Bool { Names.isAgent(word) }

  /// The role of a name; nil when there is none.
  package func model(_ name: String) -> ModelSettings? { models.first { $0.name == name } }

  /// The project of a name; nil when there is none.
  package func project(_ name: String) -> ProjectSettings? { projects.first { $0.name == name } }

  /// Whether a path is a work directory that the configuration names, or lies below one.
  ///
  /// `real` follows links: what lies below by its name must do so by where it leads to.
  package func isWorkdir(_ path: String, real: (String) -> String = { $0 }) -> Bool {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard path.hasPrefix("/"), !parts.contains(where: { $0.elementsEqual("..".utf8) }) else { return false }
    return (projects.compactMap(\.workdir) + agents.values.compactMap(\.workdir)).contains { known in
      Self.isIn(path, known) && Self.isIn(real(path), real(known))
    }
  }

  private static func isIn(_ path: String, _ known: String) -> Bool {
    path.utf8.elementsEqual(known.utf8) || known != "/" && path.utf8.starts(with: "\(known)/".utf8)
  }

  /// The account of a platform, by its decoded name; nil when the configuration does not mention it.
  package func account(_ platform: String, _ account: String = "") -> AccountSettings? {
    accounts.first { $0.platform == platform && $0.account.utf8.elementsEqual(account.utf8) }
  }

  /// Takes a document that `ConfigCheck` has accepted.
  init(_ document: ConfigDocument, _ home: Home, _ variables: Variables) throws {
    let root = document.root
    self.home = home
    environment = variables.merged
    inherited = variables.environment
    language = try variables.language(root["language"]?.string)
    defaultAgent = try variables.defaultAgent(root["default_agent"]?.string)
    accounts = try Self.accounts(document, home)
    var addresses: [String: String] = [:]
    for (name, value) in root["addresses"]?.object?.members ?? [] { addresses[name] = value.string }
    self.addresses = addresses
    limits = LimitSettings(root["limits"]?.object)
    hookTo = root["hook"]?["to"]?.string
    keep = KeepSettings(root["keep"]?.object)
    var agents: [String: AgentSettings] = [:]
    for (name, value) in root["agents"]?.object?.members ?? [] {
      guard let object = value.object else { continue }
      agents[name] = try AgentSettings(name, object, limits: limits, base: home.path) {
        try UserDirectory.expand($0, variables.merged)
      }
    }
    self.agents = agents
    models = (root["models"]?.object?.members ?? []).compactMap { name, value in
      value.object.map { ModelSettings(name, $0, base: home.path) }
    }
    memory = MemorySettings(root["memory"]?.object)
    projects = try (root["projects"]?.object?.members ?? []).compactMap { name, value in
      try value.object.flatMap { object in
        try ProjectSettings(name, object) { try UserDirectory.expand($0, variables.merged) }
      }
    }
    heartbeats = try (root["heartbeats"]?.object?.members ?? []).compactMap { name, value in
      try value.object.flatMap { object in
        try HeartbeatSettings(name, object) { try UserDirectory.expand($0, variables.merged) }
      }
    }
    rules = (root["rules"]?.array ?? []).enumerated().compactMap { index, value in
      value.object.map { RuleSettings($0, at: index) }
    }
    policy = root["policy"]?.array ?? []
    servers = try (root["mcp_servers"]?.object?.members ?? []).compactMap { name, value in
      try value.object.map { object in
        try ServerSettings(name, object, base: home.path) { key, words in
          document.failure([.name("mcp_servers"), .name(name)] + (key.map { [.name($0)] } ?? []), words)
        }
      }
    }
    zone = root["zone"]?.string
    var zones: [String: String] = [:]
    for (person, value) in root["zones"]?.object?.members ?? [] { zones[person] = value.string }
    self.zones = zones
    people = People(root)
  }

  private static func accounts(_ document: ConfigDocument, _ home: Home) throws -> [AccountSettings] {
    var accounts: [AccountSettings] = []
    // Bytes, because Swift takes different spellings of an accented letter for the same text.
    var seen: Set<[UInt8]> = []
    for (key, value) in document.root["accounts"]?.object?.members ?? [] {
      guard let object = value.object,
        let account = AccountSettings(key, object, document.locator, base: home.path)
      else { continue }
      guard seen.insert(Array("\(account.platform)@\(account.account)".utf8)).inserted else {
        throw document.failure(
          [.name("accounts"), .name(key)], atName: true,
          "expected each account once, found it in another spelling")
      }
      accounts.append(account)
    }
    return accounts
  }
}
