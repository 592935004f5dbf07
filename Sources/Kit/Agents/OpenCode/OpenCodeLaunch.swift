internal import Console
internal import Glibc
internal import JSON
internal import Settings
internal import Stage
internal import System
internal import Text
internal import Turns
internal import Wire

/// How the server is started: what it is told so that it asks.
struct OpenCodeLaunch {
  /// The rules that every session gets; the last one that matches counts.
  ///
  /// All is asked, and the policy answers. A question to the person needs no permission.
  static let rules: JSONValue = [
    ["permission": "*", "pattern": "*", "action": "ask"],
    ["permission": "question", "pattern": "*", "action": "allow"],
  ]

  /// Files of its own below the home directory.
  private static let own = [
    ".config/opencode", ".local/share/opencode", ".local/state/opencode", ".cache/opencode", ".opencode",
  ]

  let words: [String]
  let environment: [String]
  let password: String
  let mark: String
  /// How it reaches agim's own tools.
  let scope: AgentScope?
  /// What must be the same for another turn to be served.
  let fingerprint: String

  /// A launch for a turn.
  ///
  /// - Throws: `Failure` where it cannot be started as configured.
  init(_ turn: Turn, _ stage: Stage) throws {
    let settings = turn.settings
    if settings.choosesSandbox, settings.sandbox != "none", !settings.hasNetwork {
      throw Failure(
        .configuration,
        "\(settings.name) is spoken to over the network of this machine, which its sandbox hides",
        hint: "say \"network\": true in agents.\(settings.name) of config.json, or leave \"sandbox\" out")
    }
    mark = stage.maker.id()
    password = Self.secret()
    let scope = turn.openScope(mark: mark, isConfined: Sandbox.confines(settings, isStandard: true))
    self.scope = scope
    var more = Self.variables(turn, scope)
    for name in settings.env.keys { more[name] = nil }
    // The password is no argument, because everybody can read those.
    more["OPENCODE_SERVER_PASSWORD"] = password
    more["OPENCODE_SERVER_USERNAME"] = OpenCodeServer.user
    // One server for all conversations of a directory: it has no session of ours.
    let variables = AgentEnvironment.make(turn, stage, mark: mark, more: more, scope: scope)
      .filter { !$0.hasPrefix("AGIM_SESSION=") }
    let command = settings.command ?? ["opencode"]
    environment = variables
    guard let program = command.first.flatMap({ InstalledProgram.find($0, in: variables) }) else {
      throw Failure(
        .unavailable, "there is no program \(command.first ?? "opencode") here",
        hint: "install it, or say \"command\" in agents.\(settings.name) of config.json")
    }
    words = try Sandbox.program(
      [program] + command.dropFirst() + ["serve", "--hostname", "127.0.0.1", "--port", "0"], turn, stage,
      own: Self.own, runsUnasked: false, shown: scope?.shown ?? [])
    fingerprint = Self.fingerprint(turn)
  }

  /// What a server depends on: another one is started where this changes.
  static func fingerprint(_ turn: Turn) -> String {
    let settings = turn.settings
    let parts =
      [
        turn.workdir, settings.sandbox, "\(settings.choosesSandbox)", "\(settings.hasNetwork)",
        "\(settings.isTrusted)",
      ]
      + (settings.command ?? []) + settings.env.map { "\($0.key)=\($0.value)" }.sorted()
    return parts.map { "\($0.utf8.count):\($0)" }.joined()
  }

  private static func variables(_ turn: Turn, _ scope: AgentScope?) -> [String: String] {
    // A second lock: sub-agents do not always have the rules of their session.
    var config = JSONObject([
      ("permission", ["*": "ask", "question": "allow"]), ("autoupdate", false), ("share", "disabled"),
    ])
    var variables = ["OPENCODE_DISABLE_AUTOUPDATE": "1"]
    let servers = scope?.servers ?? []
    let own = servers.filter { $0.name == AgentScope.name }
    if !own.isEmpty { config["mcp"] = table(own) }
    // What may hold secrets is for no environment: those servers stand in a private file.
    let others = servers.filter { $0.name != AgentScope.name }
    if !others.isEmpty {
      var json = JSONWriter()
      json.value(["mcp": table(others)])
      variables["OPENCODE_CONFIG"] = scope?.keep(json.bytes)
    }
    if !turn.settings.isTrusted {
      // A repository's own settings may allow anything, and start programs; its words for agents are no settings.
      variables["OPENCODE_DISABLE_PROJECT_CONFIG"] = "1"
      variables["OPENCODE_CONFIG_PROJECT_DISABLE"] = "1"
      let notes = ["AGENTS.md", "CLAUDE.md"].map { "\(turn.workdir)/\($0)" }.filter { (path: String) in
        access(path, R_OK) == 0
      }
      if let first = notes.first { config["instructions"] = [.string(first)] }
    }
    var json = JSONWriter()
    json.value(.object(config))
    variables["OPENCODE_CONFIG_CONTENT"] = String(decoding: json.bytes, as: UTF8.self)
    return variables
  }

  private static func table(_ servers: [ToolServer]) -> JSONValue {
    .object(JSONObject(servers.map { ($0.name, server($0)) }))
  }

  private static func server(_ server: ToolServer) -> JSONValue {
    guard let url = server.url else {
      return [
        "type": "local", "command": .array(server.command.map { .string($0) }),
        "environment": ToolServer.json(server.env), "enabled": true,
      ]
    }
    return [
      "type": "remote", "url": .string(url), "headers": ToolServer.json(server.headers), "enabled": true,
    ]
  }

  private static func secret() -> String {
    let random = Clock.system.random
    return (0..<4).map { _ in String(random(), radix: 36) }.joined()
  }
}
