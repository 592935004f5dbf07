internal import Store
internal import System

/// Deliveries that keep an order, and the messenger that makes them.
final class Lane {
  let messenger: any Messenger
  var rows: [Int64] = []
  var isSending = false
  var dueAt: Timestamp?

  private var head = 0

  init(_ messenger: any Messenger) { self.messenger = messenger }

  var isEmpty: Bool { head == rows.count }

  func append(_ n: Int64) { rows.append(n) }

  func peek(_ count: Int) -> ArraySlice<Int64> { rows[head..<min(rows.count, head + count)] }

  /// Takes a row away that has come to its end; rows in front of it are being looked at in order, so it
  /// is among the first.
  func remove(_ n: Int64) {
    guard let index = rows[head...].firstIndex(of: n) else { return }
    if index == head { head += 1 } else { rows.remove(at: index) }
    if head > 4096, head * 2 > rows.count {
      rows.removeFirst(head)
      head = 0
    }
  }
}
