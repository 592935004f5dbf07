internal import Console
internal import JSON
internal import Peers
internal import Settings
internal import Stage
internal import System
internal import Turns

/// A running `codex app-server` with the thread of one conversation.
final class CodexPeer {
  /// What a program was started for: where one of these changes, another is started.
  struct Shape: Equatable {
    let workdir: String
    let isPlan: Bool
    let network: Bool
    let sandbox: String
    let command: [String]?
    let env: [String: String]

    init(_ turn: Turn) {
      let settings = turn.settings
      (workdir, isPlan, network) = (turn.workdir, turn.isPlan, settings.hasNetwork)
      (sandbox, command, env) = (settings.sandbox, settings.command, settings.env)
    }
  }

  /// How a start ended.
  enum Outcome {
    case ready
    /// There is no app-server in this program; what it said.
    case noServer(String)
    /// The thread that was to go on is not known.
    case noThread(String)
    case failed(code: String, String)
  }

  let shape: Shape
  let process: PeerProcess
  let rpc: RPCPeer
  /// Why commands may run unasked; nil where none can.
  let openRules: String?
  /// The thread, once there is one.
  private(set) var thread: String?
  /// The model and the effort that the thread has without us.
  private(set) var own: (model: String?, effort: String?) = (nil, nil)
  /// Whether something was said in the thread: before that codex does not know it by its id.
  var hasTurns = false
  /// What an earlier turn chose, which stays until it is chosen anew.
  var chosen: (model: Bool, effort: Bool) = (false, false)
  /// Why codex cannot run commands here; nil where it can.
  private(set) var brokenSandbox: String?
  /// Whether it is not to be used for another turn.
  private(set) var isSpent = false

  /// The turn that it works on.
  weak var run: CodexRun?
  /// Called once, when the program has ended.
  var onEnd: (PeerProcess.End) throws -> Void = { _ in }

  private let stage: Stage
  private let agent: String
  private var started: ((Outcome) throws -> Void)?
  private var servers = JSONObject()
  private var isInitialized = false
  private var isThreadReady = false
  private var isHiding = false

  init(_ program: CodexProgram, _ turn: Turn, _ stage: Stage) throws {
    shape = Shape(turn)
    agent = turn.settings.name
    openRules = program.openRules
    self.stage = stage
    process = try PeerProcess(program.launch, loop: stage.loop)
    rpc = RPCPeer(process, loop: stage.loop, hasVersion: false)
    rpc.onNotification = { [weak self] method, params in
      // What one says that was told to end does not count any more.
      guard let self, process.isAlive else { return }
      try run?.notified(method, params)
    }
    rpc.onRequest = { [weak self] method, params, answer in
      guard let self, process.isAlive, let run else {
        return CodexRun.refuse(method, answer, "no turn is running")
      }
      try run.requested(method, params, answer)
    }
    process.onTooLong = { [weak self] in
      self?.process.end(because: "it printed a line longer than \(PeerProcess.lineLimit >> 20) MiB")
    }
    process.onEnd = { [weak self] end in try self?.ended(end) }
  }

  // MARK: - Starting

  /// Begins a thread, or goes on with one.
  func start(_ native: NativeSession?, then: @escaping (Outcome) throws -> Void) {
    started = then
    let hello: JSONValue = [
      "clientInfo": ["name": "agim", "title": "agim", "version": .string(Command.version)],
      "capabilities": [
        "experimentalApi": true,
        "optOutNotificationMethods": [
          "item/reasoning/textDelta", "item/commandExecution/outputDelta", "remoteControl/status/changed",
          "skills/changed",
        ],
      ],
    ]
    rpc.request("initialize", hello, within: 30_000) { [weak self] result in
      guard let self else { return }
      guard case .success = result else {
        // One that ends is told by its end, with what it says.
        if case .failure(let error) = result, error != .gone { try settle(.noServer(error.message)) }
        return
      }
      isInitialized = true
      rpc.notify("initialized")
      probe()
      rpc.request("config/read", [:], within: 30_000) { [weak self] result in
        let config = try? result.get()
        guard let self else { return }
        servers = config?["config"]?["mcp_servers"]?.object ?? JSONObject()
        begin(native, servers: servers)
      }
    }
  }

  /// Begins a new thread in place of one that is not known.
  func startAnew() { begin(nil, servers: servers) }

  /// Tries whether what is hidden cannot be read, with a file of our own.
  private func probe() {
    let script = "if head -c 1 \"$1\" >/dev/null 2>&1; then echo seen; else echo hidden; fi"
    let params: JSONValue = [
      "command": ["/bin/sh", "-c", .string(script), "sh", .string(stage.home.database)],
      "cwd": .string(shape.workdir), "timeoutMs": 20_000,
    ]
    rpc.request("command/exec", params, within: 30_000) { [weak self] result in
      guard let self else { return }
      switch result {
      case .failure(.gone): return
      case .failure(let error): brokenSandbox = error.message
      case .success(let value):
        switch value["stdout"]?.string {
        case "hidden\n": break
        case "seen\n": return try settle(.failed(code: "not_hidden", notHidden))
        default: brokenSandbox = CodexItem.short(value["stderr"]?.string ?? "it says nothing")
        }
      }
      isHiding = true
      try settleIfReady()
    }
  }

  private var notHidden: String {
    "\(agent) is not run: this version of codex does not keep secrets from its commands as it was told. "
      + "Update it (0.163.0 does), and see agim-run(1)."
  }

  private func begin(_ native: NativeSession?, servers: JSONObject) {
    var members: [(String, JSONValue)] = [
      ("cwd", .string(shape.workdir)), ("approvalPolicy", "untrusted"), ("approvalsReviewer", "user"),
      ("config", ["mcp_servers": .object(given(Self.asking(servers)))]),
    ]
    var method = "thread/start"
    if let native {
      method = native.isForeign ? "thread/fork" : "thread/resume"
      members += [("threadId", .string(native.id)), ("excludeTurns", true)]
    }
    rpc.request(method, .object(JSONObject(members)), within: 120_000) { [weak self] result in
      guard let self else { return }
      switch result {
      case .failure(.gone): return
      case .failure(let error) where native != nil && error != .late:
        // Told now, and whoever is told asks for a new one.
        try started?(.noThread(error.message))
      case .failure(let error):
        try settle(.failed(code: "cannot_start", "\(agent) cannot begin: \(CodexItem.tail(error.message))"))
      case .success(let value):
        hasTurns = native != nil
        try took(value)
      }
    }
  }

  private func took(_ value: JSONValue) throws {
    guard let id = value["thread"]?["id"]?.string, !id.isEmpty, id.utf8.count <= 200 else {
      return try settle(.failed(code: "protocol", "\(agent) began without saying which thread"))
    }
    // What codex says is in force counts, not what we asked for.
    guard value["activePermissionProfile"]?["id"]?.string == CodexConfinement.profile,
      value["approvalPolicy"]?.string == "untrusted", value["approvalsReviewer"]?.string == "user"
    else { return try settle(.failed(code: "not_hidden", notHidden)) }
    thread = id
    own = (value["model"]?.string, value["reasoningEffort"]?.string)
    isThreadReady = true
    try settleIfReady()
  }

  /// Whether our own server was handed over, and no other one can have its name.
  private(set) var hasOwnTools = false

  /// The servers of before, and those that we give it; a name that the user gave to a server stays that one's.
  private func given(_ before: JSONObject) -> JSONObject {
    var all = before
    // A call may wait for a person, or for another agent.
    let patience = Int(stage.settings.limits.request.milliseconds / 1000) + 60
    hasOwnTools = false
    for server in process.scope?.servers ?? [] {
      let isOurs = server.name == AgentScope.name
      // One that `agim setup codex` wrote is ours as well, and here it needs the scope of this turn.
      let known = servers[server.name]
      let program = known?["command"]?.string?.split(separator: "/").last
      let isReplaced = isOurs && known?["url"] == nil && program.map { $0 == AgentScope.program } ?? false
      guard known == nil || isReplaced else {
        Log.notice("codex has a server of that name itself", [("agent", agent), ("server", server.name)])
        continue
      }
      var one = JSONObject([("default_tools_approval_mode", "prompt")])
      if let url = server.url {
        one["url"] = .string(url)
        if !server.headers.isEmpty { one["http_headers"] = ToolServer.json(server.headers) }
      } else {
        one["command"] = .string(server.command.first ?? "")
        one["args"] = .array(server.command.dropFirst().map { .string($0) })
        if !server.env.isEmpty { one["env"] = ToolServer.json(server.env) }
      }
      if isOurs {
        one["tool_timeout_sec"] = .number(JSONNumber(max(patience, 7200)))
        hasOwnTools = true
      }
      all[server.name] = .object(one)
    }
    return all
  }

  /// That every tool of every server is asked about, whatever the server says of it.
  private static func asking(_ servers: JSONObject) -> JSONObject {
    var all = JSONObject()
    for (name, server) in servers.members {
      var own = JSONObject([("default_tools_approval_mode", "prompt")])
      let tools = (server["tools"]?.object?.members ?? []).map { tool, _ -> (String, JSONValue) in
        (tool, ["approval_mode": "prompt"])
      }
      if !tools.isEmpty { own["tools"] = .object(JSONObject(tools)) }
      all[name] = .object(own)
    }
    return all
  }

  private func settleIfReady() throws { if isThreadReady, isHiding { try settle(.ready) } }

  private func settle(_ outcome: Outcome) throws {
    guard let then = started else { return }
    started = nil
    try then(outcome)
  }

  // MARK: - The end

  /// What its commands left running cannot be ended but with the program.
  func cannotClean() {
    isSpent = true
    if run == nil { process.end(because: "its commands would run on") }
  }

  private func ended(_ end: PeerProcess.End) throws {
    try rpc.ended()
    let words = CodexPeer.words(end, agent)
    try settle(isInitialized || end.reason != nil ? .failed(code: "ended", words) : .noServer(words))
    try run?.ended(words)
    try onEnd(end)
  }

  /// How a program ended, with its last words.
  static func words(_ end: PeerProcess.End, _ agent: String) -> String {
    let why = end.reason.map { "was ended: \($0)" } ?? "ended with \(end.status)"
    return "\(agent) \(why)." + (end.errors.isEmpty ? "" : "\n\(plain(end.errors))")
  }

  /// A text without the colours that codex writes into its log.
  private static func plain(_ text: String) -> String {
    var out = ""
    var isEscape = false
    for scalar in text.unicodeScalars {
      if scalar.value == 0x1B {
        isEscape = true
      } else if isEscape {
        if scalar.value >= 0x40, scalar != "[" { isEscape = false }
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
