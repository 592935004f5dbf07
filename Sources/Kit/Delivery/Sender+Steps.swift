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
    while try stepOnce() {
      let onlyEnds = arrivals.isEmpty && unroutable.isEmpty && !lanes.hasReady
      guard onlyEnds, !stage.isStopping, hasMore() else { continue }
      // One commit for the end of these deliveries and the beginning of the next ones. The timer brings us
      // back in any case.
      stage.loop.after(0) {}
      break
    }
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
    let stored = try stage.attempt {
      try stage.journal.write {
        try stage.journal.settle(settled.map(\.settlement))
        for (row, reason) in refused { try stage.journal.refuse(row, reason: reason) }
        let first = try firstBatch()
        fresh = try stage.journal.queue(arrivals, sending: first?.marks ?? [])
        choices = take(fresh, first)
        try begin(&choices)
      }
    }
    guard stored else {
      // Nothing of this has happened.
      for row in fresh { lanes.finish(row.n) }
      for choice in choices { choice.isBegun ? lanes.end(choice.lane) : lanes.makeReady(choice.lane) }
      unroutable = refused
      return false
    }
    if results.count == settled.count {
      results.removeAll(keepingCapacity: true)
    } else {
      results.removeFirst(settled.count)
    }
    arrivals.removeAll(keepingCapacity: true)
    for (delivery, settlement) in settled { announce(delivery, settlement) }
    for (row, reason) in refused {
      announce(Delivery(row: row, outgoing: outgoing), Settlement(row, .refused(reason: reason)))
    }
    for choice in choices { try handOver(choice) }
    return !choices.isEmpty || !unroutable.isEmpty || !results.isEmpty
  }

  /// What arrived for a lane in which nothing stands: it need not wait there.
  private struct FirstBatch {
    let key: String
    let messenger: any Messenger
    let deliveries: [Delivery]
    let marks: [String?]
  }

  private func firstBatch() throws -> FirstBatch? {
    guard let first = arrivals.first, !stage.isStopping,
      let (key, messenger) = try? lane(target: first.target, session: first.line.session),
      lanes.isFree(key, jobs: jobs, messenger: messenger)
    else { return nil }
    var deliveries: [Delivery] = []
    for arrival in arrivals.prefix(messenger.batch) {
      guard let next = try? lane(target: arrival.target, session: arrival.line.session), next.key == key
      else { break }
      deliveries.append(
        Delivery(row: try stage.journal.adopted(arrival), outgoing: outgoing, said: arrival.text))
    }
    // A messenger that cannot go now is asked again when its lane is chosen, and that lane then waits.
    guard let marks = try? messenger.marks(for: deliveries) else { return nil }
    return FirstBatch(key: key, messenger: messenger, deliveries: deliveries, marks: marks)
  }

  /// Puts new rows into their lanes, and returns those that were stored as being sent.
  private func take(_ fresh: [OutboxRow], _ first: FirstBatch?) -> [Lanes.Choice] {
    var choices: [Lanes.Choice] = []
    var begun = 0
    if let first {
      // They are the first ones, in the same order.
      while begun < fresh.count, fresh[begun].state == .sending {
        first.deliveries[begun].row = fresh[begun]
        begun += 1
      }
      if begun > 0 {
        choices.append(
          lanes.begin(Array(first.deliveries[..<begun]), key: first.key, messenger: first.messenger))
      }
    }
    for row in fresh[begun...] { enqueue(row) }
    return choices
  }

  /// Adds what may go out now, and notes it in the journal with what its messengers want to remember.
  private func begin(_ choices: inout [Lanes.Choice]) throws {
    guard !stage.isStopping else { return }
    // One that may have arrived already is looked at alone.
    let chosen = try lanes.choose(at: stage.journal.clock.now(), jobs: jobs) { !recovered.contains($0) }
    var sends: [(n: Int64, mark: String?)] = []
    let direct = choices.count
    for choice in chosen {
      let batch = choice.deliveries
      let kept = batch.count == 1 && recovered.contains(batch[0].row.n) ? batch[0].row.mark : nil
      do {
        // The mark of a row that may have arrived is kept: it tells whether it did.
        let marks = try kept.map { [$0] } ?? choice.lane.messenger.marks(for: batch)
        for (delivery, mark) in zip(batch, marks) {
          sends.append((delivery.row.n, mark))
        }
        choices.append(choice)
      } catch {
        choice.lane.dueAt =
          stage.journal.clock.now() + Retry.delay(after: 1, random: stage.loop.clock.random())
        Log.notice("cannot send now", [("reason", "\(error)")])
      }
    }
    let begun = try stage.journal.begin(sends)
    guard begun.count < sends.count else { return }
    for index in choices.indices.dropFirst(direct) { choices[index].keep { begun.contains($0) } }
  }

  private func handOver(_ choice: Lanes.Choice) throws {
    let lane = choice.lane
    // What an operator has dropped meanwhile is gone.
    for delivery in choice.gone { lanes.finish(delivery.row.n) }
    let deliveries = choice.deliveries
    guard let first = deliveries.first else { return lanes.makeReady(lane) }
    if !choice.isBegun { lanes.begin(lane) }
    if recovered.remove(first.row.n) != nil, let mark = first.row.mark {
      if let proof = try lane.messenger.proof(of: first, mark: mark) {
        ended(first, .delivered(proof: proof))
      } else {
        // It did not arrive. It goes out by the next step, with a mark of its own.
        ended(first, .postponed(reason: "begun by a process that is dead", after: 0))
      }
      return lanes.end(lane)
    }
    var open = deliveries.count
    try lane.messenger.send(deliveries) { [weak self] index, outcome in
      guard let self else { return }
      ended(deliveries[index], outcome)
      open -= 1
      if open == 0 { lanes.end(lane) }
    }
  }

  private func ended(_ delivery: Delivery, _ outcome: Outcome) {
    guard case .postponed(_, let after) = outcome else {
      lanes.finish(delivery.row.n)
      return results.append((delivery, Settlement(delivery.row, outcome)))
    }
    let wait = after ?? Retry.delay(after: delivery.row.attempts, random: stage.loop.clock.random())
    let due = stage.journal.clock.now() + wait
    results.append((delivery, Settlement(delivery.row, outcome, next: due)))
    lanes.postpone(delivery, until: due)
  }

  private func announce(_ delivery: Delivery, _ settlement: Settlement) {
    let outcome = settlement.outcome
    last = outcome
    var state = "delivered"
    var proof: String?
    var reason: String?
    switch outcome {
    case .delivered(let text): proof = text
    case .refused(let text):
      (state, reason) = ("refused", text)
      Log.warning("refused", [("id", delivery.row.id), ("reason", text)])
    case .postponed(let text, let after):
      (state, reason) = ("queued", text)
      if after != 0 {
        Log.notice(
          "not delivered yet",
          [("id", delivery.row.id), ("attempt", "\(settlement.attempts)"), ("reason", text)])
      }
    }
    guard printsReceipts, !(state == "queued" && settlement.attempts > 1) else { return }
    stage.output.appendLine(
      stage.maker.receipt(
        of: delivery.row.id, trace: nil, session: delivery.row.session, state: state, proof: proof,
        reason: reason))
  }

  /// Looks again when the next delivery is due.
  private func watchTime() {
    timer?.cancel()
    timer = nil
    guard let wait = lanes.nextDue(at: stage.journal.clock.now()) else { return }
    timer = stage.loop.after(wait) { [weak self] in self?.lanes.makeAllReady() }
  }
}
