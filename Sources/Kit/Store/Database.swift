internal import CSQLite
internal import Glibc
internal import System

/// A connection to the store's file, used by one thread.
///
/// WAL, full synchronisation, no automatic checkpoints (see DESIGN section 6 for why), a busy handler
/// that waits up to `patience` and says so. Write transactions begin IMMEDIATE.
package final class Database {
  /// The path of the file.
  package let path: String
  /// How long a lock of another process is waited for, in milliseconds.
  package static let patience: Int64 = 10_000
  /// Asked while a lock is waited for: whether there is no time for more than a second of it.
  package var isHurried: () -> Bool = { false }
  /// Called once per wait that lasts longer than two seconds.
  package var onLongWait: () -> Void = {}

  var handle: OpaquePointer?
  private var statements: [StaticKey: OpaquePointer] = [:]
  private var depth = 0
  private var isReading = false
  private(set) var walPages: Int32 = 0
  private let texts = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 1)
  private var textsUsed = 0
  private var statementsInUse = 0
  private var waitBegan: Int64 = 0
  private var toldOfWait = false

  /// Static strings are equal when they stand at the same place: cheap, and wrong only towards a
  /// second prepared statement.
  private struct StaticKey: Hashable {
    let address: UnsafePointer<UInt8>
  }

  /// Opens the file, making it when it is not there.
  ///
  /// - Throws: `StoreError`.
  package init(path: String, readOnly: Bool = false) throws(StoreError) {
    self.path = path
    _ = Self.isConfigured
    // SQLite would make it readable for all; its log takes the file's mode over.
    if !readOnly, let made = try? Descriptor.open(path, O_RDWR | O_CREAT | O_EXCL) { made.close() }
    let flags = readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    let code = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard code == SQLITE_OK else {
      let error = StoreError.last(handle, path: path, code: code)
      sqlite3_close_v2(handle)
      handle = nil
      throw error
    }
    installBusyHandler()
    let me = Unmanaged.passUnretained(self).toOpaque()
    sqlite3_wal_hook(
      handle,
      { context, _, _, pages in
        guard let context else { return SQLITE_OK }
        Unmanaged<Database>.fromOpaque(context).takeUnretainedValue().walPages = pages
        return SQLITE_OK
      }, me)
    agim_no_checkpoint_on_close(handle)
    agim_trust_no_schema(handle)
    try execute(
      "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-4096")
  }

  /// Done once in a process, before the first connection.
  private static let isConfigured = agim_count_no_memory() == SQLITE_OK

  deinit {
    close()
    texts.deallocate()
  }

  /// Closes the connection; it must not be used afterwards.
  package func close() {
    endReading()
    for statement in statements.values { sqlite3_finalize(statement) }
    statements = [:]
    sqlite3_close_v2(handle)
    handle = nil
  }

  /// Runs SQL text that has no parameters and gives no rows.
  package func execute(_ sql: String) throws(StoreError) {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw error() }
  }

  /// The statement for an SQL text, ready for binding; it is prepared once.
  func prepare(_ sql: StaticString) throws(StoreError) -> Statement {
    let key = StaticKey(address: sql.utf8Start)
    if let known = statements[key] { return Statement(known, self) }
    var prepared: OpaquePointer?
    let text = UnsafeRawPointer(sql.utf8Start).assumingMemoryBound(to: CChar.self)
    let code = sqlite3_prepare_v3(
      handle, text, Int32(sql.utf8CodeUnitCount), UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard code == SQLITE_OK, let prepared else { throw error() }
    statements[key] = prepared
    return Statement(prepared, self)
  }

  /// A statement is about to be bound.
  func beginStatement() {
    if statementsInUse == 0 { textsUsed = 0 }
    statementsInUse += 1
  }

  /// A statement has ended: what was lent to it is ours again.
  func endStatement() { statementsInUse -= 1 }

  /// A copy of some bytes that stays until no statement is in use; nil when there is no more room.
  ///
  /// SQLite's own copy of each text that is bound was a tenth of storing a line.
  func lend(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<CChar>? {
    guard let start = texts.baseAddress, bytes.count <= texts.count - textsUsed else { return nil }
    let place = start + textsUsed
    if let from = bytes.baseAddress { place.copyMemory(from: from, byteCount: bytes.count) }
    textsUsed += bytes.count
    return UnsafePointer(place.assumingMemoryBound(to: CChar.self))
  }

  /// Runs `body` in a transaction: all of it becomes durable, or none.
  ///
  /// Within another transaction it simply belongs to that.
  package func write<Result>(_ body: () throws -> Result) throws -> Result {
    if depth > 0 { return try body() }
    endReading()
    try execute("BEGIN IMMEDIATE")
    depth += 1
    defer { depth -= 1 }
    do {
      let result = try body()
      CrashPoint.reached()
      try execute("COMMIT")
      CrashPoint.reached()
      return result
    } catch {
      // After some errors SQLite has rolled back by itself.
      if sqlite3_get_autocommit(handle) == 0 { try? execute("ROLLBACK") }
      throw error
    }
  }

  /// Lets the statements that follow see one state of the store, which makes many small ones cheap; until
  /// `endReading()`, which a write implies.
  ///
  /// The log cannot be copied meanwhile: end it before every wait.
  package func beginReading() throws(StoreError) {
    guard !isReading, depth == 0 else { return }
    try execute("BEGIN")
    isReading = true
  }

  /// Ends what `beginReading()` began; nothing where it did not.
  package func endReading() {
    guard isReading else { return }
    isReading = false
    try? execute("COMMIT")
  }

  /// A number that is another one whenever another process has committed something.
  package func otherCommits() throws(StoreError) -> Int64 {
    try prepare("PRAGMA data_version").first { $0.int(0) } ?? 0
  }

  /// Turns the write-ahead log on, which is a property of the file.
  ///
  /// Two processes that do this at once would each wait for the other, so SQLite refuses one of them
  /// without calling the busy handler.
  func beginLogging() throws(StoreError) {
    let deadline = Clock.system.monotonic() + Self.patience
    while true {
      do {
        return try execute("PRAGMA journal_mode=WAL")
      } catch {
        guard error.kind == .locked, Clock.system.monotonic() < deadline else { throw error }
        usleep(2000)
      }
    }
  }

  func installBusyHandler() {
    sqlite3_busy_handler(
      handle,
      { context, count in
        guard let context else { return 0 }
        return Unmanaged<Database>.fromOpaque(context).takeUnretainedValue().waitForLock(count) ? 1 : 0
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  var isInTransaction: Bool { depth > 0 }

  func forgetLogSize() { walPages = 0 }

  /// The number of rows that the last statement changed.
  var changes: Int { Int(sqlite3_changes(handle)) }

  func error() -> StoreError { StoreError.last(handle, path: path) }

  private func waitForLock(_ count: Int32) -> Bool {
    let now = Clock.system.monotonic()
    if count == 0 {
      waitBegan = now
      toldOfWait = false
    }
    if now - waitBegan > Self.patience || now - waitBegan > 1000 && isHurried() { return false }
    if now - waitBegan > 2000, !toldOfWait {
      toldOfWait = true
      onLongWait()
    }
    // Commits take well under a millisecond; after some of them the holder is a slow one.
    usleep(count < 20 ? 500 : count < 100 ? 2000 : 20_000)
    return true
  }
}
