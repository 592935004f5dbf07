internal import Console
internal import JSON
internal import Network
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Turns

/// One turn of a remote agent: its card, the task, and the reply as it comes.
final class RemoteTurn {
  /// Told where the agent was found, or nil when it is not there any more.
  var onFound: (RemotePlace?) -> Void = { _ in }
  /// Told when the credential was refused.
  var onUnauthorized: () -> Void = {}
  /// Told before the turn ends.
  var onEnd: () -> Void = {}

  private let turn: Turn
  private let client: HTTPClient
  private let url: String
  private let headers: [(name: String, value: String)]
  private let loop: EventLoop
  private let makeID: () -> String
  private var place: RemotePlace?
  private var finder: RemoteFinder?
  private var transfer: HTTPTransfer?
  private var timer: EventLoop.Timer?
  private var reply: RemoteReply
  private var parser: EventStreamParser?
  private var head: HTTPHead?
  private var body: [UInt8] = []
  private var attempts = 0
  private var isSync = false
  private var isOver = false
  /// Whether the task is being cancelled: nothing else counts any more.
  private var isStopping = false

  /// Bytes that it may send in a turn: what is around its text is several times as much.
  private var floodLimit: Int { max(8 << 20, 8 * turn.settings.outputLimit) }
  private static let bodyLimit = 16 << 20
  private static let attemptLimit = 3
  /// Milliseconds: how long a person who said stop is kept waiting for the server.
  private static let cancelLimit: Int64 = 2000
  /// Milliseconds: how long a server's wish to wait is granted.
  private static let patience: Int64 = 60_000

  init(
    _ turn: Turn, _ client: HTTPClient, url: String, headers: [(name: String, value: String)],
    loop: EventLoop,
    makeID: @escaping () -> String
  ) {
    (self.turn, self.client, self.url, self.headers, self.loop, self.makeID) = (
      turn, client, url, headers, loop, makeID
    )
    reply = RemoteReply(limit: turn.settings.outputLimit)
  }

  private var agent: String { turn.settings.name }

  func start(at known: RemotePlace?) {
    if let known {
      place = known
      return post()
    }
    let looking = RemoteFinder(client, agent: agent, headers: headers) {
      [weak self] result in
      guard let self, !isOver else { return }
      self.finder = nil
      switch result {
      case .success(let place):
        self.place = place
        onFound(place)
        post()
      case .failure(let failure): fail(failure)
      }
    }
    finder = looking
    looking.find(at: url)
  }

  /// A person said stop, or it takes too long: the connection is closed, and the task cancelled where it has a
  /// name.
  func abort() {
    guard !isStopping else { return }
    guard let place, let task = reply.task, !isOver else { return end { $0.failStopped(text) } }
    isStopping = true
    timer?.cancel()
    transfer?.cancel()
    var request = HTTPRequest(
      "POST", "\(place.endpoint)/tasks/\(task)/cancel", json: Array("{}".utf8), headers: headers)
    request.limits.total = Self.cancelLimit
    // Most have no such thing; the closed connection has to do then.
    client.send(request) { [weak self] _ in
      guard let self else { return }
      end { $0.failStopped(self.text) }
    }
  }

  // MARK: - The task

  private func post() {
    guard let place else { return }
    (head, body, parser) = (nil, [], nil)
    var json = JSONWriter()
    json.value(.object(task()))
    var request = HTTPRequest("POST", "\(place.endpoint)/tasks", json: json.bytes, headers: headers)
    request.headers.append(("Accept", isSync ? "application/json" : "text/event-stream, application/json"))
    // The turn has limits of its own, which stand still while nothing is lost.
    (request.limits.total, request.limits.idle, request.limits.body) = (nil, nil, floodLimit)
    transfer = client.stream(
      request, onHead: { [weak self] in self?.begin($0) }, onData: { [weak self] in self?.take($0) },
      onEnd: { [weak self] in self?.ended($0) })
  }

  private func task() -> JSONObject {
    var text = turn.text
    let left = turn.files
    if !left.isEmpty {
      // There is no way to hand them over, and the agent should not look for them.
      let names = left.map(\.name).joined(separator: ", ")
      text += "\n\n[agim] Files that came with this message could not be sent to you: \(names)"
    }
    return JSONObject([
      ("input", .object(JSONObject([("prompt", .string(text))]))),
      ("mode", .string(isSync ? "sync" : "stream")),
      ("session_id", .string(sessionID())),
    ])
  }

  /// The id under which the agent keeps this conversation: its own, else one of ours.
  private func sessionID() -> String {
    if let native = turn.nativeSession, native.workdir == url { return native.id }
    let id = makeID()
    keep(id)
    return id
  }

  private func keep(_ id: String) {
    do {
      try turn.keep(NativeSession(id: id, workdir: url))
    } catch {
      Log.warning("the session of a remote agent could not be kept: \(error)", [("agent", agent)])
    }
  }

  private func begin(_ head: HTTPHead) {
    guard !isOver, !isStopping else { return }
    turn.activity()
    self.head = head
    if head.isSuccess, head.mediaType == "text/event-stream" {
      parser = EventStreamParser(limit: Self.bodyLimit)
    }
  }

  private func take(_ bytes: [UInt8]) {
    guard !isOver, !isStopping else { return }
    guard parser != nil else {
      body += bytes.prefix(max(0, Self.bodyLimit - body.count))
      return
    }
    do throws(EventStreamFault) {
      for event in try parser?.feed(bytes) ?? [] where reply.state == .running {
        if reply.take(event: event.data) { continue }
        return failNow("garbled", "\(agent) sent an event that is no JSON.")
      }
    } catch {
      return failNow("garbled", "\(agent) cannot be understood: \(error).")
    }
    turn.activity()
    if text.utf8.count < LongText.limit { turn.progress(text) }
    if reply.state != .running {
      // What it says after the end is nobody's.
      transfer?.cancel()
      settle()
    }
  }

  private func ended(_ error: HTTPError?) {
    guard !isOver, !isStopping else { return }
    transfer = nil
    if let error {
      // The task may go on without the connection: it is asked for, where it has a name.
      if parser != nil, reply.task != nil, error.kind == .brokenOff { return poll(after: 500, since: error) }
      return failNow("unreachable", "\(agent) cannot be reached: \(error)")
    }
    guard let head else { return failNow("unreachable", "\(agent) gave no answer.") }
    if parser != nil {
      if reply.task != nil { return poll(after: 0, since: nil) }
      reply.broke("the connection ended before it said that it was done")
      return settle()
    }
    answered(HTTPResponse(head: head, body: body))
  }

  private func answered(_ response: HTTPResponse) {
    if let wait = delay(response) {
      attempts += 1
      turn.action(
        key: "remote", phase: "updated", title: "\(agent) is busy",
        detail: "status \(response.status), next try in \((wait + 999) / 1000) s")
      timer = loop.after(wait) { [weak self] in self?.post() }
      return
    }
    if !isSync, [400, 406, 415, 422, 501].contains(response.status) {
      // Refused as it stands: it may have no streams.
      isSync = true
      return post()
    }
    guard response.head.isSuccess else { return refused(response) }
    guard let object = (try? JSONReader.parse(response.body, limits: RemoteReply.limits))?.object else {
      return failNow("garbled", "\(agent) answered with something that is no JSON object.")
    }
    reply.take(object)
    // One that gives an answer and no state has said it all.
    if reply.state == .running, reply.task == nil, !reply.text.isEmpty { _ = reply.take(event: "[DONE]") }
    guard reply.state == .running else { return settle() }
    guard reply.task != nil else { return failNow("garbled", "\(agent) answered without a task or a text.") }
    poll(after: 1000, since: nil)
  }

  /// For how long to wait before the same is asked again; nil when it is not to be.
  private func delay(_ response: HTTPResponse) -> Int64? {
    guard response.status == 429 || response.status == 503, attempts < Self.attemptLimit else { return nil }
    let asked = response.head.retryAfter(now: loop.clock.now())
    // Without a word about when, a server that is down may not be back soon.
    guard let wait = asked ?? (response.status == 429 ? 2000 << Int64(attempts) : nil) else { return nil }
    return wait <= Self.patience ? wait : nil
  }

  private func refused(_ response: HTTPResponse) {
    if let failure = RemoteFailure(refusal: response, agent: agent) { return fail(failure) }
    if response.status == 404 || response.status == 410 { onFound(nil) }
    if response.status == 429 {
      return failNow(
        "rate_limited", "\(agent) takes no more tasks for now (status 429).\(RemoteFailure.said(response))")
    }
    failNow(
      "refused", "\(agent) refuses the task (status \(response.status)).\(RemoteFailure.said(response))")
  }

  // MARK: - Asking how far it is

  private func poll(after milliseconds: Int64, since error: HTTPError?) {
    timer = loop.after(milliseconds) { [weak self] in
      guard let self, let place, let task = reply.task, !isOver else { return }
      var request = HTTPRequest("GET", "\(place.endpoint)/tasks/\(task)", headers: headers)
      request.headers.append(("Accept", "application/json"))
      request.limits.body = Self.bodyLimit
      transfer = client.send(request) { [weak self] in self?.polled($0, milliseconds, error) }
    }
  }

  private func polled(_ result: Result<HTTPResponse, HTTPError>, _ waited: Int64, _ before: HTTPError?) {
    guard !isOver, !isStopping else { return }
    let lost = before.map { "\($0)" } ?? "the connection ended before it said that it was done"
    switch result {
    case .failure(let error): failNow("unreachable", "\(agent) cannot be reached: \(error)")
    case .success(let response):
      guard response.head.isSuccess,
        let object = (try? JSONReader.parse(response.body, limits: RemoteReply.limits))?.object
      else {
        reply.broke(lost)
        return settle()
      }
      let sizeBefore = reply.text.count
      reply.take(object)
      // That it still runs is no sign of life; that it has said more is one.
      if reply.text.count != sizeBefore { turn.progress(text) }
      guard reply.state == .running else { return settle() }
      guard object["status"]?.string != nil else {
        reply.broke(lost)
        return settle()
      }
      poll(after: min(5000, max(1000, waited * 2)), since: before)
    }
  }

  // MARK: - The end

  private var text: String {
    var text = String(decoding: reply.text, as: UTF8.self)
    // The last piece may have ended within a character.
    while text.unicodeScalars.last == "\u{FFFD}" { text.unicodeScalars.removeLast() }
    return text
  }

  private func settle() {
    if let session = reply.session, session != turn.nativeSession?.id { keep(session) }
    var text = text
    if reply.dropped > 0 {
      text +=
        "\n\n[… \(reply.dropped) bytes more than the limit of \(turn.settings.outputLimit) were left out]"
    }
    switch reply.state {
    case .running, .done: end { $0.finish(text.isEmpty ? "(no output)" : text) }
    case .failed(let why):
      let words = "\(agent): \(why)"
      end { $0.fail(code: "remote", words, after: text) }
    }
  }

  private func fail(_ failure: RemoteFailure) {
    if failure.code == "unauthorized" { onUnauthorized() }
    end { $0.fail(code: failure.code, failure.text) }
  }

  private func failNow(_ code: String, _ words: String) {
    let text = text
    end { $0.fail(code: code, words, after: text) }
  }

  private func end(_ tell: (Turn) -> Void) {
    guard !isOver else { return }
    isOver = true
    timer?.cancel()
    finder?.cancel()
    transfer?.cancel()
    onEnd()
    tell(turn)
  }
}
