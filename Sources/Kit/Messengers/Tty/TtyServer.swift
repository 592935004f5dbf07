internal import Console
internal import Glibc
internal import System

/// Takes what agim-send wants to have shown on a terminal, and acknowledges it.
final class TtyServer {
  /// Called with every line but the first.
  var onLine: (TtyLine, LineStream) throws -> Void = { _, _ in }
  /// Called when a sender has gone.
  var onClose: () throws -> Void = {}

  private let session: String
  private let directory: String
  private let loop: EventLoop
  private let listener: Descriptor
  private var watch: EventLoop.Watch?
  private var streams: [LineStream] = []

  private static let limit = 16

  /// Listens for the senders of a session.
  init(session: String, directory: String, loop: EventLoop) throws(SystemError) {
    self.session = session
    self.directory = directory
    self.loop = loop
    listener = try LocalSocket.listen(TtyName.socket(session), in: directory)
    watch = loop.watch(listener.number) { [unowned self] in accept() }
  }

  /// Whether more lines are wanted.
  var isReading = true {
    didSet { for stream in streams { stream.isReading = isReading } }
  }

  /// Listens no more; the name is free for the next one.
  func close() {
    guard watch != nil else { return }
    watch?.cancel()
    watch = nil
    unlink("\(directory)/\(TtyName.socket(session))")
    listener.close()
    for stream in streams { stream.close() }
    streams = []
  }

  private func accept() {
    while let socket = LocalSocket.accept(listener) {
      guard streams.count < Self.limit, isTrusted(socket) else { continue }
      let stream = LineStream(socket, loop: loop, limit: TtyLine.limit)
      var isKnown = false
      stream.onLine = { [unowned self, unowned stream] bytes in
        guard let line = TtyLine(bytes) else { return }
        guard isKnown else {
          isKnown = line == .hello(session: session)
          if !isKnown { drop(stream) }
          return
        }
        try onLine(line, stream)
      }
      stream.onClose = { [unowned self, unowned stream] in
        drop(stream)
        try onClose()
      }
      stream.isReading = isReading
      streams.append(stream)
    }
  }

  private func drop(_ stream: LineStream) {
    stream.close()
    let gone = streams.filter { $0 === stream }
    streams.removeAll { $0 === stream }
    // Its own handler is running: it must outlive that.
    loop.after(0) { _ = gone }
  }

  /// Only our own user, and no agent: what is drawn here, people believe.
  private func isTrusted(_ socket: Descriptor) -> Bool {
    guard let peer = LocalSocket.peer(of: socket), peer.user == geteuid() else { return false }
    guard !ProcessTree.isBelowGuardian(child: peer.process) else {
      Log.warning("an agent wanted to draw on the terminal; refused", [("pid", "\(peer.process)")])
      return false
    }
    return true
  }
}
