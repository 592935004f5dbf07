package import Console
internal import Glibc
internal import Settings
internal import System
internal import Text

/// What `agim start`, `stop` and `restart` do.
package enum PipeControl {
  /// Starts a pipeline and looks after it until it ends.
  ///
  /// - Throws: `Failure` with status 69 when it runs already.
  package static func start(_ pipe: PipeFile, programs: String) throws -> ExitCode {
    try pipe.check()
    try pipe.home.prepare()
    let isSupervised = ProcessGuard.variable("SYSTEMD_EXEC_PID") == "\(getpid())"
    try refuseSecond(pipe)
    // However we end, the pipeline ends with us.
    try ProcessGuard.startGuardian(.programs)
    guard let lock = try PipeLock.take(pipe, isSupervised: isSupervised) else {
      try refuseSecond(pipe)
      throw Failure(.temporary, "pipeline \(pipe.name) was just started by another process")
    }
    return try withExtendedLifetime(lock) { try PipeRunner(pipe, programs: programs).run() }
  }

  /// Starts a pipeline in the background.
  ///
  /// `program`: the path of the running `agim`.
  ///
  /// - Throws: `Failure` when it runs already, or ends at once.
  package static func startInBackground(_ pipe: PipeFile, program: String) throws {
    try pipe.check()
    try pipe.home.prepare()
    try refuseSecond(pipe)
    let log = try Descriptor.open(pipe.logPath, O_WRONLY | O_CREAT | O_APPEND)
    let child = try Child(
      [program, "start", "--", pipe.name], environment: ProcessGuard.environment,
      output: .share(log.number), errors: .share(log.number))
    // Half a second of life, because a mistake in the configuration shows at once.
    var lived = 0
    var worker = child.pid
    let deadline = Clock.system.monotonic() + 10_000
    while lived < 25 {
      guard child.reap() == nil else { throw endedAtOnce(pipe, child.wait()) }
      if let owner = try PipeLock.owner(pipe), ProcessTree.below(child.pid).contains(owner.pid) {
        worker = owner.pid
        lived += 1
      }
      guard Clock.system.monotonic() < deadline else {
        throw Failure(
          .temporary, "pipeline \(pipe.name) has not begun after 10 s",
          hint: "see \(Shown.path(pipe.logPath))")
      }
      usleep(20_000)
    }
    Log.notice("started", [("pipe", pipe.name), ("pid", "\(worker)"), ("log", pipe.logPath)])
  }

  /// Ends a pipeline: SIGTERM, ten seconds, SIGKILL.
  ///
  /// - Returns: false when it did not run.
  /// - Throws: `Failure` when it cannot be ended from here.
  package static func stop(_ pipe: PipeFile) throws -> Bool {
    guard let owner = try PipeLock.owner(pipe) else {
      try pipe.check()
      return false
    }
    guard !owner.isSupervised else {
      throw Failure(
        .unavailable, "pipeline \(pipe.name) is run by systemd, which would start it again",
        hint: "systemctl stop agim@\(pipe.name), or systemctl --user stop agim@\(pipe.name)")
    }
    try signal(owner, SIGTERM, pipe)
    if try hasEnded(pipe, owner, within: PipeRunner.patience + 5000) { return true }
    // Its guardian kills the stages.
    try signal(owner, SIGKILL, pipe)
    guard try hasEnded(pipe, owner, within: 10_000) else {
      throw Failure(.system, "pipeline \(pipe.name) (process \(owner.pid)) does not end")
    }
    return true
  }

  private static func refuseSecond(_ pipe: PipeFile) throws {
    guard let owner = try PipeLock.owner(pipe) else { return }
    throw Failure(
      .unavailable, "pipeline \(pipe.name) runs already, as process \(owner.pid)",
      hint: owner.isSupervised
        ? "systemd looks after it: systemctl status agim@\(pipe.name)"
        : "'agim restart \(pipe.name)' ends and starts it")
  }

  private static func signal(_ owner: PipeLock.Owner, _ number: Int32, _ pipe: PipeFile) throws {
    guard kill(owner.pid, number) != 0, errno != ESRCH else { return }
    throw Failure(
      .notPermitted,
      "cannot end process \(owner.pid) of pipeline \(pipe.name): "
        + String(cString: strerror(errno)))
  }

  private static func hasEnded(
    _ pipe: PipeFile, _ owner: PipeLock.Owner, within milliseconds: Int64
  ) throws -> Bool {
    let deadline = Clock.system.monotonic() + milliseconds
    while try PipeLock.owner(pipe) == owner {
      guard Clock.system.monotonic() < deadline else { return false }
      usleep(20_000)
    }
    return true
  }

  private static func endedAtOnce(_ pipe: PipeFile, _ status: ExitStatus) -> Failure {
    let said = PipeLog.end(of: pipe.logPath).map { "\n    \(displayEscaped($0))" }.joined()
    let code = [ExitCode.notPermitted, .configuration].first { .exited($0.number) == status }
    return Failure(
      code ?? .unavailable, "pipeline \(pipe.name) ended at once (\(status)); the end of its log:\(said)",
      hint: nil)
  }
}
