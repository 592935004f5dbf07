internal import Glibc
package import Store
package import System

/// The inbox and outbox as the stages use them: every operation is one durable transaction.
///
/// What each stage may do is in an extension of its own; what a state may become is in
/// `InboxMachine` and `OutboxMachine`.
package final class Journal {
  /// The places that the journal needs.
  package struct Paths: Sendable {
    /// The store's file.
    package var database: String
    /// The directory of holders.
    package var run: String
    /// The file that is touched to wake others.
    package var wake: String
    /// Paths of their parts.
    package init(database: String, run: String, wake: String) {
      self.database = database
      self.run = run
      self.wake = wake
    }
  }

  /// The store.
  package let store: Store
  /// Wall clock and ids.
  package let clock: Clock
  /// The name of the pipeline.
  package let pipe: String
  /// Milliseconds after which a row is not run or sent unasked.
  package var backlog: Int64 = 24 * 3_600_000
  /// Past this size the log is copied into the file, if the disk is small.
  package static let logLimit = 4 << 20
  /// Past this size it is copied on a disk with room: copying less often costs less.
  package static let roomyLogLimit = 16 << 20
  private static let room: Int64 = 1 << 30

  let paths: Paths
  private let wakeFile: WakeFile
  private var ownHolder: Holder?
  private var ids: UUIDMaker
  private var knownDead: Set<String> = []

  /// Opens the journal of a pipeline.
  ///
  /// - Throws: `StoreError`, `SystemError`.
  package init(paths: Paths, pipe: String, clock: Clock) throws {
    self.paths = paths
    self.pipe = pipe
    self.clock = clock
    ids = UUIDMaker(clock: .system)
    wakeFile = WakeFile(path: paths.wake)
    store = try Store(path: paths.database)
  }

  /// The platform of messages that another store accepted.
  package static let adopted = "adopted"

  /// The holder of this process; it is made when something is first claimed.
  package func holder() throws -> String {
    if let ownHolder { return ownHolder.id }
    let made = try Holder(id: ids.next(), directory: paths.run)
    ownHolder = made
    return made.id
  }

  /// The holder of this process, nil when it has claimed nothing.
  var existingHolder: String? { ownHolder?.id }

  /// Whether a holder is dead; once dead, always dead.
  package func isDead(_ holder: String) -> Bool {
    if holder == ownHolder?.id { return false }
    if knownDead.contains(holder) { return true }
    guard Holder.isDead(holder, directory: paths.run) else { return false }
    knownDead.insert(holder)
    return true
  }

  /// A descriptor that becomes readable when another process has committed something to wait for.
  package func listen() -> Descriptor? { wakeFile.listen() }

  /// Wakes the processes that wait for the store.
  package func wakeOthers() { wakeFile.touch() }

  /// Ends this process's part in the journal: what is still its own can be taken over at once.
  package func close() {
    store.checkpoint(ifPast: 256 << 10)
    ownHolder?.release()
    ownHolder = nil
    store.database.close()
  }

  /// Makes several operations one transaction; the log is copied when it has grown.
  package func write<Result>(_ body: () throws -> Result) throws -> Result {
    let result = try store.write(body)
    if store.logSize > Self.logLimit {
      let isRoomy = FreeSpace.bytes(at: paths.database) ?? 0 > Self.room
      store.checkpoint(ifPast: isRoomy ? Self.roomyLogLimit : Self.logLimit)
    }
    return result
  }

  func isTooOld(_ released: Timestamp, at now: Timestamp) -> Bool {
    backlog > 0 && now - released > backlog
  }

  /// When a line that has been printed so often is printed again; nil for never, but for a restart.
  package static func reprint(after prints: Int64, from now: Timestamp) -> Timestamp? {
    switch prints {
    case ...1: now + 30_000
    case 2: now + 300_000
    case 3: now + 3_600_000
    default: nil
    }
  }
}
