internal import Console
internal import JSON
internal import Network
internal import Peers
internal import Requests
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Turns

/// One turn: its session, its prompt, what comes meanwhile, and its end.
final class OpenCodeRun {
  let turn: Turn
  let stage: Stage
  /// Called once, when the turn has ended.
  var onEnd: (OpenCodeRun) -> Void = { _ in }
  unowned let server: OpenCodeServer
  private(set) var isOver = false
  var session: String?
  var messages: OpenCodeMessages
  /// The tool calls of the turn, by the ids of their parts' calls.
  var tools: [String: OpenCodeTool] = [:]
  /// What waits for an answer, by the ids of the requests.
  var permissions: [String: (permission: OpenCodePermission, asking: Asking?)] = [:]
  var questions: [String: Asking?] = [:]
  /// Why the last call was not allowed.
  var denial: String?
  var failure: OpenCodeFailure?
  /// Whether the prompt was taken, and whether work on it has begun.
  private(set) var isPrompted = false
  var isBusy = false
  /// The person's message, as the server names it.
  var userMessage: String?
  private var isEnding = false
  private var isStopping = false
  private var bytes = 0
  private var timers: [EventLoop.Timer] = []

  /// Milliseconds without an event after which is asked how far it is.
  private static let silence: Int64 = 30_000
  /// Milliseconds that stopping may take; then the turn ends regardless.
  private static let stopLimit: Int64 = 5000
  /// Bytes that the server may tell in the turn.
  private var floodLimit: Int { max(16 << 20, 8 * turn.settings.outputLimit) }

  init(_ turn: Turn, _ server: OpenCodeServer, _ stage: Stage) {
    (self.turn, self.server, self.stage) = (turn, server, stage)
    messages = OpenCodeMessages(limit: turn.settings.outputLimit)
  }

  var name: String { turn.settings.name }

  // MARK: - The session

  /// Begins, once the server can be used.
  func start() throws {
    try server.whenReady(self) { [weak self] why in
      guard let self, !isOver else { return }
      if let why { return fail("program", why) }
      openSession()
    }
  }

  private func openSession() {
    guard let native = turn.nativeSession, native.workdir == turn.workdir else { return create() }
    let path = "/session/\(OpenCodeServer.encoded(native.id))"
    if native.isForeign { return fork(path) }
    server.call("GET", path) { [weak self] result in
      guard let self, !isOver else { return }
      guard case .success(let response) = result, response.head.isSuccess,
        let found = OpenCodeServer.json(response)
      else {
        if case .success(let response) = result, response.status == 404 {
          turn.notice("\(name) does not know its session any more; it begins a new one.")
          return create()
        }
        return fail("agent", "\(name) cannot open its session: \(OpenCodeServer.words(result))")
      }
      try use(found, path)
    }
  }

  /// A session that agim did not make is never written on.
  private func fork(_ path: String) {
    server.call("POST", "\(path)/fork", JSONObject()) { [weak self] result in
      guard let self, !isOver else { return }
      guard case .success(let response) = result, response.head.isSuccess,
        let made = OpenCodeServer.json(response),
        let id = made["id"]?.string
      else { return fail("agent", "\(name) cannot go on with that session: \(OpenCodeServer.words(result))") }
      try use(made, "/session/\(OpenCodeServer.encoded(id))")
    }
  }

  private func create() {
    let body = JSONObject([
      ("title", .string("agim \(turn.row.session)")), ("permission", OpenCodeLaunch.rules),
    ])
    server.call("POST", "/session", body) { [weak self] result in
      guard let self, !isOver else { return }
      guard case .success(let response) = result, response.head.isSuccess,
        let made = OpenCodeServer.json(response)
      else { return fail("agent", "\(name) cannot begin a session: \(OpenCodeServer.words(result))") }
      guard Self.asks(made) || turn.settings.isTrusted else { return ungated() }
      try use(made)
    }
  }

  /// Takes a session that may have rules of its own.
  private func use(_ found: JSONValue, _ path: String) throws {
    if Self.asks(found) || turn.settings.isTrusted { return try use(found) }
    server.call("PATCH", path, JSONObject([("permission", OpenCodeLaunch.rules)])) { [weak self] result in
      guard let self, !isOver else { return }
      guard case .success(let response) = result, response.head.isSuccess,
        let changed = OpenCodeServer.json(response),
        Self.asks(changed)
      else { return ungated() }
      try use(changed)
    }
  }

  /// Whether the session's last rules are ours: it asks before everything.
  private static func asks(_ session: JSONValue) -> Bool {
    let wanted = OpenCodeLaunch.rules.array ?? []
    return Array((session["permission"]?.array ?? []).suffix(wanted.count)) == wanted
  }

  private func ungated() {
    fail(
      "not_gated",
      "\(name) is not asked: this version of opencode does not keep the rules that make it ask before it uses its "
        + "tools. Use another version, or say \"trusted\": true in agents.\(name) of config.json.")
  }

  private func use(_ found: JSONValue) throws {
    guard let id = found["id"]?.string, (1...256).contains(id.utf8.count) else {
      return fail("agent", "\(name) gave a session without an id.")
    }
    session = id
    server.adopt(id, for: self)
    try turn.keep(NativeSession(id: id, workdir: turn.workdir))
    turn.canResume(with: "cd \(Self.quoted(turn.workdir)) && opencode --session \(id)")
    if let word = turn.command { return command(word, id) }
    prompt(id)
  }

  private static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
        || "/._-+,@".utf8.contains(byte)
    }
    return isPlain
      ? text
      : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  // MARK: - The prompt

  private func prompt(_ id: String) {
    isPrompted = true
    let body = OpenCodePrompt.body(turn)
    server.call("POST", "/session/\(OpenCodeServer.encoded(id))/prompt_async", body) { [weak self] result in
      guard let self, !isOver else { return }
      if case .success(let response) = result, response.head.isSuccess { return watch() }
      if case .failure(let error) = result, error.mayHaveArrived { return watch() }
      fail("agent", "\(name) does not take the message: \(OpenCodeServer.words(result))")
    }
  }

  /// Asks how far it is when nothing was heard for a while: events may be lost.
  private func watch() {
    let before = bytes
    timers.append(
      stage.loop.after(Self.silence) { [weak self] in
        guard let self, !isOver else { return }
        if bytes == before { reconcile(isLate: true) }
        watch()
      })
  }

  /// Looks at what the server has, in place of events that were lost.
  ///
  /// `isLate`: it has had time to begin, so that having nothing to do means that it is done.
  func reconcile(isLate: Bool = false) {
    guard isPrompted, !isOver, let session else { return }
    server.call("GET", "/permission") { [weak self] result in
      try self?.askAgain(result, "permission.asked")
    }
    server.call("GET", "/question") { [weak self] result in
      try self?.askAgain(result, "question.asked")
    }
    server.call("GET", "/session/status") { [weak self] result in
      guard let self, !isOver, case .success(let response) = result, response.head.isSuccess,
        let status = OpenCodeServer.json(response)
      else { return }
      let type = status[session]?["type"]?.string
      if type == nil || type == "idle", isBusy || isLate { settle() }
    }
  }

  private func askAgain(_ result: Result<HTTPResponse, HTTPError>, _ type: String) throws {
    guard !isOver, case .success(let response) = result, response.head.isSuccess else { return }
    for entry in OpenCodeServer.json(response)?.array ?? [] {
      guard let properties = entry.object, let session = properties["sessionID"]?.string,
        server.runs[session] === self
      else { continue }
      try take(type, properties, session: session, size: 0)
    }
  }

  /// Counts what the server says in the turn.
  func count(_ size: Int) -> Bool {
    bytes += size
    guard bytes > floodLimit, !isStopping else { return !isStopping || bytes <= 2 * floodLimit }
    stop { [weak self] in
      guard let self else { return }
      fail("flood", "\(name) was stopped: it said more than \(floodLimit >> 20) MiB in one turn.")
    }
    return false
  }

  // MARK: - The end

  /// The server works on it no more: its messages are read once more, because they are what counts.
  func settle() {
    guard !isEnding, !isOver, let session else { return }
    isEnding = true
    server.call("GET", "/session/\(OpenCodeServer.encoded(session))/message") { [weak self] result in
      guard let self, !isOver else { return }
      if case .success(let response) = result, response.head.isSuccess,
        let list = OpenCodeServer.json(response)
      {
        let last = OpenCodeMessages.last(of: list, after: userMessage, limit: turn.settings.outputLimit)
        if !last.text.isEmpty || last.usage != nil { messages = last }
      }
      ended()
    }
  }

  private func ended() {
    if let usage = messages.usage { turn.usage(tokens: usage.tokens, cost: usage.cost) }
    let text = messages.text
    if turn.abortReason != nil { return stopped() }
    if let failure = failure ?? messages.error { return fail(failure.code, failure.words(name)) }
    guard text.isEmpty else { return finish(text) }
    if let denial { return fail("denied", "\(name) stopped, because it was not allowed to go on: \(denial)") }
    fail("empty", "\(name) ended its turn without a word.")
  }

  func finish(_ words: String) {
    guard end() else { return }
    turn.finish(words)
  }

  func fail(_ code: String, _ words: String) {
    guard end() else { return }
    turn.fail(code: code, words, after: messages.text)
  }

  private func stopped() {
    guard end() else { return }
    turn.failStopped(messages.text)
  }

  /// A person said stop, or it takes too long.
  func abort() {
    guard !isOver else { return }
    guard isPrompted, session != nil else { return stopped() }
    stop { [weak self] in self?.stopped() }
  }

  /// Tells the server to stop, for a short while; then goes on regardless.
  private func stop(_ then: @escaping () -> Void) {
    guard !isStopping, let session else { return }
    isStopping = true
    server.call(
      "POST", "/session/\(OpenCodeServer.encoded(session))/abort", JSONObject(), total: Self.stopLimit
    ) {
      [weak self] result in
      guard let self else { return }
      guard case .success(let response) = result, response.head.isSuccess else {
        // It may still be at work; where nobody else needs the server, that ends with it.
        if server.uniqueRuns.allSatisfy({ $0 === self }) {
          server.process.end(because: "it did not stop when it was told to")
        } else {
          Log.warning(
            "opencode does not stop a session: \(OpenCodeServer.words(result))", [("session", session)])
        }
        return then()
      }
      then()
    }
    // Without an answer to each of these it may never stop.
    refuseAll()
  }

  /// The server is gone in the middle of the turn.
  func serverEnded(_ words: String) {
    if turn.abortReason != nil { return stopped() }
    fail("program", words)
  }

  private func end() -> Bool {
    guard !isOver else { return false }
    isOver = true
    for timer in timers { timer.cancel() }
    refuseAll()
    for (key, tool) in tools where tool.isOpen {
      turn.action(key: key, phase: "done", title: tool.title, detail: "not finished")
    }
    for (id, run) in server.runs where run === self { server.runs[id] = nil }
    onEnd(self)
    return true
  }
}
