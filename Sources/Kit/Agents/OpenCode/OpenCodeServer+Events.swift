internal import Console
internal import JSON
internal import Network
internal import Peers
internal import System

/// The events of a server, and whose they are.
extension OpenCodeServer {
  private static let eventLimit = 16 << 20
  private static let depthLimit = 5

  /// Opens the stream of events; opens it again whenever it ends, as long as the process lives.
  func listen() throws {
    guard state == .ready, process.isAlive else { return }
    backoff.began(at: loop.clock.monotonic())
    stream = client.events(
      request("GET", "/event"), limit: Self.eventLimit, onOpen: { _ in },
      onEvent: { [weak self] event in try self?.take(event) },
      onEnd: { [weak self] end in self?.lost(end) })
  }

  private func lost(_ end: EventStreamEnd) {
    stream = nil
    isListening = false
    guard state == .ready, process.isAlive else { return }
    if case .refused(let response) = end, (400...499).contains(response.status) {
      return process.end(because: "it refuses to tell its events (status \(response.status))")
    }
    let wait = backoff.next(at: loop.clock.monotonic(), random: loop.clock.random())
    // The first time at once: while nobody listens a turn may wait for an answer.
    loop.after(min(wait, 2000)) { [weak self] in try self?.listen() }
  }

  private func take(_ event: ServerSentEvent) throws {
    guard
      let value =
        (try? JSONReader.parse(Array(event.data.utf8), limits: JSONLimits(maxBytes: Self.eventLimit)))?
        .object,
      let type = value["type"]?.string
    else { return Log.warning("an event of opencode is no JSON; left out") }
    let properties = value["properties"]?.object ?? JSONObject()
    switch type {
    case "server.connected":
      guard !isListening else { return }
      isListening = true
      try becameReady()
      // What was said while nobody listened.
      for run in uniqueRuns { run.reconcile() }
    case "session.created", "session.updated":
      if let info = properties["info"], let id = info["id"]?.string, runs[id] == nil,
        let parent = info["parentID"]?.string, let run = runs[parent]
      {
        adopt(id, for: run)
      }
    default:
      guard let session = Self.session(of: properties) else { return }
      if let run = runs[session] {
        try run.take(type, properties, session: session, size: event.data.utf8.count)
      } else if Self.isAsking(type) {
        find(session, depth: 0) { [weak self] run in
          guard let self else { return }
          if let run { return try run.take(type, properties, session: session, size: 0) }
          refuse(type, properties, session)
        }
      }
    }
  }

  /// The turns at work, each once.
  var uniqueRuns: [OpenCodeRun] {
    var seen: Set<ObjectIdentifier> = []
    return runs.values.filter { seen.insert(ObjectIdentifier($0)).inserted }
  }

  func adopt(_ session: String, for run: OpenCodeRun) {
    // So many sub-agents has no turn that anybody wants.
    guard runs.count < 10_000 else { return }
    runs[session] = run
  }

  private static func session(of properties: JSONObject) -> String? {
    properties["sessionID"]?.string ?? properties["info"]?["sessionID"]?.string
      ?? properties["part"]?["sessionID"]?.string
  }

  private static func isAsking(_ type: String) -> Bool {
    type == "permission.asked" || type == "permission.v2.asked" || type == "question.asked"
  }

  /// Finds the turn that a session belongs to, by the sessions above it.
  private func find(_ session: String, depth: Int, _ then: @escaping (OpenCodeRun?) throws -> Void) {
    call("GET", "/session/\(Self.encoded(session))", total: 10_000) { [weak self] result in
      guard let self, depth < Self.depthLimit, case .success(let response) = result,
        let parent = Self.json(response)?["parentID"]?.string
      else { return try then(nil) }
      if let run = runs[parent] {
        adopt(session, for: run)
        return try then(run)
      }
      find(parent, depth: depth + 1) { [weak self] run in
        if let run { self?.adopt(session, for: run) }
        try then(run)
      }
    }
  }

  /// Answers what a session asks that no turn works in: nobody would ever answer it.
  private func refuse(_ type: String, _ properties: JSONObject, _ session: String) {
    guard let id = properties["id"]?.string else { return }
    Log.warning("opencode asks in a session of no turn; denied", [("session", session)])
    switch type {
    case "question.asked": call("POST", "/question/\(Self.encoded(id))/reject", JSONObject()) { _ in }
    default:
      OpenCodePermission(id: id, session: session, isSecond: type == "permission.v2.asked").reply(self, .stop)
    }
  }
}

/// A permission that the server waits for.
struct OpenCodePermission: Equatable {
  var id: String
  var session: String
  /// Whether it is of the second kind of its protocol.
  var isSecond: Bool

  /// What it is answered with.
  enum Reply: Equatable {
    /// Yes, this once; never for always: that would hold for everybody who works in the directory.
    case once
    /// No, and why: the model goes on and may do something else.
    case no(String)
    /// No, and no more.
    case stop
  }

  func reply(_ server: OpenCodeServer, _ reply: Reply) {
    let word: JSONValue = reply == .once ? "once" : "reject"
    var body = JSONObject([("reply", word)])
    if case .no(let why) = reply { body["message"] = .string(why) }
    let name = OpenCodeServer.encoded(id)
    let owner = OpenCodeServer.encoded(session)
    let path = isSecond ? "/api/session/\(owner)/permission/\(name)/reply" : "/permission/\(name)/reply"
    server.call("POST", path, body) { [weak server] result in
      guard case .success(let response) = result, response.status == 404, !isSecond, reply != .stop,
        let server
      else {
        return
      }
      // Where the path is not known yet, there is the one of before.
      server.call(
        "POST", "/session/\(owner)/permissions/\(name)", JSONObject([("response", word)])
      ) { _ in }
    }
  }
}
