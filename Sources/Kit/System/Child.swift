internal import CPosix
internal import Glibc

/// How a child process ended.
package enum ExitStatus: Equatable, Sendable, CustomStringConvertible {
  /// It left with a status from 0 to 255.
  case exited(Int32)
  /// A signal ended it.
  case signalled(Int32)

  /// The status as a shell gives it: 128 plus the number of the signal.
  package var shellStatus: Int32 {
    switch self {
    case .exited(let status): status
    case .signalled(let number): 128 + number
    }
  }

  package var description: String {
    switch self {
    case .exited(let status): "exit status \(status)"
    case .signalled(let number): "signal \(number)"
    }
  }
}

/// What a child gets on one of its three standard descriptors.
package enum Stream {
  /// `/dev/null`.
  case null
  /// A pipe whose other end is ours.
  case pipe
  /// A descriptor of ours, which stays open here; one below 3 only in its own place.
  case share(Int32)
}

/// A child process, started by posix_spawn, in a session of its own.
package final class Child {
  /// Its process id, which is also that of its session.
  package let pid: Int32
  /// Our end of its standard input, when it is a pipe.
  package let input: Descriptor?
  /// Our end of its standard output, when it is a pipe; non-blocking.
  package let output: Descriptor?
  /// Our end of its standard error, when it is a pipe; non-blocking.
  package let errors: Descriptor?
  /// Readable once the process has ended.
  package let ended: Descriptor
  /// How it ended, after `reap()` found that it has.
  package private(set) var status: ExitStatus?

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - command: the program (looked up in `PATH` of the environment when it has no slash) and its
  ///     arguments.
  ///   - environment: the whole environment, `NAME=value`.
  ///   - directory: where it starts; nil for ours.
  ///   - input: its standard input.
  ///   - output: its standard output.
  ///   - errors: its standard error.
  /// - Throws: `SystemError` that names the program.
  package init(
    _ command: [String], environment: [String], directory: String? = nil, input: Stream = .null,
    output: Stream = .null, errors: Stream = .share(2)
  ) throws(SystemError) {
    guard let name = command.first else { throw SystemError("posix_spawn", "no program", errno: ENOENT) }
    let path = try Self.find(name, environment: environment)
    var ours: [Descriptor?] = [nil, nil, nil]
    var theirs: [Descriptor] = []
    var numbers: [Int32] = [-1, -1, -1]
    for (index, stream) in [input, output, errors].enumerated() {
      switch stream {
      case .null: break
      case .share(let fd): numbers[index] = fd
      case .pipe:
        let (reading, writing) = try Descriptor.pipe()
        ours[index] = index == 0 ? writing : reading
        theirs.append(index == 0 ? reading : writing)
        numbers[index] = theirs[theirs.count - 1].number
        ours[index]?.setNonBlocking()
      }
    }
    pid = try Self.spawn(path, command, environment, directory, numbers)
    let fd = agim_pidfd(pid)
    guard fd >= 0 else {
      let failure = SystemError("pidfd_open", name)
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw failure
    }
    ended = Descriptor(fd)
    (self.input, self.output, self.errors) = (ours[0], ours[1], ours[2])
  }

  /// Looks whether it has ended, without waiting.
  package func reap() -> ExitStatus? {
    if status == nil {
      var raw: Int32 = 0
      let ended = waitpid(pid, &raw, WNOHANG)
      if ended == pid {
        status = raw & 0x7F == 0 ? .exited(raw >> 8 & 0xFF) : .signalled(raw & 0x7F)
      } else if ended < 0, errno == ECHILD {
        // Somebody else has asked: how it ended nobody can say any more, and it must not be waited for.
        status = .signalled(SIGKILL)
      }
    }
    return status
  }

  /// Waits until it has ended.
  package func wait() -> ExitStatus {
    while true {
      if let status = reap() { return status }
      var ready = pollfd(fd: ended.number, events: Int16(POLLIN), revents: 0)
      poll(&ready, 1, -1)
    }
  }

  private static func find(_ name: String, environment: [String]) throws(SystemError) -> String {
    if name.utf8.contains(UInt8(ascii: "/")) { return name }
    let path = environment.first { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? "/usr/local/bin:/usr/bin:/bin"
    for directory in path.split(separator: ":") {
      let candidate = "\(directory)/\(name)"
      if access(candidate, X_OK) == 0 { return candidate }
    }
    throw SystemError("posix_spawn", name, errno: ENOENT)
  }

  private static func spawn(
    _ path: String, _ command: [String], _ environment: [String], _ directory: String?, _ fds: [Int32]
  ) throws(SystemError) -> Int32 {
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    let pid = agim_spawn(path, &arguments, &variables, directory, fds, true)
    guard pid > 0 else { throw SystemError("posix_spawn", path) }
    return pid
  }
}
