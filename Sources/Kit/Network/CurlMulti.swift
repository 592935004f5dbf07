internal import CCurl
internal import Glibc
internal import System

/// The transfers of a client and their connections, driven by the loop.
final class CurlMulti {
  private let loop: EventLoop
  private let setup: HTTPTransfer.Setup
  private let connections: Int
  private var multi: UnsafeMutableRawPointer?
  private var watches: [Int32: (reading: EventLoop.Watch?, writing: EventLoop.Watch?)] = [:]
  private var timer: EventLoop.Timer?
  private var transfers: [ObjectIdentifier: HTTPTransfer] = [:]
  /// Connections that something else than HTTP is spoken over: libcurl makes them, and then they are read
  /// and written by themselves.
  private var mail: [ObjectIdentifier: MailConnection] = [:]
  /// Those that have something to deliver.
  private var queue: [HTTPTransfer] = []
  private var isDelivering = false

  init(loop: EventLoop, setup: HTTPTransfer.Setup, connections: Int) {
    self.loop = loop
    self.setup = setup
    self.connections = connections
  }

  var count: Int { transfers.count }

  /// Ends everything without a word; must be called before the last reference goes.
  func close() {
    for transfer in transfers.values {
      detach(transfer)
      transfer.isOver = true
      transfer.handlers = nil
    }
    transfers = [:]
    for connection in mail.values { connection.close() }
    queue = []
    timer?.cancel()
    if let multi { agim_curl_multi_free(multi) }
    multi = nil
    for entry in watches.values {
      entry.reading?.cancel()
      entry.writing?.cancel()
    }
    watches = [:]
  }

  // MARK: - Transfers

  func start(_ transfer: HTTPTransfer) {
    transfers[ObjectIdentifier(transfer)] = transfer
    transfer.multi = self
    do {
      transfer.address = try WebAddress(transfer.request.url)
    } catch {
      return finish(transfer, transfer.error(.request, "\(error)"))
    }
    if let total = transfer.request.limits.total {
      transfer.totalTimer = loop.after(total) { [weak self, weak transfer] in
        guard let self, let transfer, transfer.end == nil else { return }
        finish(transfer, transfer.late(.total))
      }
    }
    touch(transfer)
    watchIdle(transfer)
    begin(transfer)
  }

  private func begin(_ transfer: HTTPTransfer) {
    if let why = missing { return finish(transfer, transfer.error(.library, why, hint: Self.package)) }
    if let error = transfer.prepare(setup) { return finish(transfer, error) }
    guard let multi = made(), let easy = transfer.easy, agim_curl_multi_add(multi, easy.handle) == 0 else {
      return finish(transfer, transfer.error(.library, "libcurl does not take the request"))
    }
  }

  private static let package = "install the Debian package libcurl4"

  /// Why there is no libcurl; nil where it is there.
  private var missing: String? {
    var words = [CChar](repeating: 0, count: 256)
    guard !agim_curl_open(&words, words.count) else { return nil }
    return String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Begins to make a connection.
  func start(_ connection: MailConnection) {
    mail[ObjectIdentifier(connection)] = connection
    connection.multi = self
    if let why = missing { return connection.fail(connection.error(.library, why, hint: Self.package)) }
    if let error = connection.prepare(setup) { return connection.fail(error) }
    guard let multi = made(), let easy = connection.easy, agim_curl_multi_add(multi, easy.handle) == 0 else {
      return connection.fail(connection.error(.library, "libcurl does not take the connection"))
    }
  }

  /// Closes a connection; never called while libcurl works.
  func remove(_ connection: MailConnection) {
    mail[ObjectIdentifier(connection)] = nil
    if let multi, let easy = connection.easy { _ = agim_curl_multi_remove(multi, easy.handle) }
  }

  private func made() -> UnsafeMutableRawPointer? {
    if multi == nil {
      multi = agim_curl_multi(
        { _, fd, what, context, _ in
          CurlMulti.at(context)?.wait(for: fd, what)
          return 0
        },
        { _, milliseconds, context in
          CurlMulti.at(context)?.wait(milliseconds)
          return 0
        }, Unmanaged.passUnretained(self).toOpaque(), connections)
    }
    return multi
  }

  private static func at(_ context: UnsafeMutableRawPointer?) -> CurlMulti? {
    context.map { Unmanaged<CurlMulti>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Something has come or gone; there may be something to deliver.
  func touch(_ transfer: HTTPTransfer) {
    transfer.lastActivity = loop.clock.monotonic()
    enqueue(transfer)
  }

  private func enqueue(_ transfer: HTTPTransfer) {
    guard !transfer.isQueued, !transfer.isOver else { return }
    transfer.isQueued = true
    queue.append(transfer)
  }

  private func watchIdle(_ transfer: HTTPTransfer) {
    guard let idle = transfer.request.limits.idle else { return }
    let left = transfer.lastActivity + idle - loop.clock.monotonic()
    transfer.idleTimer = loop.after(max(1, left)) { [weak self, weak transfer] in
      guard let self, let transfer, transfer.end == nil else { return }
      guard loop.clock.monotonic() - transfer.lastActivity >= idle else { return watchIdle(transfer) }
      finish(transfer, transfer.late(.idle))
    }
  }

  /// Ends a transfer; its handlers hear of it from the loop.
  ///
  /// Never called while libcurl works.
  func finish(_ transfer: HTTPTransfer, _ error: HTTPError?) {
    guard transfer.end == nil else { return }
    transfer.end = .some(error)
    // A connection that was asked for stands until its owner lets it go.
    if !transfer.isConnectionOnly || error != nil { detach(transfer) }
    enqueue(transfer)
    if !isDelivering {
      loop.after(0) { [weak self] in try self?.deliver() }
    }
  }

  /// Closes a connection that was made for its owner.
  func release(_ transfer: HTTPTransfer) {
    detach(transfer)
    transfer.isOver = true
    transfer.handlers = nil
    transfers[ObjectIdentifier(transfer)] = nil
  }

  private func detach(_ transfer: HTTPTransfer) {
    transfer.idleTimer?.cancel()
    transfer.totalTimer?.cancel()
    guard let easy = transfer.easy else { return }
    if let multi { _ = agim_curl_multi_remove(multi, easy.handle) }
    transfer.easy = nil
  }

  // MARK: - The loop

  private func wait(for fd: Int32, _ what: Int32) {
    let old = watches.removeValue(forKey: fd)
    let isReading = what & Int32(AGIM_CURL_POLL_IN) != 0 && what != Int32(AGIM_CURL_POLL_REMOVE)
    let isWriting = what & Int32(AGIM_CURL_POLL_OUT) != 0 && what != Int32(AGIM_CURL_POLL_REMOVE)
    old?.reading?.cancel()
    old?.writing?.cancel()
    guard isReading || isWriting else { return }
    watches[fd] = (
      isReading
        ? loop.watch(fd) { [weak self] in try self?.act(fd, Int32(AGIM_CURL_SELECT_IN)) } : nil,
      isWriting
        ? loop.watchWriting(fd) { [weak self] in try self?.act(fd, Int32(AGIM_CURL_SELECT_OUT)) } : nil
    )
  }

  private func wait(_ milliseconds: Int) {
    timer?.cancel()
    timer = nil
    guard milliseconds >= 0 else { return }
    timer = loop.after(Int64(milliseconds)) { [weak self] in
      try self?.act(Int32(AGIM_CURL_SOCKET_TIMEOUT), 0)
    }
  }

  private func act(_ fd: Int32, _ events: Int32) throws {
    guard let multi else { return }
    // A handler may let go of the client.
    try withExtendedLifetime(self) {
      _ = agim_curl_multi_action(multi, fd, events)
      collect(multi)
      try deliver()
    }
  }

  private func collect(_ multi: UnsafeMutableRawPointer) {
    var code: Int32 = 0
    while let handle = agim_curl_multi_ended(multi, &code) {
      if let connection = mail.values.first(where: { $0.easy?.handle == handle }) {
        connection.connected(code)
        continue
      }
      guard let transfer = transfers.values.first(where: { $0.easy?.handle == handle }) else { continue }
      let error = transfer.failure(code)
      if error == nil, transfer.isRedirect {
        follow(transfer)
      } else {
        finish(transfer, error)
      }
    }
  }

  private func follow(_ transfer: HTTPTransfer) {
    if let error = transfer.redirect() { return finish(transfer, error) }
    if let multi, let easy = transfer.easy { _ = agim_curl_multi_remove(multi, easy.handle) }
    transfer.easy = nil
    begin(transfer)
  }

  private func deliver() throws {
    guard !isDelivering else { return }
    isDelivering = true
    defer { isDelivering = false }
    while !queue.isEmpty {
      let transfer = queue.removeFirst()
      transfer.isQueued = false
      try deliver(transfer)
    }
  }

  private func deliver(_ transfer: HTTPTransfer) throws {
    // Handlers may cancel it, or let go of the client: each step looks again.
    if transfer.isWanted, !transfer.headIsDelivered, transfer.isHeard, let head = transfer.head {
      transfer.headIsDelivered = true
      try transfer.handlers?.head(head)
    }
    if !transfer.pending.isEmpty, transfer.isHeard {
      let bytes = transfer.pending
      transfer.pending = []
      try transfer.handlers?.data(bytes)
    }
    guard let end = transfer.end, !transfer.isOver else { return }
    transfer.isOver = true
    if transfer.easy == nil { transfers[ObjectIdentifier(transfer)] = nil }
    let handlers = transfer.handlers
    // Whoever keeps the transfer does not keep what its handlers hold.
    transfer.handlers = nil
    try handlers?.end(end)
  }
}
