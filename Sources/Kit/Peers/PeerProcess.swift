internal import Glibc
package import System
package import Turns

/// A program that lives longer than a turn and speaks lines in both directions: what every agent with a
/// protocol of its own is for agim.
///
/// Nothing here waits: what the program does not read yet is kept, and its lines are handed on as they come.
package final class PeerProcess {
  /// What is started.
  package struct Launch {
    /// The program and its arguments.
    package var command: [String]
    /// Its whole environment, `NAME=value`.
    package var environment: [String]
    /// Where it starts.
    package var directory: String
    /// The value of its `AGIM_TURN`, which no other process has: what it leaves behind is found by it.
    package var mark: String
    /// How it reaches agim's own tools; nil where it cannot.
    package var scope: AgentScope?

    /// A program with all that it gets.
    package init(
      _ command: [String], environment: [String], directory: String, mark: String, scope: AgentScope? = nil
    ) {
      (self.command, self.environment, self.directory, self.mark) = (command, environment, directory, mark)
      self.scope = scope
    }
  }

  /// How a program ended.
  package struct End: Sendable {
    /// Its status.
    package let status: ExitStatus
    /// The last lines that it wrote to standard error, escaped for nobody.
    package let errors: String
    /// Why we ended it; nil when it left by itself.
    package let reason: String?
  }

  /// Called with every line that it prints, without the newline.
  package var onLine: ([UInt8]) throws -> Void = { _ in }
  /// Called when it prints a line that is too long; the line is lost.
  package var onTooLong: () throws -> Void = {}
  /// Called with whatever it writes to standard error, as it comes.
  package var onErrors: ([UInt8]) -> Void = { _ in }
  /// Called once, when it is gone and its last line was handed on.
  package var onEnd: (End) throws -> Void = { _ in }
  /// How many bytes it may still print before it is ended as one that floods; set anew for every turn.
  package var quota = PeerProcess.floodLimit

  /// Whether it still runs and has not been told to end.
  package var isAlive: Bool { !isOver && reason == nil }
  /// Whether it can be spoken to at this moment: its end may be there already, and not be noticed yet.
  package var canServe: Bool {
    isAlive && status == nil && child.reap() == nil && !ProcessTree.isDead(child.pid)
  }
  /// Its process id.
  package var pid: Int32 { child.pid }

  /// Bytes of a line; pictures and whole files travel in one.
  package static let lineLimit = 16 << 20
  /// Bytes that a program may print in a turn.
  package static let floodLimit = 64 << 20
  private static let waitingLimit = 64 << 20
  private static let errorLimit = 8192

  private let child: Child
  private let loop: EventLoop
  private let mark: String
  /// How it reaches agim's own tools; nil where it cannot.
  package let scope: AgentScope?
  private var reader = LineReader(limit: PeerProcess.lineLimit)
  private var watch: ChildWatch?
  private var timers: [EventLoop.Timer] = []
  private var writing: EventLoop.Watch?
  private var waiting: [UInt8] = []
  private var sent = 0
  private var isInputClosed = false
  private var closesInput = false
  private var errorTail: [UInt8] = []
  private var reason: String?
  private var status: ExitStatus? { watch?.status }
  private var isOver: Bool { watch?.isOver ?? false }

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - launch: What is started.
  ///   - loop: Who waits.
  /// - Throws: `SystemError` that names the program.
  package init(_ launch: Launch, loop: EventLoop) throws(SystemError) {
    child = try Child(
      launch.command, environment: launch.environment, directory: launch.directory, input: .pipe,
      output: .pipe, errors: .pipe)
    self.loop = loop
    mark = launch.mark
    scope = launch.scope
    watch = ChildWatch(
      child, loop: loop, output: { [weak self] in try self?.read($0) ?? false },
      errors: { [weak self] in self?.keep($0) }, onEnd: { [weak self] in try self?.ended($0) })
  }

  // MARK: - Speaking

  /// Sends a line; what the program does not take now is kept for it.
  package func send(_ line: [UInt8]) {
    guard !isInputClosed, !closesInput, !isOver else { return }
    guard waiting.count - sent + line.count <= Self.waitingLimit else {
      return end(because: "it did not read what it was sent")
    }
    waiting += line
    waiting.append(0x0A)
    write()
  }

  /// Ends its input behind what was sent: for most programs that means to finish and leave.
  package func closeInput() {
    closesInput = true
    write()
  }

  /// Ends the program and all it started: TERM, and five seconds later KILL.
  ///
  /// `onEnd` follows.
  package func end(because why: String) {
    guard !isOver else { return }
    if reason == nil { reason = why }
    guard status == nil else { return }
    ProcessTree.signal(SIGTERM, below: child.pid)
    timers.append(loop.after(5000) { [weak self] in self?.kill() })
  }

  /// Lets it leave by itself, for it has nothing to do: closes its input, and ends it when it stays.
  package func dismiss(because why: String) {
    guard isAlive else { return }
    closeInput()
    reason = why
    timers.append(loop.after(5000) { [weak self] in self?.end(because: why) })
  }

  private func kill() {
    guard !isOver, status == nil else { return }
    ProcessTree.signal(SIGKILL, below: child.pid)
  }

  private func write() {
    guard let input = child.input, !isInputClosed else { return }
    while sent < waiting.count {
      let wrote = waiting.withUnsafeBytes { raw in
        Glibc.write(input.number, raw.baseAddress.map { $0 + sent }, raw.count - sent)
      }
      if wrote > 0 {
        sent += wrote
      } else if errno == EAGAIN {
        if writing == nil { writing = loop.watchWriting(input.number) { [weak self] in self?.write() } }
        return
      } else if errno != EINTR {
        // It reads no more; its end will be told by its status.
        closesInput = true
        break
      }
    }
    writing?.cancel()
    writing = nil
    waiting.removeAll(keepingCapacity: waiting.capacity <= 1 << 20)
    sent = 0
    if closesInput {
      isInputClosed = true
      input.close()
    }
  }

  // MARK: - Listening

  /// Reads once; false at the end.
  private func read(_ output: Descriptor) throws -> Bool {
    let got = try reader.fill(from: output.number, subject: "a program")
    if got > 0 {
      quota -= got
      if quota < 0 { end(because: "it printed more than \(Self.floodLimit >> 20) MiB in one turn") }
    }
    while !isOver, let found = reader.next() {
      // What a program says that was told to end is of no interest any more, and may be endless.
      guard reason == nil || quota >= 0 else { continue }
      switch found {
      case .line(let range): try onLine(reader.bytes(range))
      case .tooLong: try onTooLong()
      }
    }
    return got != 0
  }

  private func keep(_ bytes: [UInt8]) {
    errorTail += bytes.suffix(Self.errorLimit)
    if errorTail.count > 2 * Self.errorLimit { errorTail.removeFirst(errorTail.count - Self.errorLimit) }
    onErrors(bytes)
  }

  // MARK: - The end

  private func ended(_ status: ExitStatus) throws {
    for timer in timers { timer.cancel() }
    writing?.cancel()
    if !isInputClosed { child.input?.close() }
    LeftOvers.end(of: child.pid, turn: mark)
    scope?.close()
    let lines = String(decoding: errorTail, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: true).suffix(10)
    try onEnd(End(status: status, errors: lines.joined(separator: "\n"), reason: reason))
  }
}
