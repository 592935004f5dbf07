internal import Console
internal import JSON
internal import Peers
internal import Stage
internal import Turns

/// The session of a program: a new one, or one of before.
extension ACPAgent {
  private var servers: (String, JSONValue) {
    let hasHTTP = capabilities["mcpCapabilities"]?["http"]?.bool == true
    let given = (process.scope?.servers ?? []).compactMap { server -> JSONValue? in
      guard let url = server.url else {
        return [
          "name": .string(server.name), "command": .string(server.command.first ?? ""),
          "args": .array(server.command.dropFirst().map { .string($0) }), "env": ToolServer.list(server.env),
        ]
      }
      guard hasHTTP else {
        Log.notice("it takes no servers on the network", [("agent", name), ("server", server.name)])
        return nil
      }
      return [
        "type": "http", "name": .string(server.name), "url": .string(url),
        "headers": ToolServer.list(server.headers),
      ]
    }
    return ("mcpServers", .array(given))
  }
  private var place: (String, JSONValue) { ("cwd", .string(workdir)) }

  /// Opens the session that a turn goes on in, then begins the turn.
  func openSession(_ run: ACPTurn) throws {
    guard let native = run.turn.nativeSession, native.workdir == workdir else {
      return try openNew(run)
    }
    guard let method = way(back: native) else {
      run.turn.notice(
        native.isForeign
          ? "\(name) cannot go on with a copy of session \(native.id); a new session was begun."
          : "\(name) cannot take up an earlier session; a new one was begun.")
      return try openNew(run)
    }
    isReplaying = true
    peer.request(
      method, .object(JSONObject([("sessionId", .string(native.id)), place, servers])),
      within: Self.patience.session
    ) { [weak self, weak run] result in
      guard let self else { return }
      isReplaying = false
      guard let run, !run.isOver else { return }
      switch result {
      case .success(let value):
        // What it did before this turn is not known.
        (costBefore, costNow) = (nil, nil)
        try opened(method == "session/fork" ? value["sessionId"]?.string : native.id, value, run)
      case .failure(.gone): return
      case .failure(let error) where error.code == Self.loginMissing:
        try wantLogin(error, run) { [weak self] run in try self?.openSession(run) }
      case .failure(let error):
        run.turn.notice(
          "\(name) could not take up its session \(native.id) (\(ACPWords.line(error.message))); a new one was "
            + "begun, without what was said before.")
        try run.turn.keep(nil)
        try openNew(run)
      }
    }
  }

  /// How a session of before is taken up; nil where the program cannot.
  private func way(back native: NativeSession) -> String? {
    let can = capabilities["sessionCapabilities"]
    if native.isForeign { return can?["fork"]?.object == nil ? nil : "session/fork" }
    if can?["resume"]?.object != nil { return "session/resume" }
    return capabilities["loadSession"]?.bool == true ? "session/load" : nil
  }

  private func openNew(_ run: ACPTurn) throws {
    session = nil
    peer.request("session/new", .object(JSONObject([place, servers])), within: Self.patience.session) {
      [weak self, weak run] result in
      guard let self, let run, !run.isOver else { return }
      switch result {
      case .success(let value):
        (costBefore, costNow, tokensNow) = (0, 0, 0)
        try opened(value["sessionId"]?.string, value, run)
      case .failure(.gone): return
      case .failure(let error) where error.code == Self.loginMissing:
        try wantLogin(error, run) { [weak self] run in try self?.openNew(run) }
      case .failure(let error):
        run.spoil()
        run.fail("agent", ACPWords.failure(name, error, preset))
      }
    }
  }

  private func opened(_ id: String?, _ value: JSONValue, _ run: ACPTurn) throws {
    guard let id, !id.isEmpty, id.utf8.count <= 512 else {
      run.spoil()
      return run.fail("protocol", "\(name) opened a session without a name.")
    }
    session = id
    options = ACPOptions(value)
    // Stored before the prompt goes out, so that a turn that is cut short is found again.
    try run.turn.keep(NativeSession(id: id, workdir: workdir))
    if let resume = preset.resume { run.turn.canResume(with: (resume + [id]).joined(separator: " ")) }
    try adjust(run)
  }

  /// The code of an error that asks for a login.
  static let loginMissing = -32000

  /// Logs in where that needs no person, once; else says what a person has to do.
  private func wantLogin(
    _ error: RPCError, _ run: ACPTurn, then again: @escaping (ACPTurn) throws -> Void
  ) throws {
    let offered = (authMethods?.array ?? []).compactMap { $0["id"]?.string }
    guard !isAuthenticated, let method = preset.authenticate, offered.contains(method) else {
      run.spoil()
      return run.fail("login", loginWords(error))
    }
    isAuthenticated = true
    peer.request("authenticate", ["methodId": .string(method)], within: Self.patience.setting) {
      [weak self, weak run] result in
      guard let self, let run, !run.isOver else { return }
      switch result {
      case .success: try again(run)
      case .failure(.gone): return
      case .failure:
        run.spoil()
        run.fail("login", loginWords(error))
      }
    }
  }

  /// What a person is told who has to log in first.
  func loginWords(_ error: RPCError) -> String {
    ACPWords.login(name, error, methods: authMethods, program: program, preset)
  }
}
