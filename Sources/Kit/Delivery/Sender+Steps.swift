internal import Console
internal import Journal
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// The steps of the outbox worker: what ended, what arrived and what begins is one transaction each.
extension Sender {
  /// Stores what happened and hands over what may go; called before every wait.
  package func step() throws {
    while try stepOnce() {}
    watchTime()
  }

  /// One step; true when another one has something to do.
  private func stepOnce() throws -> Bool {
    // What was begun is finished; what was not begun is left to the next agim-send.
    if stage.isStopping { lanes.makeNoneReady() }
    guard !arrivals.isEmpty || !results.isEmpty || !unroutable.isEmpty || lanes.hasReady else { return false }
    let settled = results
    let refused = unroutable
    unroutable = []
    var fresh: [OutboxRow] = []
    var choices: [Lanes.Choice] = []
    var deliveries: [Int64: Delivery] = [:]
    var begun: Set<Int64> = []
    let stored = try stage.attempt {
      try stage.journal.write {
        try stage.journal.settle(settled)
        for (row, reason) in refused { try stage.journal.refuse(row, reason: reason) }
        fresh = try stage.journal.queue(arrivals)
        for row in fresh { enqueue(row) }
        choices = try choose()
        begun = try begin(&choices, &deliveries)
      }
    }
    guard stored else {
      // Nothing of this has happened.
      for row in fresh { lanes.finish(row.n) }
      for choice in choices { lanes.makeReady(choice.lane) }
      unroutable = refused
      return false
    }
    results.removeFirst(settled.count)
    arrivals.removeAll(keepingCapacity: true)
    for (row, outcome, _) in settled { announce(row, outcome) }
    for (row, reason) in refused { announce(row, .refused(reason: reason)) }
    for choice in choices { try handOver(choice, deliveries, begun) }
    return !choices.isEmpty || !unroutable.isEmpty || !results.isEmpty
  }

  private func choose() throws -> [Lanes.Choice] {
    guard !stage.isStopping else { return [] }
    // One that may have arrived already is looked at alone.
    return try lanes.choose(at: stage.journal.clock.now(), jobs: jobs) { !recovered.contains($0.n) }
  }

  /// Notes in the journal that these go out now, with what their messengers want to remember.
  private func begin(_ choices: inout [Lanes.Choice], _ deliveries: inout [Int64: Delivery]) throws -> Set<
    Int64
  > {
    var sends: [(n: Int64, attempts: Int64, mark: String?)] = []
    var kept: [Lanes.Choice] = []
    for choice in choices {
      let batch = choice.rows.map { Delivery(row: $0, outgoing: outgoing) }
      let isRecovered = choice.rows.count == 1 && recovered.contains(choice.rows[0].n)
      do {
        // The mark of a row that may have arrived is kept: it tells whether it did.
        let marks =
          isRecovered && choice.rows[0].mark != nil
          ? [choice.rows[0].mark] : try choice.lane.messenger.marks(for: batch)
        for (delivery, mark) in zip(batch, marks) {
          deliveries[delivery.row.n] = delivery
          sends.append((delivery.row.n, delivery.row.attempts, mark))
        }
        kept.append(choice)
      } catch {
        choice.lane.dueAt =
          stage.journal.clock.now() + Retry.delay(after: 1, random: stage.loop.clock.random())
        Log.notice("cannot send now", [("reason", "\(error)")])
      }
    }
    choices = kept
    return try stage.journal.begin(sends)
  }

  private func handOver(_ choice: Lanes.Choice, _ all: [Int64: Delivery], _ begun: Set<Int64>) throws {
    let lane = choice.lane
    // What an operator has dropped meanwhile is gone.
    for row in choice.rows where !begun.contains(row.n) { lanes.finish(row.n) }
    let deliveries = choice.rows.filter { begun.contains($0.n) }.compactMap { all[$0.n] }
    guard let first = deliveries.first else { return lanes.makeReady(lane) }
    lanes.begin(lane)
    if recovered.remove(first.row.n) != nil, let mark = first.row.mark {
      if let proof = try lane.messenger.proof(of: first, mark: mark) {
        ended(first.row, .delivered(proof: proof))
      } else {
        // It did not arrive. It goes out by the next step, with a mark of its own.
        ended(first.row, .postponed(reason: "begun by a process that is dead", after: 0))
      }
      return lanes.end(lane)
    }
    var open = deliveries.count
    try lane.messenger.send(deliveries) { [weak self] index, outcome in
      guard let self else { return }
      ended(deliveries[index].row, outcome)
      open -= 1
      if open == 0 { lanes.end(lane) }
    }
  }

  private func ended(_ row: OutboxRow, _ outcome: Outcome) {
    var next: Timestamp?
    if case .postponed(_, let after) = outcome {
      let wait = after ?? Retry.delay(after: row.attempts, random: stage.loop.clock.random())
      let due = stage.journal.clock.now() + wait
      next = due
      lanes.postpone(row, until: due)
    } else {
      lanes.finish(row.n)
    }
    results.append((row, outcome, next))
  }

  private func announce(_ row: OutboxRow, _ outcome: Outcome) {
    last = outcome
    var state = "delivered"
    var proof: String?
    var reason: String?
    switch outcome {
    case .delivered(let text): proof = text
    case .refused(let text):
      (state, reason) = ("refused", text)
      Log.warning("refused", [("id", row.id), ("reason", text)])
    case .postponed(let text, let after):
      (state, reason) = ("queued", text)
      if after != 0 {
        Log.notice(
          "not delivered yet", [("id", row.id), ("attempt", "\(row.attempts + 1)"), ("reason", text)])
      }
    }
    guard printsReceipts, !(state == "queued" && row.attempts > 0) else { return }
    stage.output.appendLine(
      stage.maker.receipt(
        of: row.id, trace: nil, session: row.session, state: state, proof: proof, reason: reason))
  }

  /// Looks again when the next delivery is due.
  private func watchTime() {
    timer?.cancel()
    timer = nil
    guard let wait = lanes.nextDue(at: stage.journal.clock.now()) else { return }
    timer = stage.loop.after(wait) { [weak self] in self?.lanes.makeAllReady() }
  }
}
