internal import Crypto
package import JSON
package import Store
package import System

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
    let n = (last?.n ?? 0) + 1
    let previous = last?.hash ?? ""
    try store.append(
      LedgerRow(
        n: n, time: now, entry: text, previous: previous, hash: try hash(previous, n, now, text)))
  }

  /// What is wrong with the ledger, with the number of the entry; nil when it is as it was written.
  ///
  /// `count` is the number of entries that were read.
  ///
  /// - Throws: `StoreError`, `CryptoError`.
  package static func verify(_ store: Store) throws -> (fault: String?, count: Int) {
    var previous = ""
    var n: Int64 = 0
    while case let rows = try store.ledger(after: n, limit: 1000), !rows.isEmpty {
      for row in rows {
        guard row.n == n + 1 else { return ("entry \(n + 1) is missing", Int(n)) }
        guard row.previous == previous else {
          return ("entry \(row.n) does not follow entry \(n): one of them was changed", Int(n))
        }
        guard try hash(row.previous, row.n, row.time, row.entry) == row.hash else {
          return ("entry \(row.n) was changed after it was written", Int(n))
        }
        (previous, n) = (row.hash, row.n)
      }
    }
    return (nil, Int(n))
  }

  private static func hash(_ previous: String, _ n: Int64, _ time: Timestamp, _ entry: String) throws
    -> String
  {
    // The parts cannot be taken for each other: the first three hold no line feed.
    try SHA256.hex("\(previous)\n\(n)\n\(time.milliseconds)\n\(entry)")
  }
}
