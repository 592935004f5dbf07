package import Console
internal import Crypto
internal import Glibc
package import Journal
package import Settings
internal import Store
package import System
package import Wire

/// What every stage of a pipe has: home, settings, journal, loop, output, and the way it ends.
package final class Stage {
  /// The command's name without `agim-`, as it stands in `error` lines.
  package let name: String
  /// The home directory.
  package let home: Home
  /// What the configuration says; read again when its files change.
  package private(set) var settings: Settings
  /// Changes with every configuration that is read: for stages that make something of it.
  package private(set) var settingsNumber = 0
  /// The inbox and outbox.
  package let journal: Journal
  /// The loop.
  package let loop: EventLoop
  /// Standard output.
  package let output: OutputWriter
  /// Makes lines on the stage's clock.
  package var maker: LineMaker
  /// True once SIGTERM or SIGINT came: finish what was started.
  package private(set) var isStopping = false
  /// True while the store cannot be written: nothing new is read until it can.
  package private(set) var isTroubled = false
  /// True while `config.json` cannot be used as it is: the gate then denies all but plain reading.
  package private(set) var isConfigurationBroken = false
  /// Why the stage ends with an error although it finishes what was started.
  package var ending: Failure?
  private var lastLook: Int64 = 0
  private var listener: Descriptor?
  private var orphans = OrphanReaper()
  /// Called when SIGTERM or SIGINT comes.
  package var onStop: () throws -> Void = {}

  /// Opens everything; on a loop that runs already, with its output, where one is given.
  ///
  /// - Throws: `Failure`.
  package init(_ name: String, clock: Clock = .system, loop running: EventLoop? = nil) throws {
    self.name = name
    home = try Home.locate()
    // First, because it may find that the directory is another program's.
    settings = try Settings.load(home)
    try home.prepare()
    let pipe = try Home.pipe
    let paths = Journal.Paths(database: home.database, run: home.run, wake: home.wake)
    do {
      journal = try Journal(paths: paths, pipe: pipe, clock: clock)
    } catch {
      throw Self.failure(error)
    }
    journal.backlog = settings.limits.backlog.milliseconds
    journal.store.database.onLongWait = {
      Log.warning("the store is locked by another process; waiting")
    }
    let loop = running ?? EventLoop(clock: clock)
    self.loop = loop
    output = loop.output ?? OutputWriter(fd: 1)
    loop.output = output
    // After the output was opened a second time: /proc is closed to us from here on, too.
    ProcessGuard.protectMemory()
    maker = LineMaker(clock: clock)
    journal.store.database.isHurried = { [unowned self] in isStopping || loop.hasPendingSignal }
  }

  /// Runs the loop until the stage is finished, and closes the journal.
  ///
  /// - Throws: `Failure`, `ReaderGone`.
  package func run() throws {
    defer { journal.close() }
    try loop.onSignals([SIGTERM, SIGINT, SIGHUP]) { [unowned self] number in
      if number == SIGHUP { return rereadSettings() }
      guard !isStopping else { return }
      isStopping = true
      Log.info("stopping")
      Log.tellSupervisor("STOPPING=1")
      // Within ten seconds we are gone, whatever still hangs.
      loop.after(8000) { [unowned self] in loop.stop() }
      try onStop()
    }
    scheduleTidying(after: 5000)
    if OrphanReaper.isNeeded { every(30_000) { [unowned self] in orphans.look() } }
    Log.tellSupervisor("READY=1")
    do {
      try loop.run()
      guard try output.drain(limit: isStopping ? 1000 : .max / 2) else {
        throw Failure(.temporary, "standard output was not read in time; what is missing is printed again")
      }
      if let ending { throw ending }
    } catch {
      throw Self.failure(error)
    }
  }

  /// Whether the system tells when others commit; otherwise the store is looked at again and again.
  package var hearsOthers: Bool { listener != nil }

  /// Calls the handler whenever another process has committed something to wait for, and once soon.
  ///
  /// Not at once: closing what listens costs the kernel milliseconds, and a stage whose input is empty
  /// should not pay for it.
  package func whenOthersCommit(_ handler: @escaping () throws -> Void) {
    loop.after(50) { [unowned self] in
      listener = journal.listen()
      if let listener {
        loop.watch(listener.number) {
          WakeFile.clear(listener)
          try handler()
        }
      } else {
        lookEverySecond(handler)
      }
      try handler()
    }
  }

  private func lookEverySecond(_ handler: @escaping () throws -> Void) {
    loop.after(1000) { [unowned self] in
      try handler()
      lookEverySecond(handler)
    }
  }

  /// Tries to store something; a full disk or a long lock is waited out, with a word about it.
  ///
  /// - Returns: false when it could not be stored now: keep it, the loop comes by again in a second.
  package func attempt(_ body: () throws -> Void) throws -> Bool {
    do {
      try body()
      if isTroubled {
        isTroubled = false
        Log.notice("the store can be written again")
      }
      return true
    } catch let error where Self.mayPass(error) {
      if isStopping { throw Self.failure(error) }
      // On a full disk the log may be all that is in the way.
      journal.store.checkpoint(ifPast: 0)
      if !isTroubled {
        isTroubled = true
        Log.warning("cannot write the store; keeping what there is and trying again: \(error)")
      }
      loop.after(1000) {}
      return false
    }
  }

  /// Does something to the store now or, while that cannot be written, again every second.
  package func untilStored(_ body: @escaping () throws -> Void) throws {
    guard try !attempt(body) else { return }
    loop.after(1000) { [unowned self] in try untilStored(body) }
  }

  /// Does something again and again.
  package func every(_ milliseconds: Int64, _ body: @escaping () throws -> Void) {
    loop.after(milliseconds) { [unowned self] in
      try body()
      every(milliseconds, body)
    }
  }

  /// Reads the configuration again if its files have changed; one that is invalid is told about, and the
  /// old one stays in force.
  ///
  /// At most once a second; `atOnce` is for what must not be decided by what was true a moment ago.
  package func refreshSettings(atOnce: Bool = false) {
    let now = loop.clock.monotonic()
    guard atOnce || now - lastLook >= 1000 else { return }
    rereadSettings()
  }

  private func rereadSettings() {
    lastLook = loop.clock.monotonic()
    do {
      guard let fresh = try settings.reloadIfChanged(home) else { return }
      settings = fresh
      settingsNumber += 1
      isConfigurationBroken = false
      journal.backlog = fresh.limits.backlog.milliseconds
      Log.notice("configuration read again")
    } catch {
      isConfigurationBroken = true
      Log.warning("the configuration is invalid, the old one stays in force: \(error)")
    }
  }

  private func scheduleTidying(after delay: Int64) {
    loop.after(delay) { [unowned self] in
      let keep = settings.keep
      try? journal.tidy(
        Journal.Keep(
          inbox: keep.inbox.milliseconds, outbox: keep.outbox.milliseconds,
          sessionIdle: keep.sessionIdle.milliseconds, session: keep.session.milliseconds,
          audit: keep.audit.milliseconds))
      scheduleTidying(after: 600_000)
    }
  }

  private static func mayPass(_ error: any Error) -> Bool {
    if let error = error as? StoreError { return error.kind == .full || error.kind == .locked }
    if let error = error as? SystemError { return error.errno == ENOSPC || error.errno == EDQUOT }
    return false
  }

  /// A command's body whose errors of the layers below become failures with a status and a hint.
  package static func body(
    _ run: @escaping @Sendable (Arguments) throws -> ExitCode
  ) -> @Sendable (Arguments) throws -> ExitCode {
    { arguments in
      do {
        return try run(arguments)
      } catch {
        throw failure(error)
      }
    }
  }

  /// The exit status and the words for an error of the layers below.
  package static func failure(_ error: any Error) -> any Error {
    if let error = error as? SystemError {
      switch error.errno {
      case ENOSPC, EDQUOT:
        if error.subject == "standard output" { return error }
        return Failure(.temporary, "no space: \(error)", hint: "nothing is lost; make room and try again")
      case EROFS, EACCES:
        guard ["open", "mkdir", "rename"].contains(error.call) else { return error }
        return Failure(
          .cannotCreate, "\(error)", hint: "check the owner and mode of AGIM_HOME and its file system")
      default: return error
      }
    }
    if let error = error as? CryptoError { return Failure(.unavailable, "\(error)") }
    guard let error = error as? StoreError else { return error }
    switch error.kind {
    case .locked:
      return Failure(
        .temporary, "another process keeps the store locked: \(error)", hint: "nothing is lost; try again")
    case .full:
      return Failure(
        .temporary, "no space for the store: \(error)", hint: "nothing is lost; make room and try again")
    case .readOnly, .cannotOpen:
      return Failure(
        .cannotCreate, "the store cannot be written: \(error)",
        hint: "check the owner and mode of AGIM_HOME and its file system")
    case .corrupt:
      return Failure(
        .dataError, "the store is damaged: \(error)",
        hint: "stop every agim command, then restore a copy made by 'agim-queue backup', or see agim-store(5)"
      )
    case .tooNew: return Failure(.unavailable, "\(error)", hint: "use that agim, or another AGIM_HOME")
    case .inputOutput: return Failure(.ioError, "the store cannot be read or written: \(error)")
    case .other: return Failure(.software, "\(error)")
    }
  }
}
