internal import Console
internal import Glibc
internal import Settings
package import Stage
internal import Store
package import System

/// One run of a program for one turn: its output is the reply as it grows.
package final class ProgramTurn {
  /// What is run.
  package struct Launch {
    /// The program and its arguments.
    package var command: [String]
    /// Its whole environment, `NAME=value`.
    package var environment: [String]
    /// Where it starts.
    package var directory: String
    /// What it reads.
    package var input: [UInt8]
    /// Its name for people, and the key of its progress lines.
    package var name: String
    /// The key of its progress lines.
    package var key: String

    /// A program with all that it gets.
    package init(
      _ command: [String], environment: [String], directory: String, input: [UInt8], name: String, key: String
    ) {
      (self.command, self.environment, self.directory) = (command, environment, directory)
      (self.input, self.name, self.key) = (input, name, key)
    }
  }

  /// Called before the turn ends.
  package var onEnd: () -> Void = {}
  /// Ends the turn of a program that left by itself: its status, its output, the last lines of its errors.
  package var finish: (ExitStatus, String, String) -> Void = { _, _, _ in }

  private let turn: Turn
  private let launch: Launch
  private let stage: Stage
  private let lineFile: String
  private var child: Child?
  private var watch: ChildWatch?
  private var feeder: InputFeeder?
  private var out: [UInt8] = []
  private var dropped = 0
  private var errorTail: [UInt8] = []
  private var isAnnounced = false
  private var timers: [EventLoop.Timer] = []
  private var status: ExitStatus? { watch?.status }

  private static let errorLimit = 8192

  /// A run that `start` begins.
  package init(_ turn: Turn, _ launch: Launch, stage: Stage) {
    self.turn = turn
    self.launch = launch
    self.stage = stage
    lineFile = Self.lineFile(turn, stage)
  }

  /// The file that holds the message while its turn runs.
  ///
  /// Named after the process, so that what a killed one leaves is found.
  package static func lineFile(_ turn: Turn, _ stage: Stage) -> String {
    "\(stage.home.run)/\(turn.row.holder).line-\(turn.replyID)"
  }

  /// Starts the program.
  ///
  /// - Throws: `SystemError`.
  package func start() throws {
    try Files.write(turn.row.line + [0x0A], to: lineFile)
    let child: Child
    do {
      child = try Child(
        launch.command, environment: launch.environment, directory: launch.directory, input: .pipe,
        output: .pipe,
        errors: .pipe)
    } catch {
      unlink(lineFile)
      throw error
    }
    self.child = child
    let loop = stage.loop
    watch = ChildWatch(
      child, loop: loop, output: ChildWatch.bytes { [weak self] in self?.take($0) },
      errors: { [weak self] bytes in
        guard let self else { return }
        turn.activity()
        errorTail += bytes
        if errorTail.count > 2 * Self.errorLimit { errorTail.removeFirst(errorTail.count - Self.errorLimit) }
      }, onEnd: { [weak self] in self?.ended($0) })
    // Most programs are done by then; about the others people want to know that they are at work.
    timers.append(
      loop.after(1000) { [weak self] in
        guard let self, self.child != nil else { return }
        isAnnounced = true
        turn.action(key: launch.key, phase: "started", title: launch.name)
      })
    if let input = child.input { feeder = InputFeeder(launch.input, to: input, loop: loop) }
  }

  /// Ends the program and everything it started: TERM, and five seconds later KILL.
  package func kill() {
    guard let child, status == nil else { return }
    ProcessTree.signal(SIGTERM, below: child.pid)
    timers.append(
      stage.loop.after(5000) { [weak self] in
        guard let self, self.child != nil else { return }
        ProcessTree.signal(SIGKILL, below: child.pid)
      })
  }

  private func take(_ bytes: [UInt8]) {
    let room = turn.settings.outputLimit - out.count
    out += bytes.prefix(max(0, room))
    dropped += max(0, bytes.count - max(0, room))
    // Half a character at the end is not shown yet.
    if out.count < LongText.limit { turn.progress(Self.text(out)) } else { turn.activity() }
  }

  private func ended(_ status: ExitStatus) {
    guard let child else { return }
    feeder?.cancel()
    for timer in timers { timer.cancel() }
    LeftOvers.end(of: child.pid, turn: turn.replyID)
    if isAnnounced { turn.action(key: launch.key, phase: "done", title: launch.name, detail: "\(status)") }
    self.child = nil
    unlink(lineFile)
    onEnd()
    report(status)
  }

  private func report(_ status: ExitStatus) {
    var text = Self.text(out)
    while text.last == "\n" || text.last == "\r\n" { text.removeLast() }
    if dropped > 0 {
      text += "\n\n[… \(dropped) bytes more than the limit of \(turn.settings.outputLimit) were left out]"
    }
    if turn.abortReason != nil { return turn.failStopped(text) }
    let tail = Self.text(errorTail).split(separator: "\n", omittingEmptySubsequences: true).suffix(10)
    finish(status, text, tail.joined(separator: "\n"))
  }

  /// The text of bytes, without a character that has only begun.
  private static func text(_ bytes: [UInt8]) -> String {
    var end = bytes.count
    var back = 0
    while end > 0, back < 3, bytes[end - 1] & 0xC0 == 0x80 {
      end -= 1
      back += 1
    }
    if end > 0, bytes[end - 1] >= 0xC0 {
      let need = bytes[end - 1] >= 0xF0 ? 3 : bytes[end - 1] >= 0xE0 ? 2 : 1
      end = back < need ? end - 1 : bytes.count
    } else {
      end = bytes.count
    }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }
}
