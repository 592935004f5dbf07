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
  /// How long a turn may take; nil for ever.
  package var turnLimit: Duration?
  /// How many bytes the agent may write in a turn.
  package var outputLimit = LimitSettings().output
  /// The user account it runs under; without effect in this version.
  package var runAs: String?
  /// What confines it: `none`, `auto` or `bwrap`.
  package var sandbox = "none"
  /// Whether it may use the network from within a sandbox.
  package var hasNetwork = false
  /// Whether its own gate is enough; without effect in this version.
  package var isTrusted = false
  /// Whether it may be started.
  package var isEnabled = true

  /// The kinds of agent that this version can run: `agim-run` has a driver for each.
  package static let drivers = ["claude", "exec", "shell"]

  /// The settings of an agent that the configuration does not mention.
  package static func defaults(_ name: String) -> AgentSettings { AgentSettings(name: name, driver: name) }

  private init(name: String, driver: String) {
    self.name = name
    self.driver = driver
  }

  /// Takes an object that `ConfigCheck` has accepted.
  init(_ name: String, _ object: JSONObject, limits: LimitSettings, expand: (String) throws -> String)
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
    showsResume = object["show_resume"]?.bool ?? showsResume
    outputLimit = object["output_limit"]?.int ?? limits.output
    runAs = object["run_as"]?.string
    sandbox = object["sandbox"]?.string ?? sandbox
    hasNetwork = object["network"]?.bool ?? hasNetwork
    isTrusted = object["trusted"]?.bool ?? isTrusted
    isEnabled = object["enabled"]?.bool ?? isEnabled
  }

  private static func timeout(_ value: JSONValue?, _ standard: Duration?) -> Duration? {
    guard let value, let duration = DurationText.parse(value) else { return standard }
    return duration == .zero ? nil : duration
  }
}
