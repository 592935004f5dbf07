/// Watches a child until it has ended and all that it printed is read, whatever it prints.
///
/// What it left behind may hold its streams open for longer: then it is over a moment after its end.
package final class ChildWatch {
  /// How it ended; nil while it runs.
  package private(set) var status: ExitStatus?
  /// Whether it has ended and its streams are read.
  package private(set) var isOver = false

  private let child: Child
  private let onEnd: (ExitStatus) throws -> Void
  private var watches: [EventLoop.Watch] = []
  private var grace: EventLoop.Timer?
  private var openStreams = 0

  /// Milliseconds that what it left behind may hold its streams open.
  private static let grace: Int64 = 200

  /// Begins to watch.
  ///
  /// - Parameters:
  ///   - child: The child.
  ///   - loop: Who waits.
  ///   - output: Reads its standard output once, which has something; false at its end.
  ///   - errors: Called with what it writes to standard error.
  ///   - onEnd: Called once, when all is read; nothing is watched any more then.
  package init(
    _ child: Child, loop: EventLoop, output: @escaping (Descriptor) throws -> Bool,
    errors: @escaping ([UInt8]) throws -> Void, onEnd: @escaping (ExitStatus) throws -> Void
  ) {
    (self.child, self.onEnd) = (child, onEnd)
    if let stream = child.output { watch(stream, loop, output) }
    if let stream = child.errors { watch(stream, loop, Self.bytes(errors)) }
    watches.append(loop.watch(child.ended.number) { [weak self] in try self?.ended(loop) })
  }

  /// Reads a stream as bytes, for `output`.
  package static func bytes(_ take: @escaping ([UInt8]) throws -> Void) -> (Descriptor) throws -> Bool {
    { stream in
      guard let bytes = try stream.read(upTo: 65_536, subject: "a program") else { return true }
      if !bytes.isEmpty { try take(bytes) }
      return !bytes.isEmpty
    }
  }

  private func watch(
    _ stream: Descriptor, _ loop: EventLoop, _ read: @escaping (Descriptor) throws -> Bool
  ) {
    openStreams += 1
    var watch: EventLoop.Watch?
    watch = loop.watch(stream.number) { [weak self] in
      guard let self, try !read(stream) else { return }
      watch?.cancel()
      openStreams -= 1
      try finishIfOver()
    }
    if let watch { watches.append(watch) }
  }

  private func ended(_ loop: EventLoop) throws {
    guard status == nil, let status = child.reap() else { return }
    self.status = status
    try finishIfOver()
    guard !isOver else { return }
    grace = loop.after(Self.grace) { [weak self] in
      self?.openStreams = 0
      try self?.finishIfOver()
    }
  }

  private func finishIfOver() throws {
    guard !isOver, let status, openStreams <= 0 else { return }
    isOver = true
    for watch in watches { watch.cancel() }
    grace?.cancel()
    try onEnd(status)
  }
}
