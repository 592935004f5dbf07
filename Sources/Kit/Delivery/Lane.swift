internal import Store
internal import System

/// Deliveries that keep an order, and the messenger that makes them.
final class Lane {
  let key: String
  let messenger: any Messenger
  /// Whether the messenger has some of them in hand.
  var isSending = false
  /// When the first of them may be tried; nil for at once.
  var dueAt: Timestamp?

  private var rows: [Int64] = []
  private var head = 0

  init(_ key: String, _ messenger: any Messenger) {
    self.key = key
    self.messenger = messenger
  }

  var isEmpty: Bool { head == rows.count }

  func append(_ n: Int64) { rows.append(n) }

  /// Puts rows directly behind another one that stands here.
  func insert(_ more: [Int64], behind n: Int64) {
    let place = rows[head...].firstIndex(of: n).map { $0 + 1 } ?? rows.count
    rows.insert(contentsOf: more, at: place)
  }

  func first(_ count: Int) -> ArraySlice<Int64> { rows[head..<min(rows.count, head + count)] }

  /// Takes a row away that has come to its end; it is among the first.
  func remove(_ n: Int64) {
    guard let index = rows[head...].firstIndex(of: n) else { return }
    if index == head { head += 1 } else { rows.remove(at: index) }
    if head > 4096, head * 2 > rows.count {
      rows.removeFirst(head)
      head = 0
    }
  }
}
