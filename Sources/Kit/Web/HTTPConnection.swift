internal import Glibc
internal import Network
internal import System

/// A connection to an `HTTPServer`: one request after the other, each with its answer.
final class HTTPConnection {
  enum Phase {
    /// Waiting for a head, or in the middle of one.
    case head
    /// Waiting for the rest of a body.
    case body
    /// A handler has the request.
    case handling
    /// The last answer is out; what still comes is thrown away, so that the client gets to read it.
    case draining
    case over
  }

  private let socket: Descriptor
  private unowned let server: HTTPServer
  private let peer: NetworkAddress?
  /// The network among whose connections it is counted; nil for none.
  let network: [UInt8]?
  private var reading: EventLoop.Watch?
  private var writing: EventLoop.Watch?
  private var reader: HTTPRequestReader
  private var request: HTTPIncoming?
  private var route: HTTPServer.Route?
  private var output: [UInt8] = []
  private var sent = 0
  private var isProcessing = false
  private var isLast = false
  /// The number of the request whose answer is awaited.
  private var number = 0
  private var drained = 0

  private(set) var phase = Phase.head
  /// Since when the phase lasts; of a head, since its first byte.
  private(set) var since: Int64
  private var wroteAt: Int64 = 0

  var fd: Int32 { socket.number }
  /// Whether it serves nothing, and may be closed for another.
  var isIdle: Bool { phase == .head && !reader.hasInput && output.isEmpty }

  private static let drainLimit = 64 << 20
  private static let drainFor: Int64 = 5_000
  private static let writeWithin: Int64 = 30_000

  init(_ socket: Descriptor, _ peer: NetworkAddress?, _ network: [UInt8]?, _ server: HTTPServer) {
    (self.socket, self.peer, self.network, self.server) = (socket, peer, network, server)
    reader = HTTPRequestReader(headerLimit: server.options.headerLimit)
    since = server.loop.clock.monotonic()
    reading = server.loop.watch(socket.number) { [weak self] in try self?.readable() }
  }

  deinit { close() }

  func close() {
    phase = .over
    reading?.cancel()
    writing?.cancel()
    (reading, writing) = (nil, nil)
    socket.close()
  }

  private func end() {
    let fd = socket.number
    close()
    server.forget(fd)
  }

  /// Reads only what can be served.
  private func look() {
    reading?.isEnabled = phase == .draining || (phase == .head || phase == .body) && output.isEmpty
  }

  private func enter(_ phase: Phase) {
    self.phase = phase
    since = server.loop.clock.monotonic()
    look()
  }

  // MARK: - Receiving

  private func readable() throws {
    let bytes: [UInt8]?
    do throws(SystemError) {
      bytes = try socket.read(upTo: 64 << 10, subject: "a connection")
    } catch {
      return end()
    }
    guard let bytes else { return }
    if phase == .draining {
      drained += bytes.count
      if bytes.isEmpty || drained > Self.drainLimit { end() }
      return
    }
    guard !bytes.isEmpty else { return end() }
    if phase == .head, !reader.hasInput { since = server.loop.clock.monotonic() }
    reader.append(bytes)
    try process()
  }

  private func process() throws {
    guard !isProcessing else { return }
    isProcessing = true
    defer { isProcessing = false }
    while output.isEmpty {
      do throws(HTTPRequestReader.Fault) {
        if phase == .head {
          guard let head = try reader.head() else { return }
          guard try begin(head) else { continue }
        }
        guard phase == .body, let route, var whole = request else { return }
        guard let body = try reader.body(limit: route.bodyLimit) else { return }
        whole.body = body
        request = nil
        hand(whole)
      } catch {
        server.counts.malformed += error.status == 413 ? 0 : 1
        return refuse(error.status, error.reason)
      }
      // The handler's own errors are none of the request's.
      if let call = self.call {
        self.call = nil
        try call()
      }
    }
  }

  /// The handler to call, outside of what may fail for the request's sake.
  private var call: (() throws -> Void)?

  /// Takes a head; false where the request was answered already.
  private func begin(_ head: HTTPIncoming) throws(HTTPRequestReader.Fault) -> Bool {
    server.counts.requests += 1
    number += 1
    request = head
    isLast = !head.keepsAlive
    if let wait = server.limit(asker(head)) {
      refuse(429, "too many requests", [("Retry-After", "\(wait)")])
      return false
    }
    switch server.find(head) {
    case .none:
      refuse(404, "there is nothing here")
      return false
    case .methods(let names):
      if head.method == "OPTIONS" {
        isLast = isLast || head.length != .none
        answer(number, 204, [("Allow", names)], [])
      } else {
        refuse(405, "this is not answered here", [("Allow", names)])
      }
      return false
    case .route(let found): route = found
    }
    if case .bytes(let count) = head.length, let limit = route?.bodyLimit, count > limit {
      throw HTTPRequestReader.tooLarge(limit)
    }
    enter(.body)
    if head.expectsContinue { write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
    return true
  }

  private func hand(_ whole: HTTPIncoming) {
    guard let route else { return }
    enter(.handling)
    let exchange = HTTPExchange(
      whole, path: server.path(whole) ?? whole.path,
      peer: asker(whole)?.description ?? "", self, number: number)
    isHead = whole.method == "HEAD"
    isOld = whole.isOld
    call = { try route.handler(exchange) }
  }

  private func asker(_ head: HTTPIncoming) -> NetworkAddress? { server.asker(head, from: peer) }

  // MARK: - Answering

  private var isHead = false
  private var isOld = false

  /// A short answer of our own, after which the connection ends unless the request was understood whole.
  private func refuse(_ status: Int, _ reason: String, _ headers: [(name: String, value: String)] = []) {
    if request?.length != HTTPIncoming.Length.none { isLast = true }
    isHead = request?.method == "HEAD"
    isOld = request?.isOld ?? false
    request = nil
    if status == 400 || status == 408 || status >= 413 && status != 429 { isLast = true }
    phase = .handling
    answer(
      number, status, headers + [("Content-Type", "text/plain; charset=utf-8")], Array("\(reason)\n".utf8))
  }

  func answer(
    _ number: Int, _ status: Int, _ headers: [(name: String, value: String)], _ body: [UInt8]
  ) {
    guard number == self.number, phase == .handling || phase == .body || phase == .head else { return }
    // Who is told to go away later need not come back on this connection.
    if server.isClosed { isLast = true }
    let hasBody = status != 204 && status != 304
    var head = "HTTP/1.1 \(status) \(HTTPStatus.words(status))\r\n"
    head += "Date: \(server.date.text(server.loop.clock.now()))\r\n"
    for (name, value) in headers {
      head += "\(name): "
      // A line break would begin a header of its own.
      head += String(
        decoding: value.utf8.map { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
      head += "\r\n"
    }
    if hasBody { head += "Content-Length: \(body.count)\r\n" }
    if isLast {
      head += "Connection: close\r\n"
    } else if isOld {
      head += "Connection: keep-alive\r\n"
    }
    head += "\r\n"
    var bytes = Array(head.utf8)
    if hasBody, !isHead { bytes += body }
    self.number += 1
    (request, route, isHead, isOld) = (nil, nil, false, false)
    enter(.head)
    write(bytes)
    guard phase == .head, output.isEmpty, !isLast, reader.hasInput, !isProcessing else { return }
    // More requests wait; whoever answers is not made to serve them.
    server.loop.after(0) { [weak self] in try self?.process() }
  }

  private func write(_ bytes: [UInt8]) {
    output += bytes
    flush()
  }

  private func flush() {
    while sent < output.count {
      let wrote = output.withUnsafeBytes { all in
        send(fd, all.baseAddress.map { $0 + sent }, all.count - sent, Int32(MSG_NOSIGNAL))
      }
      if wrote < 0 {
        if errno == EINTR { continue }
        guard errno == EAGAIN else { return end() }
        if writing == nil {
          wroteAt = server.loop.clock.monotonic()
          writing = server.loop.watchWriting(fd) { [weak self] in try self?.writable() }
        }
        return look()
      }
      sent += wrote
      wroteAt = server.loop.clock.monotonic()
    }
    output.removeAll(keepingCapacity: output.capacity <= 64 << 10)
    sent = 0
    writing?.cancel()
    writing = nil
    if isLast, phase == .head {
      shutdown(fd, Int32(SHUT_WR))
      enter(.draining)
    } else {
      look()
    }
  }

  private func writable() throws {
    flush()
    if phase == .head || phase == .body, output.isEmpty { try process() }
  }

  // MARK: - Time

  /// Ends what takes too long.
  func sweep(_ now: Int64) {
    let options = server.options
    if !output.isEmpty {
      if now - wroteAt > Self.writeWithin { end() }
      return
    }
    let age = now - since
    switch phase {
    case .head where reader.hasInput:
      if age > options.headerWithin { refuse(408, "the request takes too long") }
    case .head: if age > options.idle { end() }
    case .body:
      if age > options.bodyWithin { refuse(408, "the request takes too long") }
    case .handling:
      if age > options.answerWithin {
        isLast = true
        refuse(503, "no answer in time")
      }
    case .draining: if age > Self.drainFor { end() }
    case .over: break
    }
  }
}
