internal import Console
internal import Gate
internal import JSON
internal import Peers
internal import Policy
internal import Settings
internal import Stage
internal import System
internal import Turns
internal import Wire

/// One running Claude Code with its conversation: it works on a turn, or waits for the next one.
final class ClaudeSession {
  /// Called when a turn has ended and the program lives on; whether another turn may have it.
  var onIdle: (ClaudeSession, Turn, Bool) -> Void = { _, _, _ in }
  /// Called when the program is gone, with what it was working on.
  var onGone: (ClaudeSession, ClaudeWork?) -> Void = { _, _ in }
  /// Called in place of a failure when the program does not know the session that it was to go on with.
  var onLost: (ClaudeWork) -> Void = { _ in }
  /// Called in place of a failure when a program that had waited was gone before it read the message.
  var onUnread: (ClaudeWork) -> Void = { _ in }

  let stage: Stage
  let files = SystemFileFacts()
  private let launch: ClaudeLaunch
  private let process: PeerProcess
  private let resumed: String?
  /// What it works on; nil while it waits.
  var work: ClaudeWork?
  /// Whether it has said that our hook is in force.
  private var isReady = false
  /// Whether it is in a turn of its own, from `init` to `result`.
  var isBusy = false
  /// Whether it echoes what it reads: older ones do not.
  var echoes = false
  /// Sub-agents that are at work behind the conversation, and other things that run there.
  var agents = 0
  var others = 0
  /// What it said while no message was being worked on.
  var meanwhile = ""
  /// What the conversation has cost as far as this program has said; nil before that in a resumed one.
  var total: Double?
  private var isLost = false
  private var hasWaited = false
  private var model: String?
  private var mode: String
  private var next = 0
  private var timer: EventLoop.Timer?

  /// Milliseconds: until it must have begun, and until it must have stopped.
  private static let patience: (start: Int64, stop: Int64) = (60_000, 5000)
  static let meanwhileLimit = 20_000

  /// Starts the program for a turn.
  ///
  /// - Throws: why it cannot be started, in words for the chat.
  init(_ launch: ClaudeLaunch, for work: ClaudeWork, _ stage: Stage, resuming native: NativeSession?) throws {
    let turn = work.turn
    self.launch = launch
    self.stage = stage
    resumed = native?.id
    model = turn.model
    mode = Self.mode(turn)
    total = native == nil ? 0 : nil
    let mark = stage.maker.id()
    let scope = turn.openScope(
      mark: mark, isConfined: Sandbox.confines(launch.settings, isStandard: false))
    let environment = AgentEnvironment.make(turn, stage, mark: mark, more: launch.variables, scope: scope)
      .filter { !$0.utf8.starts(with: "CLAUDECODE=".utf8) }
    let servers = ClaudeServers(scope)
    let words = try launch.words(resuming: native, model: model, mode: mode, servers: servers)
    if launch.settings.sandbox != "none" { try Files.makeDirectory(launch.configDirectory) }
    var needs = Sandbox.Needs()
    needs.own = [launch.configDirectory]
    let command = try Sandbox.wrap(
      words, turn, stage, directory: turn.workdir, work: turn.workdir, files: servers.files, needs: needs)
    process = try Self.start(
      PeerProcess.Launch(
        command, environment: environment, directory: turn.workdir, mark: mark, scope: scope), turn, stage)
    self.work = work
    process.onLine = { [weak self] line in try self?.take(line) }
    process.onTooLong = { [weak self] in
      // It may have been a question: then nobody would ever answer it.
      self?.process.end(because: "it printed a line of more than \(PeerProcess.lineLimit >> 20) MiB")
    }
    process.onEnd = { [weak self] end in try self?.ended(end) }
    let limit = Int(stage.settings.limits.request.milliseconds / 1000) + 60
    control([
      "subtype": "initialize",
      "hooks": [
        "PreToolUse": [
          [
            "matcher": nil, "hookCallbackIds": [.string(Self.hook)], "timeout": .number(JSONNumber(limit)),
            "onFailure": "block",
          ]
        ]
      ],
    ])
    timer = stage.loop.after(Self.patience.start) { [weak self] in
      self?.process.end(because: "it did not begin within \(Self.patience.start / 1000) s")
    }
  }

  private static func start(_ launch: PeerProcess.Launch, _ turn: Turn, _ stage: Stage) throws -> PeerProcess
  {
    do {
      return try PeerProcess(launch, loop: stage.loop)
    } catch {
      guard error.errno == 2 else { throw error }
      throw Failure(
        .unavailable, "there is no program \(launch.command[0])",
        hint: "install Claude Code, or say \"command\" for agent \(turn.settings.name) in config.json")
    }
  }

  /// Whether our own server was handed over under its name, which no other one can have then.
  var hasOwnTools: Bool { process.scope?.path != nil }

  /// Our hook's name.
  static let hook = "agim"

  // MARK: - Turns

  /// Whether it can take a turn that would be started so.
  func isUsable(for launch: ClaudeLaunch) -> Bool {
    process.canServe && isReady && work == nil && launch == self.launch
  }

  /// Gives it a turn, now that it waits.
  func begin(_ work: ClaudeWork) throws {
    self.work = work
    hasWaited = true
    process.scope?.enter(work.turn)
    try speak(work)
  }

  private func speak(_ work: ClaudeWork) throws {
    let turn = work.turn
    process.quota = PeerProcess.floodLimit
    if turn.model != model {
      model = turn.model
      control(["subtype": "set_model", "model": model.map { .string($0) } ?? nil])
    }
    let mode = Self.mode(turn)
    // It may have left plan mode by itself, or entered it.
    if mode != self.mode || mode == "plan" {
      self.mode = mode
      control(["subtype": "set_permission_mode", "mode": .string(mode)])
    }
    if !meanwhile.isEmpty {
      turn.notice("Meanwhile, without a message: \(meanwhile)")
      meanwhile = ""
    }
    let text = turn.command.map { "/\($0)" } ?? turn.text
    say(ClaudePrompt(text, files: turn.command == nil ? turn.files : [], id: stage.maker.id()), work)
  }

  private func say(_ prompt: ClaudePrompt, _ work: ClaudeWork) {
    work.unread.insert(prompt.id)
    process.send(prompt.line)
  }

  /// Whether it would read one more message now.
  var canSteer: Bool { work?.isInterrupted == false && isReady && process.isAlive }

  /// Gives it one more message of its person: it reads it beside the next result of a tool, else in a turn of
  /// its own right after this one, for which the turn waits.
  func steer(_ text: String) -> Bool {
    guard canSteer, let work else { return false }
    say(ClaudePrompt(text, id: stage.maker.id()), work)
    return true
  }

  /// Stops what it does; the turn ends by its answer, or by its end.
  func interrupt() {
    guard let work, !work.isInterrupted else { return }
    work.isInterrupted = true
    guard isReady, isBusy, process.isAlive else { return process.end(because: "it was stopped") }
    control(["subtype": "interrupt"])
    timer = stage.loop.after(Self.patience.stop) { [weak self] in
      self?.process.end(because: "it did not stop")
    }
  }

  /// Ends it, for nobody needs it now.
  func dismiss() { process.dismiss(because: "nobody needed it") }

  /// Ends it at once, with what it works on.
  func end(because why: String) { process.end(because: why) }

  /// The turn is over: the program waits for the next one, or leaves.
  func release(reusable: Bool) {
    guard let turn = work?.turn else { return }
    work?.graceTimer?.cancel()
    timer?.cancel()
    work = nil
    onIdle(self, turn, reusable && process.isAlive)
  }

  static func mode(_ turn: Turn) -> String { turn.isPlan ? "plan" : "default" }

  // MARK: - Its end

  private func ended(_ end: PeerProcess.End) throws {
    timer?.cancel()
    let work = self.work
    self.work = nil
    work?.graceTimer?.cancel()
    onGone(self, work)
    guard let work else { return }
    let turn = work.turn
    if isLost || resumed != nil && !isReady && Self.tellsLoss(end.errors) {
      if turn.abortReason == nil { return onLost(work) }
    }
    if hasWaited, echoes, !isBusy, !work.unread.isEmpty, end.reason == nil, turn.abortReason == nil {
      work.unread = []
      return onUnread(work)
    }
    let tail = ClaudeWords.short(end.errors, 2000).isEmpty ? "" : "\n\(end.errors)"
    let why =
      end.reason.map { "\(turn.settings.name) was ended: \($0)." }
      ?? "\(turn.settings.name) ended with \(end.status) before it had answered.\(tail)"
    turn.failStopped(work.text.final, code: "died", because: why)
  }

  /// Whether words say that the session to go on with is not there.
  static func tellsLoss(_ words: String) -> Bool {
    let bytes = Array(words.utf8)
    let sign = Array("No conversation found".utf8)
    guard bytes.count >= sign.count else { return false }
    return (0...(bytes.count - sign.count)).contains { bytes[$0..<($0 + sign.count)].elementsEqual(sign) }
  }

  // MARK: - Speaking

  /// Asks the program for something; its answer is looked at where that matters.
  private func control(_ request: JSONValue) {
    next += 1
    send(["type": "control_request", "request_id": .string("agim-\(next)"), "request": request])
  }

  /// Answers a request of the program.
  func answer(_ request: String, _ response: JSONValue) {
    send([
      "type": "control_response",
      "response": ["subtype": "success", "request_id": .string(request), "response": response],
    ])
  }

  /// Refuses a request of the program.
  func refuse(_ request: String, _ why: String) {
    send([
      "type": "control_response",
      "response": ["subtype": "error", "request_id": .string(request), "error": .string(why)],
    ])
  }

  private func send(_ value: JSONValue) {
    var json = JSONWriter()
    json.value(value)
    process.send(json.bytes)
  }

  // MARK: - Listening

  private func take(_ line: [UInt8]) throws {
    work?.turn.activity()
    guard line.first == UInt8(ascii: "{"),
      let message = try? JSONReader.parse(
        line, limits: JSONLimits(maxBytes: PeerProcess.lineLimit, maxDepth: 256)),
      let type = message["type"]?.string
    else { return Log.info("a line that is no message; left out", [("agent", launch.settings.name)]) }
    switch type {
    case "stream_event": streamed(message)
    case "control_request": try requested(message)
    case "control_response": try answered(message)
    case "control_cancel_request": try cancelled(message["request_id"]?.string ?? "")
    case "assistant": said(message)
    case "user": heard(message)
    case "system": try told(message)
    case "result": try resulted(message)
    default: break
    }
  }

  /// An answer to one of our requests: the first must say that our hook is in force.
  private func answered(_ message: JSONValue) throws {
    let response = message["response"] ?? .null
    let isError = response["subtype"]?.string == "error"
    guard response["request_id"]?.string == "agim-1", !isReady else {
      if isError, let work {
        work.turn.notice(
          "\(launch.settings.name) refuses: \(ClaudeWords.short(response["error"]?.string ?? "no words", 300))"
        )
      }
      return
    }
    let content = response["response"] ?? .null
    guard !isError, content["hooks_applied"]?.bool == true, content["hook_on_failure_supported"]?.bool == true
    else {
      let version = content["claude_code_version"]?.string ?? "?"
      return process.end(
        because: "this version (\(version)) does not put its tools under a gate: update Claude Code")
    }
    isReady = true
    timer?.cancel()
    guard let work, !work.isInterrupted else { return }
    try speak(work)
  }

  /// It said that it does not know the session.
  func lost() {
    isLost = true
    process.end(because: "it does not find its session")
  }
}
