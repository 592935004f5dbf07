internal import Console
internal import JSON
internal import Journal
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// Messages that come while their session is at work: they wait, are given to the agent, or end its turn, as the
/// agent's `queue` says.
extension Engine {
  /// Milliseconds after which people are told that their message waits: most turns are over by then.
  private static let patience: Int64 = 3000
  /// Platforms on which nobody sits and waits.
  private static let unattended: Set<String> = ["stdin", "replay", "inbox", "command", "file"]

  func cameMeanwhile(_ n: Int64, _ queue: SessionQueue) {
    let current = running.values.first { QueueKey.of($0.row) == queue.address && !$0.wasSteered }
    switch current?.settings.queue {
    case .steer where current.map { drivers[$0.settings.name]?.canSteer($0) == true } ?? false:
      steering.append((queue, n))
    case .interrupt: current?.abort(.superseded)
    default: stage.loop.after(Self.patience) { [weak self] in try self?.tellPlace(n, queue) }
    }
  }

  /// Tells a person that their message waits, and behind how many.
  private func tellPlace(_ n: Int64, _ queue: SessionQueue) throws {
    guard queue.isRunning, let place = queue.rows.firstIndex(of: n),
      let row = try stage.journal.store.inbox(n: n), row.state == .taken,
      !Self.unattended.contains(row.platform),
      let platform = Address(row.session)?.platform, !Self.unattended.contains(platform)
    else { return }
    let name = row.agent ?? defaultAgent ?? ""
    let ahead = place + 1
    let text: String
    switch stage.settings.language {
    case .en: text = "Queued: \(name) is still at work; \(ahead) before this one. /abort stops what runs."
    case .zh: text = "已排队：\(name) 还在工作，前面有 \(ahead) 条。/abort 可停止当前任务。"
    }
    say(text, about: row)
  }

  /// Says something in the chat about a message whose turn has not begun.
  func say(_ text: String, about row: InboxRow) {
    let line = stage.maker.reply(
      to: cause(of: row, envelope(of: row)), text: text, notice: true, agent: row.agent ?? defaultAgent ?? "")
    if row.adopted { printer.expectAdopted(line.id) }
    lines.append(
      Produced(
        id: line.id, parent: row.id, type: "reply", final: false, session: row.session, line: line.line))
  }

  /// The messages that are to be given to running turns now, each the next of its session.
  func nextSteering() throws -> [InboxRow] {
    guard !steering.isEmpty, !stage.isStopping else { return [] }
    var rows: [InboxRow] = []
    for (queue, n) in steering where queue.isRunning && queue.rows.first == n && queue.next == nil {
      guard let row = try stage.journal.store.inbox(n: n), row.state == .taken, try isAllowed(row) else {
        dequeue(queue)
        continue
      }
      // One that is too fast waits for a turn of its own.
      guard try rateWait(of: row, queue, after: rows) == nil else { continue }
      rows.append(row)
    }
    steering.removeAll()
    return rows
  }

  /// Gives a message to the turn that runs in its session; where that is over, it becomes the next one.
  func steer(_ row: InboxRow, _ queue: SessionQueue) {
    let turn = makeTurn(row)
    running[row.id] = turn
    let current = running.values.first {
      QueueKey.of($0.row) == queue.address && !$0.wasSteered && $0 !== turn
    }
    let name = turn.settings.name
    guard let current, current.settings.name == name, turn.command == nil,
      drivers[name]?.steer(current, with: turn.text) == true
    else {
      guard current != nil else { return launch(turn) }
      queue.next = turn
      return
    }
    turn.wasSteered = true
    Log.info("given to the running turn", [("message", row.id), ("turn", current.row.id)])
    switch stage.settings.language {
    case .en: turn.finish("\(name) takes this into what it is doing.")
    case .zh: turn.finish("\(name) 会在当前任务中处理这条消息。")
    }
  }
}
