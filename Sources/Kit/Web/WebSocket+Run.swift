internal import Network
internal import System

// What happens from the connection to the upgrade, and how it ends.
extension WebSocket {
  func start() {
    guard upgrade.fault == nil, upgrade.address != nil else {
      return finishLater(.failed(error(.request, upgrade.fault ?? "the request has no address")))
    }
    deadline = loop.after(options.connectTimeout) { [weak self] in
      guard let self else { return }
      try finish(.failed(late()))
    }
    var request = HTTPRequest("GET", upgrade.address?.full ?? "")
    request.limits.connect = options.connectTimeout
    (request.limits.total, request.limits.idle) = (nil, nil)
    request.secrets = options.secrets
    transfer = client.connect(request) { [weak self] result in
      guard let self, state == .connecting else { return }
      transfer = nil
      switch result {
      case .failure(let error): try finish(.failed(named(error)))
      case .success(let channel): try began(channel)
      }
    }
  }

  private func began(_ channel: CurlChannel) throws {
    self.channel = channel
    state = .upgrading
    reading = loop.watch(channel.fd) { [weak self] in try self?.readable() }
    writing = loop.watchWriting(channel.fd) { [weak self] in try self?.flush() }
    writing?.isEnabled = false
    queue.add(raw: upgrade.bytes)
    try flush()
  }

  // MARK: - Receiving

  /// How much is read or sent before others of the loop have their turn.
  private static let turn = 1 << 20

  private func readable() throws {
    more?.cancel()
    var taken = 0
    while state != .over, !isPaused || state == .upgrading, let channel {
      let bytes: [UInt8]?
      do throws(HTTPError) {
        bytes = try channel.receive(upTo: 64 << 10)
      } catch {
        return try broke(error.reason)
      }
      guard let bytes else { return }
      guard !bytes.isEmpty else { return try broke("the other end is gone") }
      heardAt = loop.clock.monotonic()
      onAlive()
      try take(bytes)
      taken += bytes.count
      if taken >= Self.turn {
        // What TLS has decrypted already wakes no descriptor.
        more = loop.after(0) { [weak self] in try self?.readable() }
        return
      }
    }
  }

  func paused(from old: Bool) {
    // The upgrade goes on; what comes after it waits.
    guard old != isPaused, state == .open || state == .closing else { return }
    reading?.isEnabled = !isPaused
    if isPaused {
      more?.cancel()
    } else {
      heardAt = loop.clock.monotonic()
      probedAt = nil
      more = loop.after(0) { [weak self] in
        try self?.events()
        try self?.readable()
      }
    }
  }

  private func take(_ bytes: [UInt8]) throws {
    guard state == .upgrading else {
      reader.append(bytes)
      return try events()
    }
    do throws(HTTPAnswerReader.Fault) {
      try answer.append(bytes)
    } catch {
      return try finish(.failed(self.error(.malformed, "the server's answer is not HTTP: \(error.reason)")))
    }
    guard let head = answer.head else { return }
    guard head.status == 101 else {
      if answer.isComplete { try refused() }
      return
    }
    let (name, fault) = upgrade.check(head)
    if let fault {
      return try finish(.failed(error(.malformed, "the server's answer does not grant it: \(fault)")))
    }
    subprotocol = name
    state = .open
    reading?.isEnabled = !isPaused
    deadline?.cancel()
    pingLater()
    reader.append(answer.rest)
    answer = HTTPAnswerReader()
    try handlers?.open()
    try events()
  }

  private func refused() throws {
    guard let head = answer.head else { return }
    try finish(.refused(HTTPResponse(head: head, body: answer.body)))
  }

  /// Hands over what came whole; handlers may close, pause or let go.
  private func events() throws {
    while (state == .open || state == .closing) && !isPaused {
      let event: WebSocketReader.Event?
      do throws(WebSocketFault) {
        event = try reader.next()
      } catch {
        return try fault(error)
      }
      switch event {
      case nil: return
      case .text(let bytes): if state == .open { try handlers?.text(bytes) }
      case .binary(let bytes): if state == .open { try handlers?.binary(bytes) }
      case .ping(let bytes):
        queue.add(.pong, bytes, mask: mask())
        try flush()
      case .pong: break
      case .close(let code, let reason):
        if state == .open { sayClose(code == 1005 ? 1000 : code, "") }
        state = .closing
        // As much as the socket takes at once; then there is nothing to wait for.
        _ = try? push()
        return try finish(.closed(code: code, reason: reason))
      }
    }
  }

  /// The other end does not speak the protocol, or says too much: it is told why.
  private func fault(_ fault: WebSocketFault) throws {
    queue.clear()
    sayClose(fault.code, fault.reason)
    _ = try? push()
    let kind: HTTPError.Kind = fault.code == 1009 ? .bodyTooLarge : .malformed
    try finish(.failed(error(kind, "the other end sent \(fault.reason)", isTemporary: true)))
  }

  private func broke(_ reason: String) throws {
    if state == .upgrading, let head = answer.head, head.status != 101 { return try refused() }
    if state == .closing, let own = closing { return try finish(.closed(code: own.code, reason: own.reason)) }
    let when = state == .upgrading ? "during the upgrade" : "without a close frame"
    try finish(
      .failed(error(.brokenOff, "the connection ended \(when): \(reason)", isTemporary: true)))
  }

  // MARK: - Sending

  func mask() -> UInt32 { UInt32(truncatingIfNeeded: loop.clock.random()) }

  func send(_ opcode: WebSocketOpcode, _ bytes: [UInt8]) {
    guard state == .open else { return }
    guard queue.count + bytes.count <= options.maxQueue else {
      return finishLater(
        .failed(
          error(
            .brokenOff, "more than \(options.maxQueue) bytes wait, because the other end does not read",
            isTemporary: true)))
    }
    queue.add(opcode, bytes, mask: 0)
    flushSoon()
  }

  /// Sends without calling anybody: a failure is heard of from the loop.
  private func flushSoon() {
    do throws(HTTPError) {
      try push()
    } catch {
      finishLater(.failed(self.error(.brokenOff, error.reason, isTemporary: true)))
    }
  }

  private func flush() throws {
    let waited = queue.count > 0
    do throws(HTTPError) {
      try push()
    } catch {
      return try broke(error.reason)
    }
    if waited, queue.count == 0, state == .open { try onDrained() }
  }

  private func push() throws(HTTPError) {
    guard let channel else { return }
    var budget = Self.turn
    while queue.fill(fragmentAt: options.fragmentAt, mask: mask) {
      let sent = budget > 0 ? try channel.send(queue.piece, from: queue.sent) : 0
      guard sent > 0 else {
        writing?.isEnabled = true
        return
      }
      queue.took(sent)
      budget -= sent
    }
    writing?.isEnabled = false
  }

  // MARK: - Closing

  func closeInOrder(_ code: UInt16, _ reason: String) {
    switch state {
    case .closing, .over: return
    case .connecting, .upgrading: return finishLater(.closed(code: code, reason: reason))
    case .open: break
    }
    sayClose(code, reason)
    state = .closing
    pinging?.cancel()
    deadline = loop.after(options.closeWithin) { [weak self] in
      guard let self, state == .closing else { return }
      try finish(.closed(code: code, reason: reason))
    }
    flushSoon()
  }

  private func sayClose(_ code: UInt16, _ reason: String) {
    var text = Array(reason.utf8.prefix(123))
    while !WebSocketReader.isText(text) { text.removeLast() }
    closing = (code, String(decoding: text, as: UTF8.self))
    queue.add(.close, [UInt8(code >> 8), UInt8(code & 0xFF)] + text, mask: 0)
  }

  // MARK: - Signs of life

  private func pingLater() {
    guard let every = options.pingEvery, state == .open else { return }
    let wait = max(1, heardAt + every - loop.clock.monotonic())
    pinging?.cancel()
    pinging = loop.after(wait) { [weak self] in
      guard let self, state == .open else { return }
      if !isPaused, loop.clock.monotonic() - heardAt >= every { probe() } else { pingLater() }
    }
  }

  func probe() {
    guard state == .open, probedAt == nil else { return }
    let asked = loop.clock.monotonic()
    probedAt = asked
    queue.add(.ping, Array("agim".utf8), mask: mask())
    flushSoon()
    deadline?.cancel()
    deadline = loop.after(options.pongWithin) { [weak self] in
      guard let self, state == .open else { return }
      defer { if state == .open { pingLater() } }
      guard probedAt == asked else { return }
      probedAt = nil
      // While nothing is read, nothing is proved.
      if heardAt <= asked, !isPaused { try finish(.silent) }
    }
  }

  // MARK: - The end

  func error(_ kind: HTTPError.Kind, _ reason: String, isTemporary: Bool = false) -> HTTPError {
    HTTPError(
      kind: kind, request: "WebSocket \(shown)", reason: reason, hint: nil, isTemporary: isTemporary,
      mayHaveArrived: state != .connecting)
  }

  /// An error of the connection, with our name for what was asked.
  private func named(_ error: HTTPError) -> HTTPError {
    HTTPError(
      kind: error.kind, request: "WebSocket \(shown)", reason: error.reason, hint: error.hint,
      isTemporary: error.isTemporary, mayHaveArrived: error.mayHaveArrived)
  }

  private func late() -> HTTPError {
    let what = state == .upgrading ? "no answer to the upgrade" : "no connection"
    return error(
      .timedOut(.connect), "\(what) within \(options.connectTimeout / 1000) s", isTemporary: true)
  }

  /// Ends it, from the loop: the handlers hear of it at once.
  func finish(_ end: WebSocketEnd) throws {
    guard state != .over, let own = handlers else { return }
    drop()
    try own.end(verdict ?? end)
  }

  /// Ends it from a call of its owner: the handlers hear of it from the loop.
  func finishLater(_ end: WebSocketEnd) {
    guard verdict == nil, state != .over else { return }
    verdict = end
    more?.cancel()
    reading?.cancel()
    writing?.cancel()
    pinging?.cancel()
    deadline?.cancel()
    deadline = loop.after(0) { [weak self] in try self?.finish(end) }
  }

  /// Lets go of everything.
  func drop() {
    state = .over
    handlers = nil
    for timer in [more, deadline, pinging] { timer?.cancel() }
    reading?.cancel()
    writing?.cancel()
    (reading, writing, more, deadline, pinging) = (nil, nil, nil, nil, nil)
    transfer?.cancel()
    (transfer, channel) = (nil, nil)
    queue.clear()
  }
}
