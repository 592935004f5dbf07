internal import Glibc

/// One run of a program that answers with what it prints, within limits of time and output.
///
/// The program, everything it started and everything that moved away from it are ended with it.
package final class ProgramRun {
  /// How it ended.
  package struct Result: Sendable {
    /// Its status.
    package let status: ExitStatus
    /// What it printed, up to the limit.
    package let output: [UInt8]
    /// Bytes that were printed beyond the limit.
    package let dropped: Int
    /// The end of what it printed on standard error.
    package let errors: [UInt8]
    /// Whether it was ended because its time was over.
    package let isLate: Bool
  }

  private let child: Child
  private let loop: EventLoop
  private let mark: String
  private let limit: Int
  private let onOutput: (([UInt8]) throws -> Void)?
  private let onEnd: (Result) throws -> Void
  private var feeder: InputFeeder?
  private var watch: ChildWatch?
  private var timers: [EventLoop.Timer] = []
  private var output: [UInt8] = []
  private var errors: [UInt8] = []
  private var kept = 0
  private var dropped = 0
  private var isLate = false
  private var status: ExitStatus? { watch?.status }
  /// Whether it and all it started are gone.
  package var isOver: Bool { watch?.isOver ?? false }

  private static let errorLimit = 4096
  /// The variable by which everything that a run started is found.
  package static let markName = "AGIM_TURN"

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - command: the program and its arguments.
  ///   - environment: its whole environment, to which `AGIM_TURN` is added.
  ///   - mark: a text that no other run has, the value of `AGIM_TURN`.
  ///   - directory: where it starts.
  ///   - input: what it gets on standard input.
  ///   - milliseconds: how long it may take; then it gets SIGTERM, and two seconds later SIGKILL.
  ///   - limit: how many bytes of its output are kept.
  ///   - loop: who waits.
  ///   - onOutput: gets its output as it comes, up to the limit, instead of the result.
  ///   - onEnd: called once, when it and all it started are gone.
  /// - Throws: `SystemError` when it cannot be started.
  package init(
    _ command: [String], environment: [String: String], mark: String, directory: String? = nil,
    input: [UInt8] = [], milliseconds: Int64, limit: Int, loop: EventLoop,
    onOutput: (([UInt8]) throws -> Void)? = nil, onEnd: @escaping (Result) throws -> Void
  ) throws(SystemError) {
    var variables = environment
    variables[Self.markName] = mark
    child = try Child(
      command, environment: variables.map { "\($0.key)=\($0.value)" }.sorted(), directory: directory,
      input: .pipe, output: .pipe, errors: .pipe)
    self.loop = loop
    self.mark = mark
    self.limit = limit
    self.onOutput = onOutput
    self.onEnd = onEnd
    watch = ChildWatch(
      child, loop: loop, output: ChildWatch.bytes { [weak self] in try self?.keep($0) },
      errors: { [weak self] bytes in
        guard let self else { return }
        errors += bytes
        if errors.count > Self.errorLimit { errors.removeFirst(errors.count - Self.errorLimit) }
      }, onEnd: { [weak self] in try self?.ended($0) })
    timers.append(
      loop.after(milliseconds) { [weak self] in
        guard let self, status == nil else { return }
        isLate = true
        end()
      })
    if let pipe = child.input { feeder = InputFeeder(input, to: pipe, loop: loop) }
  }

  /// Ends the program and everything it started.
  package func end() {
    guard status == nil else { return }
    ProcessTree.signal(SIGTERM, below: child.pid)
    timers.append(loop.after(2000) { [weak self] in self?.kill() })
  }

  /// Ends the program and everything it started at once: for a process that is about to leave.
  package func kill() {
    if status == nil {
      ProcessTree.signal(SIGKILL, below: child.pid)
    } else {
      // Its number may be another's by now; that of its group only where somebody of it is left.
      Glibc.kill(-child.pid, SIGKILL)
    }
    // What made a session of its own.
    ProcessTree.end(where: Self.markName, is: mark)
  }

  private func keep(_ bytes: [UInt8]) throws {
    let room = max(0, limit - kept)
    kept += min(room, bytes.count)
    if let onOutput {
      try onOutput(Array(bytes.prefix(room)))
    } else {
      output += bytes.prefix(room)
    }
    dropped += max(0, bytes.count - room)
  }

  private func ended(_ status: ExitStatus) throws {
    for timer in timers { timer.cancel() }
    feeder?.cancel()
    kill()
    try onEnd(Result(status: status, output: output, dropped: dropped, errors: errors, isLate: isLate))
  }
}
