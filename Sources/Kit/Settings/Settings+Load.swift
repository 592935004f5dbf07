package import Console
internal import JSON

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
    var check = ConfigCheck(document)
    try check.run()
    return try Settings(document, home, variables, ineffective: check.ineffective)
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
    let keys = ["messengers", "acpAgents", "llmBackends", "llmRoles"]
    guard
      keys.contains(where: { root[$0] != nil }) || root["defaultAgent"] != nil && root["agents"]?.array != nil
    else { return }
    throw Failure(
      .configuration, "\(Shown.path(home.config)) belongs to agim-cli",
      hint: "set AGIM_HOME to a directory of its own")
  }
}
