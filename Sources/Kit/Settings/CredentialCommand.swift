internal import Glibc
internal import System

/// Runs the program of a credential.
enum CredentialCommand {
  /// Why there is no secret.
  enum Problem: Error, Equatable {
    case cannotStart(String)
    case tooSlow(Duration)
    case tooLong(Int)
    case ended(ExitStatus)

    var words: String {
      switch self {
      case .cannotStart(let reason): "cannot be started: \(reason)"
      case .tooSlow(let time): "took longer than \(DurationText.format(time))"
      case .tooLong(let limit): "printed more than \(limit) bytes"
      case .ended(let status): "ended with \(status)"
      }
    }
  }

  /// What the program printed; its standard error is ours, its input is empty.
  static func run(
    _ words: [String], _ environment: [String: String], time: Duration, limit: Int
  ) throws -> [UInt8] {
    let child: Child
    do {
      child = try Child(words, environment: environment.map { "\($0.key)=\($0.value)" }, output: .pipe)
    } catch {
      throw Problem.cannotStart(error.reason)
    }
    do {
      let output = try collect(child, Clock.system.monotonic() + time.milliseconds, time, limit)
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
  private static func collect(_ child: Child, _ deadline: Int64, _ time: Duration, _ limit: Int) throws
    -> [UInt8]
  {
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
