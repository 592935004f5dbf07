internal import JSON
package import Store
package import System

/// Lets people in by a code: a stranger gets it in the chat, the operator types it at the machine.
///
/// Everything here happens in the caller's transaction.
package struct Pairing {
  private let store: Store
  private let now: Timestamp
  private let random: () -> UInt64

  /// How many codes may be open at once.
  package static let openLimit = 3
  /// Milliseconds for which a code is good.
  package static let lifetime: Int64 = 3_600_000
  /// Wrong codes after which nobody is let in for a while, and for how long, in milliseconds.
  package static let wrongLimit = 5
  package static let lockTime: Int64 = 15 * 60_000

  /// Why a code does not let anybody in.
  package enum Refusal: Error, Equatable, Sendable {
    /// Nobody has this code, or its hour is over.
    case wrong
    /// Too many wrong ones.
    case locked
  }

  /// Pairing at a moment; `random` gives the codes.
  package init(_ store: Store, at now: Timestamp, random: @escaping () -> UInt64) {
    self.store = store
    self.now = now
    self.random = random
  }

  /// A code for a stranger; nil where silence is the answer: too many are open, or this person has one.
  ///
  /// - Throws: `StoreError`.
  package func knock(person: String, name: String) throws -> String? {
    let open = try open()
    guard open.count < Self.openLimit, !open.contains(where: { $0.person == person }) else { return nil }
    var code = AnswerWords.code(random)
    // Longer than those of requests, because it is good for more.
    code += AnswerWords.code(random)
    try store.put(PairedRow(person: person, name: String(name.prefix(100)), rank: "", code: code, since: now))
    return code
  }

  /// Lets the person in whose code it is.
  ///
  /// - Throws: `StoreError`, `CryptoError`.
  package func accept(_ code: String, rank: String, by: String) throws -> Result<PairedRow, Refusal> {
    guard try store.wrongCodes(since: now + -Self.lockTime) < Self.wrongLimit else {
      return .failure(.locked)
    }
    let wanted = code.lowercased()
    guard var row = try open().first(where: { $0.code == wanted }) else {
      try store.wrongCode(at: now)
      return .failure(.wrong)
    }
    try store.forgetWrongCodes()
    (row.code, row.rank, row.since) = (nil, rank, now)
    try store.put(row)
    try Ledger.append(
      JSONObject([
        ("kind", .string("pair")), ("person", .string(row.person)), ("name", .string(row.name)),
        ("rank", .string(rank)), ("by", .string(by)),
      ]), to: store, at: now)
    return .success(row)
  }

  private func open() throws -> [PairedRow] {
    try store.paired().filter { $0.rank.isEmpty && $0.code != nil && now - $0.since < Self.lifetime }
  }
}
