internal import JSON
internal import Journal
internal import Settings
internal import Stage
internal import Store
internal import Wire

/// Messages that one agent has written to another through agim-mcp.
///
/// They come by the store alone: no line can pose as one.
extension Engine {
  /// Whether the next message of a queue is of an agent that waits for its reply.
  ///
  /// Such a turn does not count against `jobs`: the turn that waits for it does already, and would wait for ever.
  func isForAgent(_ queue: SessionQueue) -> Bool {
    queue.address.utf8.starts(with: "\(Journal.agentPlatform):".utf8)
  }

  /// Who said a row: of an agent's message the person for whom it works.
  func person(of row: InboxRow, _ speaker: Speaker) -> Person {
    guard row.platform == Journal.agentPlatform else {
      return Person(
        row: row.platform, session: Address(row.session)?.platform ?? "", id: speaker.id,
        isTyped: speaker.isTyped)
    }
    let line = try? JSONReader.parse(row.line, limits: .line)
    // What the terminal's user may do, no agent may in their name.
    return Person(
      row: line?["asked_by"]?["platform"]?.string ?? Journal.agentPlatform, session: "", id: speaker.id,
      isTyped: false)
  }

  /// Why an agent's message is not worked on: who asked is gone.
  func abandoned(_ row: InboxRow) -> String? {
    guard row.platform == Journal.agentPlatform else { return nil }
    let holder = (try? JSONReader.parse(row.line, limits: .line))?["asked_by"]?["holder"]?.string
    return holder.map(stage.journal.isDead) == false ? nil : "nobody waits for the answer any more"
  }

  /// Whether a turn waits for another agent's answer.
  func waitsForAgent(_ turn: Turn) -> Bool {
    running.values.contains { $0.isForAgent && $0.line["asked_by"]?["message"]?.string == turn.row.id }
  }
}
