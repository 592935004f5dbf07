internal import CPosix
internal import Glibc

/// The terminal that a process was started on.
package enum Terminal {
  /// Whether a descriptor is a terminal.
  package static func isTerminal(_ fd: Int32) -> Bool { isatty(fd) == 1 }

  /// Whether two descriptors are the same terminal.
  package static func areSame(_ one: Int32, _ other: Int32) -> Bool { agim_same_terminal(one, other) }

  /// The path of a terminal's device, nil where it cannot be told.
  package static func path(_ fd: Int32) -> String? {
    var buffer = [CChar](repeating: 0, count: 256)
    let found = buffer.withUnsafeMutableBufferPointer { space -> Bool in
      guard let start = space.baseAddress else { return false }
      return ttyname_r(fd, start, space.count) == 0
    }
    guard found else { return nil }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Opens a terminal a second time for writing without waiting.
  ///
  /// The flags of the descriptor that the process was given are shared with other processes.
  ///
  /// - Throws: `SystemError`.
  package static func openForDrawing(_ fd: Int32) throws(SystemError) -> Descriptor {
    let flags = O_WRONLY | O_NOCTTY | O_NONBLOCK
    if let path = path(fd), let opened = try? Descriptor.open(path, flags), areSame(opened.number, fd) {
      return opened
    }
    return try Descriptor.open("/dev/tty", flags)
  }

  /// Lets every key come as it is pressed; the old mode comes back with `leave()` or the end of the process.
  ///
  /// A process of the background is stopped by this, as by every change of a terminal.
  ///
  /// - Throws: `SystemError`.
  package static func enter(_ fd: Int32) throws(SystemError) {
    guard agim_terminal_enter(fd) == 0 else { throw SystemError("tcsetattr", "the terminal") }
  }

  /// Gives the terminal its old mode back.
  package static func leave() { agim_terminal_leave() }

  /// Does something during which the terminal does not show what is typed.
  ///
  /// Whatever stops or ends the process meanwhile gives the terminal back first. What is no terminal stays as it
  /// is.
  ///
  /// - Throws: what the body throws.
  package static func hushed<Value, Fault: Error>(
    _ fd: Int32, _ body: () throws(Fault) -> Value
  ) throws(Fault) -> Value {
    guard isTerminal(fd), agim_terminal_hush(fd) == 0 else { return try body() }
    defer { agim_terminal_unhush() }
    return try body()
  }

  /// Its height and width; nil where it does not know.
  package static func size(_ fd: Int32) -> (rows: Int, columns: Int)? {
    var rows: Int32 = 0
    var columns: Int32 = 0
    guard agim_terminal_size(fd, &rows, &columns) else { return nil }
    return (Int(rows), Int(columns))
  }

  /// Stops every process of our group but ourselves, as Ctrl-Z does.
  ///
  /// For a process that handles SIGTSTP: it gives the terminal back, and then calls `stopSelf()`.
  package static func stopGroup() { kill(0, SIGTSTP) }

  /// Stops this process until it is continued.
  package static func stopSelf() { agim_stop_self() }
}
