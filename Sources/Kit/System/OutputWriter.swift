internal import CPosix
internal import Glibc

/// The one checked way to standard output: whole lines, batched, locked against other writers.
///
/// Lines are appended to a buffer and `pump` writes what the reader takes now. Nothing here waits,
/// and the descriptor that the process was given is never made non-blocking, because its flags are
/// shared with every process that has it: a pipe is opened a second time through `/proc` instead,
/// and where that is refused, pieces of `PIPE_BUF` follow a poll.
///
/// On a pipe or socket the writer holds a POSIX record lock from the first byte of a line to the end
/// of the last one, so that several processes may share it.
package final class OutputWriter {
  /// The descriptor to poll.
  package let fd: Int32
  /// Bytes ever appended: the position behind the last line.
  package private(set) var appended: Int64 = 0
  /// Bytes ever written: a line whose end is not past this has left the process.
  package private(set) var written: Int64 = 0
  /// True when the last `pump` stopped because another process was writing.
  package private(set) var lockIsBusy = false

  private let subject: String
  private let isShared: Bool
  private let isSocket: Bool
  private var twin: Descriptor?
  private var buffer: [UInt8] = []
  private var head = 0
  private var locked = false

  /// A writer on a descriptor that stays open for the life of the process.
  package init(fd: Int32, subject: String = "standard output") {
    self.fd = fd
    self.subject = subject
    isSocket = agim_is_socket(fd)
    isShared = isSocket || agim_is_pipe(fd)
    twin = isShared && !isSocket ? try? Descriptor.open("/proc/self/fd/\(fd)", O_WRONLY | O_NONBLOCK) : nil
  }

  /// Bytes that wait.
  package var pending: Int { buffer.count - head }
  /// Whether the reader is at the other end of a pipe or socket and can go away.
  package var hasReader: Bool { isShared && !isFinished }

  /// Appends a line as it came, and its newline.
  package func appendLine(_ line: Span<UInt8>) {
    buffer.appendLine(line)
    appended += Int64(line.count + 1)
  }

  /// Appends a line and its newline.
  package func appendLine(_ line: [UInt8]) { appendLine(line.span) }

  /// Appends bytes that are whole lines, or text for a person.
  package func append(_ bytes: [UInt8]) {
    buffer.append(contentsOf: bytes)
    appended += Int64(bytes.count)
  }

  /// Writes what can be written without waiting.
  ///
  /// - Returns: true when nothing is left.
  /// - Throws: `ReaderGone`, or `SystemError` such as a full disk; what was not written stays.
  @discardableResult
  package func pump() throws -> Bool {
    guard pending > 0 else { return true }
    lockIsBusy = false
    if hasReader, !locked {
      if agim_record_lock(fd, false) != 0 {
        // Systems without locks on pipes (ENOLCK, EINVAL) are no reason to say nothing.
        if errno == EAGAIN || errno == EACCES {
          lockIsBusy = true
          return false
        }
      } else {
        locked = true
      }
    }
    CrashPoint.reached()
    while pending > 0 {
      let wrote = writeOnce()
      if wrote > 0 {
        head += wrote
        written += Int64(wrote)
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN: return false
      case EPIPE, ECONNRESET: throw ReaderGone()
      default: throw SystemError("write", subject)
      }
    }
    buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 20)
    head = 0
    unlock()
    CrashPoint.reached()
    return true
  }

  /// Shows the reader the end of the output, while the process lives on; what is appended later goes nowhere.
  ///
  /// - Throws: `SystemError`; `ReaderGone`.
  package func finish() throws {
    guard try pump() else { return }
    let null = try Descriptor.open("/dev/null", O_WRONLY)
    guard dup2(null.number, fd) >= 0 else { throw SystemError("dup2", subject) }
    twin = nil
    isFinished = true
  }

  /// Whether the reader has been shown the end.
  package private(set) var isFinished = false

  /// Writes everything, waiting at most so many milliseconds; false when some is left.
  package func drain(limit milliseconds: Int64, clock: Clock = .system) throws -> Bool {
    let deadline = clock.monotonic() + milliseconds
    while try !pump() {
      let left = deadline - clock.monotonic()
      guard left > 0 else { return false }
      var wait = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
      if lockIsBusy {
        usleep(1000)
      } else {
        poll(&wait, 1, Int32(min(left, 1000)))
      }
    }
    return true
  }

  private func unlock() {
    guard locked else { return }
    _ = agim_record_unlock(fd)
    locked = false
  }

  private func writeOnce() -> Int {
    buffer.withUnsafeBytes { raw -> Int in
      guard let base = raw.baseAddress else { return 0 }
      let from = base + head
      let count = raw.count - head
      if isFinished { return write(fd, from, count) }
      if isSocket { return agim_send_now(fd, from, count) }
      if let twin { return write(twin.number, from, count) }
      guard isShared else { return write(fd, from, count) }
      // A pipe that polls writable takes PIPE_BUF bytes at once, see pipe(7).
      var ready = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
      guard poll(&ready, 1, 0) == 1 else {
        errno = EAGAIN
        return -1
      }
      return write(fd, from, min(count, 4096))
    }
  }
}

extension [UInt8] {
  /// Appends a line and its newline: one access to the buffer for both.
  fileprivate mutating func appendLine(_ line: Span<UInt8>) {
    line.withUnsafeBufferPointer { append(contentsOf: $0) }
    append(0x0A)
  }
}
