internal import Console
internal import JSON
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
    parting = []
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
      for (lane, _, _) in parting { lanes.makeReady(lane) }
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
    for (lane, delivery, parts) in parting { try split(delivery, parts, lane) }
    return !choices.isEmpty || !parting.isEmpty || !unroutable.isEmpty || !results.isEmpty
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
    // What goes out in several parts gets its rows first.
    if deliveries.count == 1, let parts = try? messenger.parts(of: deliveries[0]), Self.isCut(parts) {
      return nil
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
      if let parts = try plan(batch, choice.lane) {
        parting.append((choice.lane, batch[0], parts))
        continue
      }
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

  /// The parts of a delivery that goes out in several; nil for all others.
  private func plan(_ batch: [Delivery], _ lane: Lane) throws -> [DeliveryPart]? {
    guard batch.count == 1, let delivery = batch.first, !delivery.isPlanned, delivery.row.type != "request",
      delivery.row.part == 1, try stage.journal.store.outboxParts(of: delivery.row.id) <= 1
    else { return nil }
    delivery.isPlanned = true
    let parts = try lane.messenger.parts(of: delivery)
    return Self.isCut(parts) ? parts : nil
  }

  /// Whether something else than the row as it stands is to go out.
  private static func isCut(_ parts: [DeliveryPart]) -> Bool {
    parts.count > 1 || parts.first?.more.isEmpty == false
  }

  /// Gives each part of a delivery a row of its own, before the first of them is sent.
  private func split(_ delivery: Delivery, _ parts: [DeliveryPart], _ lane: Lane) throws {
    let attachments = outgoing.facts.value(of: delivery.row)?["attachments"]?.array ?? []
    let lines = parts.map { part in
      Self.line(
        delivery.row.line, part, part.files.compactMap { $0 < attachments.count ? attachments[$0] : nil })
    }
    var rows: [OutboxRow] = []
    defer { lanes.makeReady(lane) }
    guard try stage.attempt({ rows = try stage.journal.split(delivery.row, into: lines) }) else {
      delivery.isPlanned = false
      return
    }
    guard let first = rows.first else { return }
    delivery.take(first)
    let more = rows.dropFirst().map { Delivery(row: $0, outgoing: outgoing) }
    for part in more { part.isPlanned = true }
    lanes.insert(more, behind: delivery)
  }

  private static func line(_ line: [UInt8], _ part: DeliveryPart, _ files: [JSONValue]) -> [UInt8] {
    var scanner = LineScanner()
    guard (try? scanner.scan(line.span, limits: Outgoing.stored)) != nil else { return line }
    var text = JSONWriter()
    text.value(part.text)
    // What was made anew stands behind what the line has.
    let made = (try? JSONReader.parse(Attachment.json(part.more)))?.array ?? []
    var attachments: [UInt8]?
    if !files.isEmpty || !made.isEmpty {
      var json = JSONWriter()
      json.value(.array(files + made))
      attachments = json.bytes
    }
    return LineEditor.set(
      [(name: "text", rawValue: text.bytes), (name: "attachments", rawValue: attachments)], in: line.span,
      scanner: scanner)
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
      return results.append((delivery, delivery.settlement(outcome)))
    }
    let wait = after ?? Retry.delay(after: delivery.row.attempts, random: stage.loop.clock.random())
    let due = stage.journal.clock.now() + wait
    results.append((delivery, delivery.settlement(outcome, next: due)))
    lanes.postpone(delivery, until: due)
  }

  private func announce(_ delivery: Delivery, _ settlement: Settlement) {
    let outcome = settlement.outcome
    last = outcome
    onOutcome(delivery, outcome)
    var state = "delivered"
    var proof: String?
    var reason: String?
    switch outcome {
    case .delivered(let text):
      proof = text
      watchCard(of: delivery)
    case .waits(let text):
      (state, reason) = ("queued", text)
      Log.notice("held until its person writes again", [("id", delivery.row.id), ("reason", text)])
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
