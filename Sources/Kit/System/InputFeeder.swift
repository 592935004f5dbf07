internal import Glibc

/// Gives bytes to a child's standard input as fast as it takes them, and closes it behind the last.
package final class InputFeeder {
  private let pipe: Descriptor
  private var bytes: [UInt8]
  private var sent = 0
  private var watch: EventLoop.Watch?

  /// Begins at once; what the pipe does not take is written when it does.
  package init(_ bytes: [UInt8], to pipe: Descriptor, loop: EventLoop) {
    self.bytes = bytes
    self.pipe = pipe
    if !isDone() {
      watch = loop.watchWriting(pipe.number) { [weak self] in
        if let self, isDone() { cancel() }
      }
    }
  }

  /// Writes no more.
  package func cancel() {
    watch?.cancel()
    pipe.close()
    bytes = []
  }

  private func isDone() -> Bool {
    while sent < bytes.count {
      let wrote = bytes.withUnsafeBytes {
        write(pipe.number, $0.baseAddress.map { $0 + sent }, bytes.count - sent)
      }
      if wrote > 0 {
        sent += wrote
      } else if errno == EAGAIN {
        return false
      } else if errno != EINTR {
        // The child does not want to read all of it: its own affair.
        break
      }
    }
    pipe.close()
    bytes = []
    return true
  }
}
