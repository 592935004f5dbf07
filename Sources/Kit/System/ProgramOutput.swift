internal import Glibc

/// Runs a small program for what it prints.
package enum ProgramOutput {
  /// Why there is no output.
  package enum Problem: Error, Equatable {
    /// The system refused to start it, for this reason.
    case cannotStart(String)
    /// It took longer than was allowed.
    case tooSlow(Duration)
    /// It printed more than so many bytes.
    case tooLong(Int)
    /// It failed.
    case ended(ExitStatus)
  }

  /// What the program printed; its input is empty.
  ///
  /// - Parameters:
  ///   - words: the program and its arguments.
  ///   - environment: the variables that it gets.
  ///   - errors: where its standard error goes.
  ///   - time: how long it may take.
  ///   - limit: how many bytes it may print.
  /// - Returns: the bytes.
  /// - Throws: `Problem`.
  package static func run(
    _ words: [String], _ environment: [String: String], errors: Stream = .share(2), time: Duration, limit: Int
  ) throws -> [UInt8] {
    let child: Child
    do {
      child = try Child(
        words, environment: environment.map { "\($0.key)=\($0.value)" }, output: .pipe, errors: errors)
    } catch {
      throw Problem.cannotStart(error.reason)
    }
    do {
      let output = try collect(child, time, limit)
      let status = child.wait()
      guard status == .exited(0) else { throw Problem.ended(status) }
      return output
    } catch {
      if child.reap() == nil {
        ProcessTree.signal(SIGKILL, below: child.pid)
        _ = child.wait()
      }
      throw error
    }
  }

  /// Reads until the program has ended: something it left behind may hold the pipe open for longer.
  private static func collect(_ child: Child, _ time: Duration, _ limit: Int) throws -> [UInt8] {
    let (seconds, attoseconds) = time.components
    let deadline = Clock.system.monotonic() + seconds * 1000 + attoseconds / 1_000_000_000_000_000
    var output: [UInt8] = []
    var isOpen = true
    while true {
      let left = deadline - Clock.system.monotonic()
      guard left > 0 else { throw Problem.tooSlow(time) }
      // poll(2) skips negative descriptors.
      let number = isOpen ? child.output?.number ?? -1 : -1
      var polls = [
        pollfd(fd: number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: child.ended.number, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&polls, 2, Int32(clamping: left)) >= 0 || errno == EINTR else {
        throw Problem.cannotStart(String(cString: strerror(errno)))
      }
      let hasEnded = polls[1].revents != 0
      while isOpen, let piece = try child.output?.read(upTo: 4096, subject: "pipe") {
        isOpen = !piece.isEmpty
        output += piece
        guard output.count <= limit else { throw Problem.tooLong(limit) }
      }
      if hasEnded { return output }
    }
  }
}
