internal import Console
internal import Delivery
internal import FeishuWire
internal import JSON
internal import Network
internal import Stage
internal import System
internal import Web

/// The long connection.
extension FeishuSource {
  /// How many tries are made faster than the server wants it: after a short loss nobody should wait for minutes.
  private static let fastTries = 6

  /// Learns who we are, where that is not known, and connects.
  func connect() throws {
    guard !isStopping else { return }
    attempt += 1
    let number = attempt
    guard intake?.bot == nil else { return try ask(number) }
    client.call("GET", "/bot/v3/info") { [weak self] result in
      guard let self, attempt == number, !isStopping else { return }
      switch result {
      case .failure(let error): try failed(error)
      case .success(let answer):
        guard let bot = FeishuID.read(answer.root["bot"]?["open_id"]) else {
          return try refuse(
            Failure(
              .notPermitted, "feishu: app id \(client.app) has no bot",
              hint: "add the bot to the app in Feishu's console, and publish a version"))
        }
        try intake?.know(bot: bot)
        try ask(number)
      }
    }
  }

  private func ask(_ number: Int) throws {
    guard !isWebhook else {
      connected("listening")
      return
    }
    client.endpoint { [weak self] result in
      guard let self, attempt == number, !isStopping else { return }
      switch result {
      case .failure(let error): try failed(error, isEndpoint: true)
      case .success(let endpoint): open(endpoint, number)
      }
    }
  }

  private func open(_ endpoint: FeishuEndpoint, _ number: Int) {
    pace = endpoint.pace
    fragments = FeishuFragments()
    var options = WebSocket.Options()
    options.maxMessage = 5 << 20
    options.closeWithin = 1000
    let socket = WebSocket(
      stage.loop, url: endpoint.url, options,
      onOpen: { [weak self] in
        guard let self, attempt == number else { return }
        Log.info("connected to Feishu", [("account", name), ("connection", endpoint.device)])
        connected("connection \(endpoint.device)")
        beat(endpoint.service)
      },
      onText: { _ in Log.info("a text came where only frames should", []) },
      onBinary: { [weak self] bytes in
        guard let self, attempt == number else { return }
        try take(bytes)
      },
      onEnd: { [weak self] end in
        guard let self, attempt == number else { return }
        try ended(end)
      })
    socket.onAlive = { [weak self] in self?.reconnector?.heard() }
    socket.isPaused = isPaused
    self.socket = socket
  }

  private func connected(_ words: String) {
    (wasConnected, failures) = (true, 0)
    reconnector?.connected()
    receiver?.status(of: self, state: "connected", text: words)
  }

  /// Gives the connection up, or the attempt.
  func abandon() {
    attempt += 1
    ping?.cancel()
    socket = nil
  }

  /// Tells the server that we are there, now and whenever it wants it.
  private func beat(_ service: Int32) {
    guard let socket, socket.isOpen else { return }
    socket.send(binary: FeishuFrame.ping(service: service).bytes)
    beatLater(service)
  }

  private func beatLater(_ service: Int32) {
    ping?.cancel()
    ping = stage.loop.after(pace.ping) { [weak self] in self?.beat(service) }
  }

  // MARK: - Failures

  private func failed(_ error: FeishuError, isEndpoint: Bool = false) throws {
    try judge(error, isEndpoint: isEndpoint)
    Log.notice("no connection to Feishu", [("account", name), ("reason", "\(error)")])
    try lost(retryAfter: error.retryAfter)
  }

  private func ended(_ end: WebSocketEnd) throws {
    abandon()
    guard !isStopping else { return over() }
    switch end {
    case .refused(let response): try refused(response)
    case .failed(let error): try failed(FeishuError(.network(error), request: "the long connection"))
    case .closed(let code, let reason):
      Log.notice(
        "Feishu closed the connection", [("account", name), ("code", "\(code)"), ("reason", reason)])
      try lost()
    case .silent:
      Log.notice("Feishu does not answer any more", [("account", name)])
      try lost()
    }
  }

  /// The server says in header lines why it does not take the connection.
  private func refused(_ response: HTTPResponse) throws {
    let status = response.head.header("handshake-status") ?? "\(response.status)"
    let words = String((response.head.header("handshake-msg") ?? "").prefix(300))
    let code = response.head.header("handshake-autherrcode") ?? ""
    let said = "\(code.isEmpty ? status : code): \(words)"
    let isFull = status == "514" && code == "1000040350"
    guard isFull || status == "403" else {
      Log.notice("Feishu does not take the connection", [("account", name), ("reason", said)])
      return try lost()
    }
    let failure = Failure(
      .notPermitted, "feishu: app id \(client.app) gets no long connection (\(said))",
      hint: isFull ? "end other programs that receive for this app" : "check the app of account \"\(name)\"")
    try refuse(failure)
  }

  private func lost(retryAfter: Int64? = nil) throws {
    failures += 1
    if let count = pace.count, failures > max(count, 1) {
      throw Failure(
        .temporary, "feishu: no connection after \(failures) tries, and Feishu wants no more",
        hint: "try again")
    }
    // The first tries are our own affair; a lasting trouble is the server's, and it says how often.
    let wait = failures > Self.fastTries && wasConnected ? pace.interval : nil
    try reconnector?.lost(retryAfter: retryAfter ?? wait)
  }

  // MARK: - Frames

  private func take(_ bytes: [UInt8]) throws {
    let began = stage.loop.clock.monotonic()
    let frame: FeishuFrame
    let payload: [UInt8]?
    do throws(FeishuFrameError) {
      frame = try FeishuFrame(bytes)
      if frame.method == FeishuFrame.control { return control(frame) }
      guard frame.method == FeishuFrame.data, frame.header("type") == "event" else { return }
      payload = try fragments.add(frame, now: began)
    } catch {
      Log.warning("a frame that is none; left out", [("account", name), ("reason", "\(error)")])
      return
    }
    guard let payload else { return }
    let reply = { [weak self, weak socket] (reply: FeishuReply) in
      guard let self, let socket else { return }
      let took = stage.loop.clock.monotonic() - began
      let answer =
        switch reply {
        case .taken(let result): frame.answer(status: 200, result: result, milliseconds: took)
        case .again: frame.answer(status: 500, milliseconds: took)
        }
      socket.send(binary: answer.bytes)
    }
    let push: FeishuPush
    do throws(FeishuEventError) {
      push = try FeishuPush.read(payload).0
    } catch {
      Log.warning("an event that cannot be read", [("account", name), ("reason", "\(error)")])
      return reply(.again)
    }
    guard case .event(let event) = push else { return reply(.taken(nil)) }
    try intake?.take(event, reply: reply)
  }

  private func control(_ frame: FeishuFrame) {
    guard frame.header("type") == "pong", let payload = frame.payload, !payload.isEmpty else { return }
    let before = pace
    pace.apply(try? JSONReader.parse(payload))
    if pace.ping != before.ping { beatLater(frame.service) }
  }
}
