package import Journal
package import Store
internal import System
internal import Wire

/// Prints the lines that a stage has stored in the outbox, prints them again while nobody takes them over,
/// and notes which of them have gone to another host.
package final class ReplyPrinter {
  private let stage: Stage
  /// Ids of lines that answer messages of another host.
  private var adopted: Set<String> = []
  private var passing: [(position: Int64, id: String)] = []
  private var timer: EventLoop.Timer?

  /// A printer of a stage.
  package init(_ stage: Stage) { self.stage = stage }

  /// Notes that a line which is about to be stored answers a message of another host.
  package func expectAdopted(_ id: String) { adopted.insert(id) }

  /// Prints a line that has just been stored.
  package func show(_ line: Produced) {
    stage.output.appendLine(line.line)
    if adopted.remove(line.id) != nil { passing.append((stage.output.appended, line.id)) }
  }

  /// Prints a stored line again.
  package func showAgain(_ row: OutboxRow) {
    stage.output.appendLine(LineMaker.again(row.line))
    if row.adopted { passing.append((stage.output.appended, row.id)) }
  }

  /// Lines for another host's agim-send are done with once they are written.
  package func confirmPassed() throws {
    guard !passing.isEmpty else { return }
    try stage.output.pump()
    let out = passing.prefix { $0.position <= stage.output.written }
    guard !out.isEmpty else { return }
    if try stage.attempt({ try stage.journal.pass(out.map(\.id)) }) { passing.removeFirst(out.count) }
  }

  /// Sees to it that lines which nobody takes over are printed again; to be called whenever some were stored.
  package func schedule() throws {
    if timer == nil { try reschedule() }
  }

  /// The same, when rows have been taken over that were due at other times.
  package func reschedule() throws {
    timer?.cancel()
    timer = nil
    guard let next = try stage.journal.nextOutboxReprint() else { return }
    // A clock that jumps must not silence us: look again after an hour at the latest.
    let wait = min(max(next - stage.journal.clock.now(), 100), 3_600_000)
    timer = stage.loop.after(wait) { [unowned self] in
      try stage.untilStored { [unowned self] in
        for row in try stage.journal.dueOutboxReprints() { showAgain(row) }
        try reschedule()
      }
    }
  }
}
