internal import Console
internal import Glibc
internal import Journal
internal import Limits
internal import Settings
internal import Store
internal import System

/// The store: version, damage, the log, and rows that wait for somebody.
extension Doctor {
  mutating func examineStore() {
    examineLibrary()
    guard access(home.database, F_OK) == 0 else {
      add(.note, "store", "there is no store yet", mend: "the first command that accepts something makes it")
      return
    }
    do {
      let store = try Store(reading: home.database)
      defer { store.database.close() }
      try examine(store)
    } catch let error as StoreError {
      add(.error, "store", "\(error)", mend: Self.mend(error.kind))
    } catch {
      add(.error, "store", "\(error)")
    }
    examineLog()
  }

  private mutating func examine(_ store: Store) throws {
    let now = clock.now()
    let found = try Problem.all(in: store, at: now) { Holder.isDead($0, directory: home.run) }
    let damage = found.filter { $0.kind == .store }
    guard damage.isEmpty else {
      for problem in damage.prefix(5) {
        add(.error, "store", "the store is damaged: \(problem.text)", mend: Self.mend(.corrupt))
      }
      return
    }
    add(.ok, "store", "\(Shown.path(home.database)) is sound")
    let clocks = found.filter { $0.kind == .clock }
    if let first = clocks.first {
      add(
        .error, "clock", "\(clocks.count) rows are from the future, such as: \(first.text)",
        mend: "set the clock; see 'timedatectl'")
    } else {
      add(.ok, "clock", "it is \(now), and nothing in the store is from the future")
    }
    let held = found.count { $0.kind == .held }
    if held > 0 {
      add(
        .warning, "held", "\(held) messages or replies were too old to be run or sent unasked",
        mend: "'agim-queue list' shows them, 'agim-queue retry ID' runs or sends one, 'drop ID' does not")
    }
    let orphans = found.count { $0.kind == .orphan }
    if orphans > 0 {
      add(
        .warning, "holders", "\(orphans) messages or replies are in the hands of dead processes",
        mend: "start their pipeline: it takes them over")
    }
    let (dead, refused) = try store.failures(since: now + -86_400_000)
    if dead + refused > 0 {
      add(
        .note, "dead",
        "in the last day \(dead) messages ended without an answer and \(refused) replies "
          + "were refused",
        mend: "'agim-queue list --all' says why")
    }
    examineHolders()
    let waiting = try store.openJobs().count { $0.state == .new && now - $0.since > 60_000 }
    if waiting > 0 {
      add(
        .warning, "jobs", "\(waiting) jobs wait, and nobody runs them",
        mend: "start 'agim-recv job | agim-run | agim-send', see agim-recv(1)")
    }
    // Two minutes: cron comes by every minute.
    let overdue = try store.dueReminders(kind: nil, at: now + -120_000, limit: 1000).count
    if overdue > 0 {
      add(
        .warning, "reminders", "\(overdue) reminders are due, and nobody prints them",
        mend: "start 'agim-remind watch | agim-route | agim-approve | agim-run | agim-send', "
          + "see agim-remind(1)")
    }
    for (agent, breaker) in try Status.Limited(home, store, at: now).breakers {
      add(
        .warning, "breaker", "agent \(agent) is \(Status.Limited.words(breaker, at: now))",
        mend: "find out why with its own program; 'agim reset \(Shown.path(agent))' lets it be tried at once")
    }
  }

  private mutating func examineHolders() {
    var living = 0
    var left = 0
    for name in Self.names(in: home.run) where name.utf8.count == 36 {
      // Looked at without touching it: a process may be about to take it.
      if (try? FileLock.isTaken("\(home.run)/\(name)")) == true { living += 1 } else { left += 1 }
    }
    add(
      .ok, "holders",
      "\(living) processes have something in hand"
        + (left > 0 ? "; \(left) lock files of dead ones are left, which is harmless" : ""))
  }

  private mutating func examineLog() {
    var status = stat()
    guard stat(home.database + "-wal", &status) == 0 else { return }
    let size = Int64(status.st_size)
    if size > 4 * Int64(Journal.logLimit) {
      add(
        .warning, "log", "the store's log has grown to \(Status.bytes(size))",
        mend:
          "a process that reads for long keeps it from being copied: 'fuser \(Shown.shellWord(home.database))' "
          + "shows who; it shrinks when that ends")
    } else {
      add(.ok, "log", "the store's log has \(Status.bytes(size))")
    }
  }

  private mutating func examineLibrary() {
    guard Store.libraryHasResetFault else {
      add(.ok, "sqlite", "SQLite \(Store.libraryVersion)")
      return
    }
    add(
      .note, "sqlite",
      "SQLite \(Store.libraryVersion) has the WAL-reset fault (mended in 3.51.3); agim "
        + "copies its log in the one way that is safe from it",
      mend: "let no other program write to agim.db")
  }

  private static func mend(_ kind: StoreError.Kind) -> String {
    switch kind {
    case .locked: "a process keeps the store locked: end it, or wait"
    case .full: "make room on the disk"
    case .readOnly, .cannotOpen: "check the owner and mode of AGIM_HOME, and its file system"
    case .corrupt: "stop every agim command, then restore a copy made by 'agim-queue backup'"
    case .tooNew: "use that agim, or another AGIM_HOME"
    case .inputOutput: "check the disk: 'dmesg' may say more"
    case .other: "start any agim command that writes, or report it as a fault of agim"
    }
  }

  static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    return names.filter { $0 != "." && $0 != ".." }
  }
}
