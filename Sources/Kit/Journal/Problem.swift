package import Store
package import System

/// Something in the store that does not mend itself.
package struct Problem: Equatable, Sendable, CustomStringConvertible {
  /// What kind of trouble it is.
  package enum Kind: String, Sendable {
    /// The file is damaged.
    case store
    /// A row of the future: the clock went back.
    case clock
    /// A row in the hands of a dead process; the next stage of its pipeline takes it.
    case orphan
    /// A row that is too old to be run or sent unasked.
    case held
  }

  /// The kind.
  package let kind: Kind
  /// What is wrong with what.
  package let text: String

  package var description: String { "\(kind.rawValue): \(text)" }

  /// Looks at the whole store.
  ///
  /// - Throws: `StoreError`.
  package static func all(
    in store: Store, at now: Timestamp, isDead: (String) -> Bool
  ) throws -> [Problem] {
    var found = try store.integrityProblems().map { Problem(kind: .store, text: $0) }
    var after: Int64 = 0
    while case let rows = try store.inbox(after: after), let last = rows.last {
      after = last.n
      for row in rows {
        if row.accepted - now > 60_000 {
          found.append(Problem(kind: .clock, text: "message \(row.id) is from the future: \(row.accepted)"))
        }
        if row.state == .taken || row.state == .running, isDead(row.holder) {
          found.append(
            Problem(
              kind: .orphan, text: "message \(row.id) is \(row.state.rawValue) in a process that is dead"))
        }
        if row.state == .held {
          found.append(Problem(kind: .held, text: "message \(row.id): \(row.reason ?? "")"))
        }
      }
    }
    after = 0
    while case let rows = try store.outbox(after: after), let last = rows.last {
      after = last.n
      for row in rows {
        if row.state == .held {
          found.append(Problem(kind: .held, text: "reply \(row.id): \(row.reason ?? "")"))
        }
        guard row.state == .ready || row.state == .queued || row.state == .sending else { continue }
        if isDead(row.holder), !(row.holder.isEmpty && row.pipe == nil) {
          found.append(
            Problem(
              kind: .orphan, text: "reply \(row.id) is \(row.state.rawValue) in a process that is dead"))
        }
      }
    }
    return found
  }
}
