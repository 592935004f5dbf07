internal import Console
internal import JSON

/// What the configuration says about one agent.
package struct AgentSettings: Equatable, Sendable {
  /// Its name, as people type it.
  package let name: String
  /// The kind of agent: which driver runs it.
  package var driver: String
  /// The program and its arguments; nil for the driver's own, otherwise never empty.
  package var command: [String]?
  /// Variables that its environment gets besides the fixed ones.
  package var env: [String: String] = [:]
  /// Where it works, absolute; nil for the session's directory.
  package var workdir: String?
  /// The model it is asked to use.
  package var model: String?
  /// `plan`, or nil.
  package var mode: String?
  /// How long a turn may give no sign of life; nil for ever.
  package var idleTimeout: Duration? = .seconds(600)
  /// How long its program waits for the next message of its session; nil: it ends with the turn.
  package var keepAlive: Duration? = .seconds(600)
  /// Whether a reply says with which command its person goes on in a terminal.
  package var showsResume = false
  /// What becomes of a message that comes while a turn of its session runs.
  package enum Queue: String, Sendable, CaseIterable {
    /// It waits.
    case queue
    /// The agent takes it into the running turn, where it can.
    case steer
    /// It ends the running turn.
    case interrupt
  }

  /// What becomes of a message that comes while a turn of its session runs.
  package var queue = Queue.queue
  /// Who is told of turns that took long, failed or wait: an address or its name; nil for nobody.
  package var notify: String?
  /// How long a turn took that is told about; nil: only failures and waits are.
  package var notifyAfter: Duration? = .seconds(300)
  /// How long a turn may take; nil for ever.
  package var turnLimit: Duration?
  /// How many bytes the agent may write in a turn.
  package var outputLimit = LimitSettings().output
  /// The user account it runs under; nil for ours.
  package var runAs: String?
  /// What confines it: `none`, `auto` or `bwrap`.
  package var sandbox = "none"
  /// Whether the configuration says what confines it; where it does not, the driver does.
  package var choosesSandbox = false
  /// Whether it may use the network from within a sandbox.
  package var hasNetwork = false
  /// Whether settings that keep people from being asked are allowed.
  package var isTrusted = false
  /// Where a remote agent is; not checked.
  package var url: String?
  /// What it is shown as a bearer token, not yet looked up.
  package var token: Credential?
  /// What it is shown as an API key, not yet looked up.
  package var key: Credential?
  /// The hosts, in lower case, that it may be on although they are not of the public network.
  package var allowedHosts: Set<String> = []
  /// Whether it may be started.
  package var isEnabled = true

  /// The kinds of agent that this version can run: `agim-run` has a driver for each.
  package static let drivers =
    ["acp", "agy", "claude", "codex", "cursor-print", "exec", "opencode", "remote", "shell"] + acpPrograms

  /// Agents that the driver `acp` knows by their names, in their order.
  package static let acpPrograms = [
    "copilot", "cursor", "fast-agent", "gemini", "goose", "hermes", "kimi", "openclaw", "qwen", "vibe",
  ]

  /// The program behind a name that needs no configuration; nil where there is none, or is no such name.
  package static func program(of name: String) -> String? {
    switch name {
    case "cursor": "cursor-agent"
    case "fast-agent", "hermes", "vibe": "\(name)-acp"
    default: acpPrograms.contains(name) ? name : nil
    }
  }

  /// The program that is started for it, as far as the configuration or its name says it.
  package var program: String? {
    command?.first ?? Self.program(of: driver) ?? (speaksACP ? Self.program(of: name) : nil)
  }

  /// Whether it speaks the Agent Client Protocol.
  package var speaksACP: Bool { driver == "acp" || Self.acpPrograms.contains(driver) }

  /// The settings of an agent that the configuration does not mention.
  package static func defaults(_ name: String) -> AgentSettings { AgentSettings(name: name, driver: name) }

  private init(name: String, driver: String) {
    self.name = name
    self.driver = driver
  }

  /// Takes an object that `ConfigCheck` has accepted.
  init(
    _ name: String, _ object: JSONObject, limits: LimitSettings, base: String,
    expand: (String) throws -> String
  )
    rethrows
  {
    self.init(name: name, driver: object["driver"]?.string ?? name)
    command = object["command"]?.array?.compactMap(\.string)
    for (name, value) in object["env"]?.object?.members ?? [] { env[name] = value.string }
    workdir = try object["workdir"]?.string.map(expand)
    model = object["model"]?.string
    mode = object["mode"]?.string
    idleTimeout = Self.timeout(object["idle_timeout"], idleTimeout)
    turnLimit = Self.timeout(object["turn_limit"], turnLimit)
    keepAlive = Self.timeout(object["keep_alive"], keepAlive)
    queue = object["queue"]?.string.flatMap(Queue.init) ?? queue
    notify = object["notify"]?.string
    notifyAfter = Self.timeout(object["notify_after"], notifyAfter)
    showsResume = object["show_resume"]?.bool ?? showsResume
    outputLimit = object["output_limit"]?.int ?? limits.output
    runAs = object["run_as"]?.string
    sandbox = object["sandbox"]?.string ?? sandbox
    choosesSandbox = object["sandbox"]?.string != nil
    hasNetwork = object["network"]?.bool ?? hasNetwork
    isTrusted = object["trusted"]?.bool ?? isTrusted
    url = object["url"]?.string
    token = Self.credential(object, name, "token", base)
    key = Self.credential(object, name, "key", base)
    for host in object["allow_hosts"]?.array ?? [] {
      if let host = host.string { allowedHosts.insert(host.lowercased()) }
    }
    isEnabled = object["enabled"]?.bool ?? isEnabled
  }

  private static func credential(_ object: JSONObject, _ agent: String, _ key: String, _ base: String)
    -> Credential?
  {
    guard let value = object[key] else { return nil }
    let place: Place = [.name("agents"), .name(agent), .name(key)]
    // ConfigCheck has read it once already.
    return try? Credential.parse(value, Credential.Owner(place), base: base) { message, hint in
      Failure(.configuration, "\(place.words): \(message)", hint: hint)
    }
  }

  private static func timeout(_ value: JSONValue?, _ standard: Duration?) -> Duration? {
    guard let value, let duration = DurationText.parse(value) else { return standard }
    return duration == .zero ? nil : duration
  }
}
