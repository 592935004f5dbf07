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
  /// Language models; only known to be an object.
  package let models: JSONObject
  /// Projects; only known to be an object.
  package let projects: JSONObject
  /// Routing rules; only known to be an array.
  package let rules: [JSONValue]
  /// The policy; only known to be an array.
  package let policy: [JSONValue]
  /// Who may answer requests; only known to be an array.
  package let approvers: [JSONValue]
  /// Who may administer; only known to be an array.
  package let admins: [JSONValue]
  /// Who may talk to agents; only known to be an object.
  package let allow: JSONObject
  /// How much and how long.
  package let limits: LimitSettings
  /// How long finished things are kept.
  package let keep: KeepSettings
  /// Paths of keys that are given but have no effect in this version: say so at start.
  package let ineffective: [String]
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

  /// The account of a platform, by its decoded name; nil when the configuration does not mention it.
  package func account(_ platform: String, _ account: String = "") -> AccountSettings? {
    accounts.first { $0.platform == platform && $0.account.utf8.elementsEqual(account.utf8) }
  }

  /// Takes a document that `ConfigCheck` has accepted.
  init(_ document: ConfigDocument, _ home: Home, _ variables: Variables, ineffective: [String]) throws {
    let root = document.root
    self.home = home
    self.ineffective = ineffective
    environment = variables.merged
    inherited = variables.environment
    language = try variables.language(root["language"]?.string)
    defaultAgent = try variables.defaultAgent(root["default_agent"]?.string)
    accounts = try Self.accounts(document, home)
    var addresses: [String: String] = [:]
    for (name, value) in root["addresses"]?.object?.members ?? [] { addresses[name] = value.string }
    self.addresses = addresses
    limits = LimitSettings(root["limits"]?.object)
    keep = KeepSettings(root["keep"]?.object)
    var agents: [String: AgentSettings] = [:]
    for (name, value) in root["agents"]?.object?.members ?? [] {
      guard let object = value.object else { continue }
      agents[name] = try AgentSettings(name, object, limits: limits) {
        try UserDirectory.expand($0, variables.merged)
      }
    }
    self.agents = agents
    models = root["models"]?.object ?? JSONObject()
    projects = root["projects"]?.object ?? JSONObject()
    rules = root["rules"]?.array ?? []
    policy = root["policy"]?.array ?? []
    approvers = root["approvers"]?.array ?? []
    admins = root["admins"]?.array ?? []
    allow = root["allow"]?.object ?? JSONObject()
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
