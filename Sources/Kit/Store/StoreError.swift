internal import CSQLite

/// What SQLite refused, and why.
package struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of trouble it is, which decides about the exit status.
  package enum Kind: Sendable {
    /// Another process held the store for longer than we wait.
    case locked
    /// The disk or the quota is full.
    case full
    /// The store or its directory cannot be written.
    case readOnly
    /// The file is damaged, or no store.
    case corrupt
    /// The file cannot be opened.
    case cannotOpen
    /// The file was made by a newer agim.
    case tooNew
    /// Reading or writing failed.
    case inputOutput
    /// Something else: a fault in agim.
    case other
  }

  /// The kind.
  package let kind: Kind
  /// SQLite's own words, and the file.
  package let message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  package var description: String { message }

  // SQLITE_IOERR_WRITE, _FSYNC, _TRUNCATE, _SHMSIZE: macros that Swift does not import.
  private static let diskIsFull: Set<Int32> = [778, 1034, 1546, 4874]

  static func last(_ handle: OpaquePointer?, path: String, code: Int32? = nil) -> StoreError {
    let extended = code ?? sqlite3_extended_errcode(handle)
    let words =
      handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(extended))
    let kind: Kind
    switch extended & 0xFF {
    case SQLITE_BUSY, SQLITE_LOCKED: kind = .locked
    case SQLITE_FULL: kind = .full
    case SQLITE_READONLY, SQLITE_PERM: kind = .readOnly
    case SQLITE_CORRUPT, SQLITE_NOTADB: kind = .corrupt
    case SQLITE_CANTOPEN: kind = .cannotOpen
    // Writing the log or the shared memory on a full disk is reported as an input/output error.
    case SQLITE_IOERR: kind = diskIsFull.contains(extended) ? .full : .inputOutput
    default: kind = .other
    }
    return StoreError(kind, "\(path): \(words)")
  }
}
