internal import Glibc

/// A system call that failed, and on what.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The name of the call, as in its manual page.
  package let call: String
  /// The value of `errno`.
  package let errno: Int32
  /// The path, command or descriptor it was made for.
  package let subject: String

  /// Takes the reason from the thread's `errno`.
  package init(_ call: String, _ subject: String, errno reason: Int32 = Glibc.errno) {
    self.call = call
    self.errno = reason
    self.subject = subject
  }

  /// The reason in the system's words, such as `No space left on device`.
  package var reason: String { String(cString: strerror(errno)) }

  /// Whether nothing is there.
  package var isMissing: Bool { errno == ENOENT || errno == ENOTDIR }

  package var description: String { "\(subject): \(reason) (\(call))" }
}

/// Standard output's reader has gone: the process leaves with 141, as SIGPIPE would have made it.
package struct ReaderGone: Error {
  package init() {}
}
