internal import Console
package import JSON
internal import Settings
internal import System

/// What a configuration of agim-cli, the npm package, means here.
///
/// What this version has no use for is named with the reason, never its value: it may be a secret.
package struct Import {
  /// The configuration with what was taken over.
  package private(set) var root: JSONObject
  /// The paths of what was taken over.
  package private(set) var taken: [String] = []
  /// The names of what was not, with the reason.
  package private(set) var left: [(name: String, why: Reason)] = []

  private let drivers: [String]

  /// Begins with what there is already.
  package init(into root: JSONObject, drivers: [String] = AgentSettings.drivers) {
    self.root = root
    self.drivers = drivers
  }

  /// Reads a file that somebody named.
  ///
  /// - Throws: `Failure` when it cannot be read or is no configuration of agim-cli.
  package static func read(_ path: String) throws -> JSONObject {
    let bytes: [UInt8]
    do {
      // Not one that would make us wait, such as a FIFO.
      bytes = try Files.readRegular(path, limit: 1 << 20)
    } catch {
      throw Failure(.noInput, "cannot read \(Shown.path(path)): \(error.reason)")
    }
    do throws(JSONError) {
      let value = try JSONReader.parse(
        bytes, limits: JSONLimits(maxBytes: 1 << 20, maxDepth: 64), dialect: .relaxed)
      if let root = value.object { return root }
    } catch {
      throw Failure(
        .dataError, "\(Shown.path(path)):\(error.line):\(error.column): it is not JSON")
    }
    throw Failure(.dataError, "\(Shown.path(path)) does not hold a JSON object")
  }

  /// Takes a configuration over, as far as it can be.
  package mutating func add(_ config: JSONObject) {
    for (name, value) in config.members {
      switch name {
      case "language", "lang", "locale": addLanguage(name, value)
      case "defaultAgent": addDefaultAgent(value)
      case "agents": addAgents(value)
      case "messengers": addMessengers(value)
      case "acpAgents": leave(name, .noRemoteAgents)
      case "llmBackends", "llmRoles", "models": leave(name, .noModels)
      default:
        if let platform = Self.platforms[name], let object = value.object {
          addAccount(platform, name, object)
        } else {
          leave(name, .nothingLikeIt)
        }
      }
    }
  }

  /// Takes variables of agim-cli's `env` file over.
  package mutating func add(variables: [String: String]) {
    for name in variables.keys.sorted() {
      switch name {
      case "IMHUB_ADMIN_USERS": addPeople(name, variables[name] ?? "", to: "admins")
      case "IMHUB_PLATFORM_BLACKLIST":
        leave(name, .namedOnly)
      case "IMHUB_APPROVAL_DISABLED": leave(name, .gateStays)
      case "IMHUB_TIMEOUT_DEFAULT", "IMHUB_APPROVAL_TIMEOUT_MS":
        leave(name, .deniedInTime)
      case "IMHUB_EXEC_SANDBOX": leave(name, .sandbox)
      case "IMHUB_AGENT_IDLE_TIMEOUT_MS": addIdleTimeout(name, variables[name] ?? "")
      default:
        leave(
          name,
          name.hasPrefix("IMHUB_") ? .nothingLikeIt : .forEnv)
      }
    }
  }

  mutating func leave(_ name: String, _ why: Reason) { left.append((name, why)) }

  private mutating func addLanguage(_ name: String, _ value: JSONValue) {
    guard let text = value.string else { return leave(name, .noText) }
    set(["language"], .string(Language.of(locale: text).rawValue))
  }

  private mutating func addDefaultAgent(_ value: JSONValue) {
    guard let name = value.string, let agent = agent(name) else {
      return leave("defaultAgent", .noSuchAgent)
    }
    set(["default_agent"], .string(agent))
  }

  private mutating func addAgents(_ value: JSONValue) {
    let names = value.array?.compactMap(\.string) ?? value.object?.members.map(\.name) ?? []
    guard !names.isEmpty else { return leave("agents", .noName) }
    for name in names {
      guard let agent = agent(name) else {
        leave("agents: \(name)", .noSuchAgent)
        continue
      }
      if root["agents"]?[agent] == nil { set(["agents", agent], .object(JSONObject())) }
    }
  }

  /// The name of an agent here, nil when this version has no driver for it.
  private func agent(_ name: String) -> String? {
    let ours = Self.agents[name] ?? name
    return drivers.contains(ours) && ours != "exec" || root["agents"]?[ours] != nil ? ours : nil
  }

  private mutating func addMessengers(_ value: JSONValue) {
    if let object = value.object {
      for (name, value) in object.members {
        guard let platform = Self.platforms[name], let values = value.object else {
          leave("messengers.\(name)", .nothingLikeIt)
          continue
        }
        addAccount(platform, "messengers.\(name)", values)
      }
      return
    }
    // A list of names; their credentials stand beside it.
    for name in value.array?.compactMap(\.string) ?? [] where Self.platforms[name] == nil {
      leave("messengers: \(name)", .noPlatform)
    }
  }

  /// Credentials are kept, but the account is not started: its keys may have other names here.
  private mutating func addAccount(_ platform: String, _ name: String, _ values: JSONObject) {
    var account = root["accounts"]?[platform]?.object ?? JSONObject()
    var count = 0
    for (key, value) in values.members {
      switch value {
      case .string(let text) where !text.isEmpty:
        account[Self.key(key, platform)] = value
        count += 1
      case .number, .bool:
        guard key != "enabled" else { continue }
        account[Self.key(key, platform)] = value
        count += 1
      default: leave("\(name).\(key)", .nothingLikeIt)
      }
    }
    guard count > 0 else { return leave(name, .noCredentials) }
    account["enabled"] = false
    set(["accounts", platform], .object(account))
    leave("\(name): connecting", .disabled(platform))
  }

  private mutating func addPeople(_ name: String, _ text: String, to key: String) {
    let people = text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    let good = people.filter(Self.isPerson)
    if good.count < people.count { leave(name, .notPeople(people.count - good.count)) }
    guard !good.isEmpty else { return }
    set([key], .array(good.map { .string($0) }))
  }

  private mutating func addIdleTimeout(_ name: String, _ text: String) {
    leave(name, .idleTimeout((Int(text) ?? 600_000) / 1000))
  }

  private mutating func set(_ path: [String], _ value: JSONValue) {
    guard let first = path.first else { return }
    if path.count == 1 {
      root[first] = value
    } else {
      var section = root[first]?.object ?? JSONObject()
      section[path[1]] = value
      root[first] = .object(section)
    }
    taken.append(path.joined(separator: "."))
  }

  /// `PLATFORM:ID`.
  static func isPerson(_ text: String) -> Bool {
    let parts = text.split(separator: ":", maxSplits: 1)
    return parts.count == 2
      && parts[0].utf8.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x2D }
  }

  /// `appId` is `app_id` here; the one secret of an account is `secret`.
  private static func key(_ name: String, _ platform: String) -> String {
    var key = ""
    for scalar in name.unicodeScalars {
      if scalar.properties.isUppercase, !key.isEmpty { key += "_" }
      key += scalar.properties.lowercaseMapping
    }
    return ["app_secret", "client_secret"].contains(key) ? "secret" : key
  }

  private static let agents = [
    "claude-code": "claude", "claude": "claude", "codex": "codex", "opencode": "opencode", "cursor": "cursor",
    "antigravity": "antigravity", "agy": "antigravity",
  ]
  private static let platforms = [
    "feishu": "feishu", "lark": "feishu", "dingtalk": "dingtalk", "wechat": "wechat",
    "wechat-ilink": "wechat",
    "email": "email", "smtp": "email", "telegram": "telegram", "slack": "slack", "discord": "discord",
    "line": "line", "qq": "qq", "wecom": "wecom",
  ]
}
