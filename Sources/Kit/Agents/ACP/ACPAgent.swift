internal import Console
internal import JSON
internal import Peers
internal import Settings
internal import Stage
internal import System
internal import Turns

/// A running program with its session: what outlives a turn.
final class ACPAgent {
  let preset: ACPPreset
  let process: PeerProcess
  let peer: RPCPeer
  let stage: Stage
  /// The agent's name.
  let name: String
  /// The program that was started, for people.
  let program: String
  /// Where its session works.
  let workdir: String
  /// The turn that it works on.
  weak var run: ACPTurn?
  /// What it can do, as it said.
  var capabilities = JSONValue.null
  var authMethods: JSONValue?
  var isInitialized = false
  /// Its session; nil until there is one.
  var session: String?
  /// Whether it tells what was said long ago.
  var isReplaying = false
  /// Whether a turn can begin at once.
  var isReady = false
  var isAuthenticated = false
  /// Its modes, models and other settings.
  var options = ACPOptions()
  /// Tokens that it counted before this turn, where its counts are those of the session.
  var tokensBefore = 0
  var tokensNow = 0
  /// What the session had cost before this turn; nil where that is not known.
  var costBefore: Double?
  var costNow: Double?

  private let command: [String]?
  private let env: [String: String]

  /// Milliseconds for what a program does before it can be spoken to; some take long to load.
  static let patience: (start: Int64, session: Int64, setting: Int64) = (120_000, 180_000, 30_000)

  init(
    _ preset: ACPPreset, _ process: PeerProcess, _ turn: Turn, program: String, _ stage: Stage
  ) {
    self.preset = preset
    self.process = process
    self.program = program
    self.stage = stage
    name = turn.settings.name
    workdir = turn.workdir
    command = turn.settings.command
    env = turn.settings.env
    peer = RPCPeer(process, loop: stage.loop)
    peer.onNotification = { [weak self] method, params in try self?.notified(method, params) }
    peer.onRequest = { [weak self] method, params, answer in try self?.asked(method, params, answer) }
    process.onTooLong = { [weak self] in
      self?.process.end(because: "it printed a line longer than \(PeerProcess.lineLimit >> 20) MiB")
    }
  }

  /// Whether it is what a turn needs: the same program, in the same place.
  func fits(_ turn: Turn) -> Bool {
    isReady && workdir == turn.workdir && command == turn.settings.command && env == turn.settings.env
  }

  // MARK: - Its words

  private func notified(_ method: String, _ params: JSONValue) throws {
    switch method {
    case "session/update":
      guard let update = params["update"]?.object, let kind = update["sessionUpdate"]?.string else { return }
      guard session == nil || params["sessionId"]?.string == session else { return }
      noted(kind, update)
      // What is told again was shown long ago.
      guard !isReplaying, let run, run.isPrompted else { return }
      run.updated(kind, update)
    case "$/cancel_request":
      if let id = params["requestId"] { try run?.cancelRequest(id) }
    default: break
    }
  }

  /// What concerns the session, whether a turn runs or not.
  private func noted(_ kind: String, _ update: JSONObject) {
    switch kind {
    case "current_mode_update":
      guard let mode = update["currentModeId"]?.string else { return }
      options.mode = mode
      guard isReady, !preset.asking.isEmpty, ACPPreset.isSilent(mode), run?.turn.settings.isTrusted != true,
        let session, let better = options.best(preset, isPlan: run?.turn.isPlan ?? false), better != mode
      else { return }
      // Back at once; the next turn looks again.
      peer.request(
        "session/set_mode", ["sessionId": .string(session), "modeId": .string(better)],
        within: Self.patience.setting
      ) { _ in }
    case "config_option_update":
      if let list = update["configOptions"]?.array { options.configs = list }
    case "usage_update":
      if let total = update["_meta"]?["totalTokens"]?.int { tokensNow = total }
      if let amount = update["cost"]?["amount"]?.double, update["cost"]?["currency"]?.string == "USD" {
        costNow = amount
      }
    default: break
    }
  }

  private func asked(_ method: String, _ params: JSONValue, _ answer: RPCPeer.Answer) throws {
    guard let run, run.isPrompted, !isReplaying else {
      // Between two turns there is nobody whose word it could act on.
      if method == "session/request_permission" { return answer.result(ACPTurn.cancelled) }
      return answer.error(RPCError(code: -32603, "no turn is running"))
    }
    try run.asked(method, params, answer)
  }

  // MARK: - A turn

  /// Begins the first turn: introduces itself, and opens the session.
  func open(_ run: ACPTurn) throws {
    self.run = run
    run.agent = self
    let params: JSONValue = [
      "protocolVersion": 1,
      "clientCapabilities": [
        "fs": ["readTextFile": true, "writeTextFile": true], "terminal": true, "elicitation": ["form": [:]],
      ],
      "clientInfo": ["name": "agim", "title": "agim", "version": .string(Command.version)],
    ]
    peer.request("initialize", params, within: Self.patience.start) { [weak self, weak run] result in
      guard let self, let run, !run.isOver else { return }
      switch result {
      case .failure(.gone): break
      case .failure(let error):
        run.spoil()
        run.fail("agent", ACPWords.failure(name, error, preset))
      case .success(let value):
        guard value["protocolVersion"]?.int == 1 else {
          run.spoil()
          return run.fail(
            "protocol",
            "\(name) speaks version \(value["protocolVersion"]?.int.map(String.init) ?? "?") of the Agent "
              + "Client Protocol, and agim version 1: update one of them.")
        }
        isInitialized = true
        run.turn.activity()
        capabilities = value["agentCapabilities"] ?? .null
        authMethods = value["authMethods"]
        try openSession(run)
      }
    }
  }

  /// Gives it one more turn.
  func serve(_ run: ACPTurn) throws {
    self.run = run
    run.agent = self
    process.quota = PeerProcess.floodLimit
    process.scope?.enter(run.turn)
    if let chosen = run.turn.nativeSession, chosen.id != session {
      // Its person chose another session meanwhile, or began anew.
      isReady = false
      return try openSession(run)
    }
    try adjust(run)
  }

  /// Sets what the turn wants to be different, then gives it the prompt.
  func adjust(_ run: ACPTurn) throws {
    isReady = true
    run.turn.activity()
    tokensBefore = tokensNow
    costBefore = costNow
    guard let session else { return }
    let plan = options.plan(for: run.turn, preset)
    if let refusal = plan.refusal {
      return run.fail("mode", "\(name) is not given the message: \(refusal)")
    }
    for text in plan.notices { run.turn.notice(text) }
    try apply(plan.steps[...], session, run)
  }

  private func apply(_ steps: ArraySlice<ACPOptions.Step>, _ session: String, _ run: ACPTurn) throws {
    guard !run.isOver else { return }
    guard let step = steps.first else { return run.prompt(session) }
    var params = step.params
    params["sessionId"] = .string(session)
    peer.request(step.method, .object(params), within: Self.patience.setting) {
      [weak self, weak run] result in
      guard let self, let run, !run.isOver else { return }
      switch result {
      case .success(let value):
        options.took(step, value)
      case .failure(.gone): return
      case .failure(let error) where step.isMode:
        return run.fail(
          "mode", "\(name) cannot be put into its mode \(step.value): \(ACPWords.line(error.message))")
      case .failure(let error):
        run.turn.notice(
          "\(name) does not take \(step.name) \(step.value): \(ACPWords.line(error.message))")
      }
      try apply(steps.dropFirst(), session, run)
    }
  }
}
