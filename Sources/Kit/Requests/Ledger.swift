internal import Crypto
package import JSON
package import Store
package import System

/// What a look at the whole ledger finds.
package struct LedgerCheck: Sendable, Equatable {
  /// What is wrong, with the number of the entry where it begins; nil when all is as it was written.
  package var fault: String?
  /// How many entries agree with those before them, from the first on.
  package var count: Int64 = 0
  /// The hash of the last of these; empty where there is none.
  package var hash = ""

  /// Of an empty ledger.
  package init() {}
}

/// An entry as it was noted outside of the store, where nobody who can write the store could change it.
package struct LedgerMark: Sendable, Equatable, CustomStringConvertible {
  /// The entry's number.
  package let n: Int64
  /// Its hash.
  package let hash: String

  /// Reads `NUMBER:HASH`; nil when it is not one.
  package init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2, let n = Int64(Substring(parts[0])), n > 0, parts[1].count == 64,
      parts[1].allSatisfy({ $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x66 })
    else { return nil }
    self.n = n
    hash = String(Substring(parts[1]))
  }

  package var description: String { "\(n):\(hash)" }
}

/// The append-only record of every decision; each entry holds the hash of the one before.
package enum Ledger {
  /// Adds an entry, in the caller's transaction.
  ///
  /// - Throws: `StoreError`, `CryptoError`.
  package static func append(_ entry: JSONObject, to store: Store, at now: Timestamp) throws {
    var json = JSONWriter()
    json.value(.object(entry))
    let text = String(decoding: json.bytes, as: UTF8.self)
    let last = try store.lastLedgerRow()
    // Never a number that was given before: a last entry that somebody removed leaves a gap.
    let n = max(last?.n ?? 0, try store.highestLedgerNumber()) + 1
    let previous = last?.hash ?? ""
    try store.append(
      LedgerRow(
        n: n, time: now, entry: text, previous: previous, hash: try hash(previous, n, now, text)))
  }

  /// Looks whether every entry is as it was written, up to the first one that is not.
  ///
  /// Hashes show what was changed by somebody who did not make all later ones anew; who did is found out by
  /// a mark that was noted elsewhere.
  ///
  /// - Throws: `StoreError`, `CryptoError`.
  package static func verify(_ store: Store, known mark: LedgerMark? = nil) throws -> LedgerCheck {
    var check = LedgerCheck()
    while case let rows = try store.ledger(after: check.count, limit: 1000), !rows.isEmpty {
      for row in rows {
        if let fault = try fault(of: row, after: check) ?? differs(row, mark) {
          check.fault = fault
          return check
        }
        (check.hash, check.count) = (row.hash, row.n)
      }
    }
    if let mark, mark.n > check.count {
      check.fault = "entry \(check.count + 1) is missing, and all behind it up to \(mark.n) at least"
    } else if case let highest = try store.highestLedgerNumber(), highest > check.count {
      check.fault = "entry \(check.count + 1) is missing: \(highest) were written"
    } else if try !store.ledgerIsProtected() {
      check.fault = "the triggers that refuse changes are gone, and entry \(check.count + 1) may be missing"
    }
    return check
  }

  private static func fault(of row: LedgerRow, after check: LedgerCheck) throws -> String? {
    let next = check.count + 1
    if row.n != next { return "entry \(next) is missing" }
    // First the entry itself: where the one before was made anew, this one is as it was.
    if try hash(row.previous, row.n, row.time, row.entry) != row.hash {
      return "entry \(row.n) was changed after it was written"
    }
    guard row.previous != check.hash else { return nil }
    return next == 1
      ? "entry 1 follows an entry that is not there" : "entry \(next - 1) was changed after it was written"
  }

  private static func differs(_ row: LedgerRow, _ mark: LedgerMark?) -> String? {
    guard let mark, mark.n == row.n, mark.hash != row.hash else { return nil }
    return "entry \(row.n), or one before it, was changed together with the hashes behind it"
  }

  private static func hash(_ previous: String, _ n: Int64, _ time: Timestamp, _ entry: String) throws
    -> String
  {
    // The parts cannot be taken for each other: the first three hold no line feed.
    try SHA256.hex("\(previous)\n\(n)\n\(time.milliseconds)\n\(entry)")
  }
}
