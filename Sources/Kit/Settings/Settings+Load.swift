package import Console
package import JSON

extension Settings {
  /// Reads `config.json` and `env` below a home; files that are not there mean the defaults.
  ///
  /// - Throws: `Failure` with status 78 that names file, position, key, what is wrong and what is allowed.
  package static func load(_ home: Home) throws -> Settings {
    try load(home, environment: ProcessVariables.all())
  }

  /// Reads the files with an environment that is not the process's.
  package static func load(_ home: Home, environment: [String: String]) throws -> Settings {
    // Before reading: a file that changes meanwhile differs from this and is read again.
    let seen = identities(home)
    var settings = try parse(
      config: try PrivateFile.read(home.config, limit: ConfigDocument.limit),
      env: try PrivateFile.read(home.env, limit: EnvFile.limit), home: home, environment: environment)
    settings.seen = seen
    return settings
  }

  /// Takes the content of the files, nil for one that is not there.
  ///
  /// - Throws: `Failure` with status 78.
  package static func parse(
    config: [UInt8]?, env: [UInt8]?, home: Home, environment: [String: String]
  ) throws -> Settings {
    let variables = Variables(environment: environment, file: try env.map(EnvFile.parse) ?? [:])
    let document = try ConfigDocument(config ?? Array("{}".utf8))
    try refuseOther(document.root, home)
    try ConfigCheck(document).run()
    return try Settings(document, home, variables)
  }

  /// Reads the files again if one of them has changed since they were read last.
  ///
  /// A change that cannot be used is thrown once: report it, and keep these settings. The next change
  /// is looked at again.
  ///
  ///     if let changed = try settings.reloadIfChanged(home) { settings = changed }
  ///
  /// - Returns: nil when nothing has changed.
  package mutating func reloadIfChanged(_ home: Home) throws -> Settings? {
    let now = Self.identities(home)
    guard now != seen else { return nil }
    seen = now
    return try Self.load(home, environment: inherited)
  }

  /// What `config.json` holds, for who writes it anew; nil when there is none.
  ///
  /// - Throws: `Failure` with status 78 when it cannot be used as it is.
  package static func document(
    _ home: Home, environment: [String: String]
  ) throws -> (bytes: [UInt8], root: JSONObject)? {
    guard let bytes = try PrivateFile.read(home.config, limit: ConfigDocument.limit) else { return nil }
    _ = try parse(config: bytes, env: nil, home: home, environment: environment)
    return (bytes, try ConfigDocument(bytes).root)
  }

  /// Whether a text may name an agent.
  package static func isAgent(_ name: String) -> Bool { Names.isAgent(name) }

  /// Whether a configuration is one of agim-cli, the npm package, which has files of the same name.
  package static func isOther(_ root: JSONObject) -> Bool {
    let keys = ["messengers", "acpAgents", "llmBackends", "llmRoles"]
    return keys.contains { root[$0] != nil } || root["defaultAgent"] != nil && root["agents"]?.array != nil
  }

  /// Everything that keeps the files of a home from being used, each file by itself; empty when they can.
  package static func faults(_ home: Home, environment: [String: String]) -> [Failure] {
    func fault(_ body: () throws -> Void) -> Failure? {
      do {
        try body()
        return nil
      } catch {
        return error as? Failure ?? Failure(.configuration, "\(error)")
      }
    }
    let config = fault {
      let bytes = try PrivateFile.read(home.config, limit: ConfigDocument.limit)
      _ = try parse(config: bytes, env: nil, home: home, environment: environment)
    }
    let env = fault {
      let bytes = try PrivateFile.read(home.env, limit: EnvFile.limit)
      _ = try parse(config: nil, env: bytes, home: home, environment: environment)
    }
    return [config, env].compactMap { $0 }
  }

  private static func identities(_ home: Home) -> [FileIdentity] {
    [FileIdentity(path: home.config), FileIdentity(path: home.env)]
  }

  /// The npm package agim-cli uses the same directory for files of its own.
  private static func refuseOther(_ root: JSONObject, _ home: Home) throws {
    guard isOther(root) else { return }
    throw Failure(
      .configuration, "\(Shown.path(home.config)) belongs to agim-cli",
      hint: "set AGIM_HOME to a directory of its own")
  }
}
