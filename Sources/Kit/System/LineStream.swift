internal import CPosix
internal import Glibc

/// Lines to and from another process over a socket, on an event loop, without ever waiting.
package final class LineStream {
  /// Called with each line.
  package var onLine: ([UInt8]) throws -> Void = { _ in }
  /// Called once when the other end is gone.
  package var onClose: () throws -> Void = {}
  /// Called when everything that was to be sent has left.
  package var onDrain: () throws -> Void = {}
  /// The socket.
  package let socket: Descriptor

  private let loop: EventLoop
  private var reader: LineReader
  private var waiting: [UInt8] = []
  private var sent = 0
  private var reading: EventLoop.Watch?
  private var writing: EventLoop.Watch?
  private var isClosed = false

  /// A stream on a socket that does not block; longer lines than `limit` bytes are left out.
  package init(_ socket: Descriptor, loop: EventLoop, limit: Int) {
    self.socket = socket
    self.loop = loop
    reader = LineReader(limit: limit)
    reading = loop.watch(socket.number) { [weak self] in try self?.read() }
  }

  /// Bytes that have not left yet.
  package var pending: Int { waiting.count - sent }

  /// Whether lines are read; off while there is too much of them.
  package var isReading: Bool {
    get { reading?.isEnabled ?? false }
    set { reading?.isEnabled = newValue }
  }

  /// Sends a line.
  package func send(_ line: [UInt8]) throws {
    guard !isClosed else { return }
    waiting += line
    waiting.append(0x0A)
    try write()
  }

  /// Ends it; `onClose` is not called.
  package func close() {
    isClosed = true
    reading?.cancel()
    writing?.cancel()
    socket.close()
    waiting = []
    sent = 0
  }

  private func fail() throws {
    guard !isClosed else { return }
    close()
    try onClose()
  }

  private func read() throws {
    let got: Int
    do {
      got = try reader.fill(from: socket.number, subject: "socket")
    } catch {
      return try fail()
    }
    while !isClosed, let found = reader.next() {
      if case .line(let range) = found { try onLine(reader.bytes(range)) }
    }
    if got == 0 { try fail() }
  }

  private func write() throws {
    while sent < waiting.count {
      let wrote = waiting.withUnsafeBytes { raw in
        raw.baseAddress.map { agim_send_now(socket.number, $0 + sent, raw.count - sent) } ?? 0
      }
      if wrote > 0 {
        sent += wrote
      } else if errno == EAGAIN {
        if writing == nil {
          writing = loop.watchWriting(socket.number) { [weak self] in try self?.write() }
        }
        return
      } else if errno != EINTR {
        return try fail()
      }
    }
    writing?.cancel()
    writing = nil
    waiting.removeAll(keepingCapacity: waiting.capacity <= 1 << 20)
    sent = 0
    try onDrain()
  }
}
