internal import Glibc
internal import System

/// Takes what this process writes to standard error where that is the terminal it draws on, so that it can
/// be drawn with the rest.
final class ErrorDiversion {
  private let reading: Descriptor
  private let saved: Descriptor
  private var reader = LineReader(limit: 65_536)
  private var watch: EventLoop.Watch?
  private let show: (String) -> Void

  /// Nil where standard error is something else.
  init?(loop: EventLoop, show: @escaping (String) -> Void) {
    guard Terminal.areSame(0, 2), let (reading, writing) = try? Descriptor.pipe() else { return nil }
    // A full pipe must not stop the only one who can empty it; what does not fit is lost.
    writing.setNonBlocking()
    reading.setNonBlocking()
    saved = Descriptor(fcntl(2, F_DUPFD_CLOEXEC, 3))
    self.reading = reading
    self.show = show
    guard saved.number >= 0, dup2(writing.number, 2) >= 0 else { return nil }
    watch = loop.watch(reading.number) { [weak self] in self?.read() }
  }

  deinit { end() }

  /// Gives standard error back.
  func end() {
    guard let watch else { return }
    read()
    self.watch = nil
    watch.cancel()
    _ = dup2(saved.number, 2)
    saved.close()
    reading.close()
  }

  private func read() {
    while let got = try? reader.fill(from: reading.number), got > 0 {}
    while let found = reader.next() {
      if case .line(let range) = found { show(String(decoding: reader.bytes(range), as: UTF8.self)) }
    }
  }
}
