package import Console
internal import Glibc
internal import Settings
internal import System

/// Looks after one pipeline: starts it under bash, starts it again when it fails, and ends all of it.
package final class PipeRunner {
  private let pipe: PipeFile
  private let programs: String
  private let loop = EventLoop(clock: .system)
  private let log: PipeLog?
  private var backoff = Backoff()
  private var child: Child?
  private var watch: EventLoop.Watch?
  private var isStopping = false
  private var code = ExitCode.ok

  /// How long the stages have to finish what they started.
  static let patience: Int64 = 10_000

  /// Looks after a pipeline; `programs` is the directory whose commands it finds first.
  package init(_ pipe: PipeFile, programs: String) {
    self.pipe = pipe
    self.programs = programs
    log = PipeLog(pipe)
  }

  /// Runs it until it ends by itself or a signal comes.
  ///
  /// - Returns: 0 after a signal or when the pipeline ended with 0, or 77 or 78, with which it gave up.
  /// - Throws: `Failure`, `SystemError`.
  package func run() throws -> ExitCode {
    try loop.onSignals([SIGTERM, SIGINT, SIGHUP]) { [unowned self] number in
      Log.notice("stopping", [("pipe", pipe.name), ("signal", "\(number)")])
      guard !isStopping, child != nil else {
        // A second time, or between two runs: nothing is worth waiting for.
        killAll()
        return loop.stop()
      }
      isStopping = true
      signalStages(SIGTERM)
      loop.after(Self.patience) { [unowned self] in
        Log.warning("not all stages have ended; killing them", [("pipe", pipe.name)])
        killAll()
      }
    }
    log?.trim()
    everyMinute()
    try start()
    try loop.run()
    return code
  }

  private func start() throws {
    let started: Child
    do {
      started = try Child(
        ["bash", "-o", "pipefail", "--", pipe.path], environment: environment, directory: pipe.home.path,
        output: .share(1), errors: .share(2))
    } catch {
      guard error.errno == ENOENT else { throw error }
      throw Failure(
        .unavailable, "bash is not installed", hint: "install the package bash: pipelines are written in it")
    }
    child = started
    backoff.began(at: loop.clock.monotonic())
    Log.notice("started", [("pipe", pipe.name), ("pid", "\(started.pid)")])
    watch = loop.watch(started.ended.number) { [unowned self] in
      watch?.cancel()
      try ended(started.wait())
    }
  }

  private var environment: [String] {
    let replaced = ["AGIM_HOME", "AGIM_PIPE", "PATH", "SYSTEMD_EXEC_PID", "NOTIFY_SOCKET"]
    let path = ProcessGuard.variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
    let kept = ProcessGuard.environment.filter { entry in
      !replaced.contains { entry.hasPrefix("\($0)=") }
    }
    return kept + ["AGIM_HOME=\(pipe.home.path)", "AGIM_PIPE=\(pipe.name)", "PATH=\(programs):\(path)"]
  }

  /// bash has ended; stages that it no longer waited for may not have.
  private func ended(_ status: ExitStatus) throws {
    if !isStopping { signalStages(SIGTERM) }
    let deadline = loop.clock.monotonic() + Self.patience
    try untilAllHaveEnded(deadline) { [unowned self] in try settle(status) }
  }

  private func untilAllHaveEnded(_ deadline: Int64, _ then: @escaping () throws -> Void) throws {
    reap()
    if ProcessTree.children().isEmpty {
      child = nil
      return try then()
    }
    if loop.clock.monotonic() > deadline { killAll() }
    loop.after(20) { [unowned self] in try untilAllHaveEnded(deadline, then) }
  }

  private func settle(_ status: ExitStatus) throws {
    let number = status.shellStatus
    let values = [("pipe", pipe.name), ("status", "\(number)")]
    if isStopping || number == 0 {
      Log.notice(isStopping ? "stopped" : "ended", values)
      return loop.stop()
    }
    if let final = [ExitCode.notPermitted, .configuration].first(where: { $0.number == number }) {
      Log.failure(
        Failure(
          final, "pipeline \(pipe.name) ended with status \(number) and is not started again",
          hint: final == .configuration
            ? "mend the configuration as its messages say, then 'agim start \(pipe.name)'"
            : "its messages say what is not permitted"))
      code = final
      return loop.stop()
    }
    let pause = backoff.next(at: loop.clock.monotonic(), random: loop.clock.random())
    Log.warning("ended, starting again", values + [("in", "\(pause) ms")])
    loop.after(pause) { [unowned self] in try start() }
  }

  /// The stages are the process group of bash; agents are below agim-run, which ends them itself.
  private func signalStages(_ number: Int32) {
    if let child { kill(-child.pid, number) }
  }

  private func killAll() {
    for pid in ProcessTree.below(getpid()).dropFirst() { kill(pid, SIGKILL) }
  }

  /// Forgets processes that bash left to us, a subreaper, and that have ended.
  private func reap() {
    for pid in ProcessTree.children() where pid != child?.pid || child?.status != nil {
      waitpid(pid, nil, WNOHANG)
    }
  }

  private func everyMinute() {
    loop.after(60_000) { [unowned self] in
      reap()
      log?.trim()
      everyMinute()
    }
  }
}
