internal import Console
package import JSON
package import Journal
internal import Settings
package import Stage
internal import Store
internal import System
internal import Text
internal import Wire

/// The outbox worker: takes lines over, delivers them in order, tries again, and stores every fate.
package final class Sender {
  /// The stage it works for.
  package let stage: Stage
  /// Where everything goes instead of its session's platform.
  package var via: Target?
  /// Whether a receipt is printed for each reply.
  package var printsReceipts = false
  /// What became of rows, for a one-shot send.
  package private(set) var last: Outcome?
  /// Deliveries that wait for another try.
  package var waiting: Int { known.count }

  private let outgoing: Outgoing
  private let messenger: (Target) throws -> any Messenger
  private let jobs: Int
  private var messengers: [String: any Messenger] = [:]
  private var lanes: [String: Lane] = [:]
  private var laneOf: [Int64: String] = [:]
  private var known: Set<Int64> = []
  private var cache: [Int64: OutboxRow] = [:]
  private var recovered: Set<Int64> = []
  private var arrivals: [Arrival] = []
  private var results: [(row: OutboxRow, outcome: Outcome, next: Timestamp?)] = []
  private var sending = 0
  private var nobody: [(message: Wanted, deadline: Int64)] = []
  private var timer: EventLoop.Timer?
  private var ready: [String] = []
  private var readySet: Set<String> = []

  /// Rows that are kept in memory; the others are read again when their time comes.
  private static let cacheLimit = 2000

  /// A worker that makes messengers by `messenger`.
  package init(_ stage: Stage, secrets: [String], messenger: @escaping (Target) throws -> any Messenger) {
    self.stage = stage
    self.messenger = messenger
    outgoing = Outgoing(secrets: secrets)
    jobs = stage.settings.limits.jobs
  }

  // MARK: - Lines

  /// Takes a line from the pipe.
  package func take(_ scanner: LineScanner, _ line: Span<UInt8>, _ number: Int) throws {
    let envelope: Envelope
    do {
      envelope = try Envelope(scanner, line)
    } catch {
      return Log.warning("standard input: line \(number): \(error); left out")
    }
    switch envelope.type {
    case "message": try nobodyTook(envelope, line, number)
    case "reply" where envelope.isPartial: try showPartial(envelope, scanner, line)
    case "reply", "error", "request":
      let bytes = line.withUnsafeBufferPointer { Array($0) }
      try add(envelope, bytes, scanner, number)
    // The rest is for other stages; the pipe ends here.
    default: break
    }
  }

  private func add(_ envelope: Envelope, _ bytes: [UInt8], _ scanner: LineScanner, _ number: Int) throws {
    guard let session = envelope.session ?? via?.session else {
      return Log.warning("standard input: line \(number): a reply without \"session\" goes nowhere; left out: say --via")
    }
    var bytes = bytes
    let id: String
    if let own = envelope.id {
      id = own
    } else {
      // A stage in a few lines of shell need not make ids; without one, a repeated line is a second reply.
      id = stage.maker.id()
      var json = JSONWriter()
      json.value(id)
      bytes = LineEditor.set([(name: "id", rawValue: json.bytes)], in: bytes.span, scanner: scanner)
    }
    let line = Produced(
      id: id, parent: envelope.parent, type: envelope.type, final: envelope.endsTurn, session: session, line: bytes)
    arrivals.append(Arrival(line: line, target: via?.description))
  }

  /// Stores and delivers one line that came from no pipe; if it cannot be delivered now, any agim-send
  /// may finish it.
  package func sendOne(_ line: Produced, to target: Target) throws {
    enqueue(try stage.journal.queueOne(Arrival(line: line, target: target.description), stage: "send"))
  }

  private func showPartial(_ envelope: Envelope, _ scanner: LineScanner, _ line: Span<UInt8>) throws {
    guard let id = envelope.id, let session = envelope.session,
      let text = try? Envelope.text("text", scanner, line),
      let target = try? via ?? Target(session: session), let messenger = try? messenger(for: target)
    else { return }
    try messenger.show(partial: outgoing.partial(text), of: id, session: session)
  }

  /// A message at the end of the pipe: nobody here runs its agent, unless somebody else is quick.
  private func nobodyTook(_ envelope: Envelope, _ line: Span<UInt8>, _ number: Int) throws {
    guard let id = envelope.id, let session = envelope.session else {
      return Log.warning("standard input: line \(number): a message without \"id\" or \"session\"; left out")
    }
    let bytes = line.withUnsafeBufferPointer { Array($0) }
    let message = Wanted(id: id, type: "message", session: session, agent: envelope.agent ?? "", line: bytes)
    nobody.append((message, stage.loop.clock.monotonic() + 5000))
    if nobody.count == 1 { watchNobody() }
  }

  private func watchNobody() {
    guard let first = nobody.first else { return }
    stage.loop.after(first.deadline - stage.loop.clock.monotonic()) { [unowned self] in
      try abandon(until: stage.loop.clock.monotonic())
      watchNobody()
    }
  }

  private func abandon(until now: Int64) throws {
    while let (message, deadline) = nobody.first, deadline <= now {
      let agent = message.agent.isEmpty ? "any agent" : "the agent \"\(message.agent)\""
      let line = stage.maker.error(
        to: Cause(id: message.id, trace: message.id, session: message.session), stage: stage.name,
        code: "no_agent", text: "Nobody here runs \(displayEscaped(agent)). Your message was not handled.")
      let notice = Produced(
        id: line.id, parent: message.id, type: "error", final: true, session: message.session, line: line.line)
      var row: OutboxRow?
      guard
        try stage.attempt({
          row = try stage.journal.abandon(message, notice: Arrival(line: notice, target: via?.description))
        })
      else { return }
      nobody.removeFirst()
      if let row {
        Log.notice("no agent for a message", [("message", message.id), ("agent", message.agent)])
        enqueue(row)
      }
    }
  }

  // MARK: - Rows

  /// Takes over what dead senders and producers without a pipe left.
  package func adopt() throws {
    for row in try stage.journal.adoptQueued() {
      if row.state == .sending { recovered.insert(row.n) }
      enqueue(row)
    }
  }

  private func enqueue(_ row: OutboxRow) {
    known.insert(row.n)
    if cache.count < Self.cacheLimit { cache[row.n] = row }
    do {
      let target = try row.target.map { try Target(known: $0) } ?? Target(session: row.session)
      let messenger = try messenger(for: target)
      let key = messenger.keepsOneOrder ? target.description : "\(target.description)\u{0}\(row.session)"
      let lane = lanes[key] ?? Lane(messenger)
      lanes[key] = lane
      laneOf[row.n] = key
      lane.append(row.n)
      if let next = row.next, lane.dueAt == nil { lane.dueAt = next }
      makeReady(key)
    } catch {
      // It was never handed to anybody: its state goes through `sending` like every other's.
      recovered.remove(row.n)
      refuseAtOnce.append((row, "\(error)"))
    }
  }

  private var refuseAtOnce: [(row: OutboxRow, reason: String)] = []

  private func messenger(for target: Target) throws -> any Messenger {
    if let known = messengers[target.description] { return known }
    let made = try messenger(target)
    messengers[target.description] = made
    return made
  }

  private func makeReady(_ key: String) {
    if readySet.insert(key).inserted { ready.append(key) }
  }

  // MARK: - Steps

  /// Stores what happened and hands over what may go; called before every wait.
  package func step() throws {
    repeat {
      guard try store() else { return }
    } while try handOver()
  }

  /// Whether nothing is left to do, but for deliveries that wait for another try.
  package var isIdle: Bool { arrivals.isEmpty && results.isEmpty && sending == 0 && ready.isEmpty && nobody.isEmpty }

  /// At the end of the input nobody else will take a message.
  package func endOfInput() throws { try abandon(until: .max) }

  private func store() throws -> Bool {
    guard !arrivals.isEmpty || !results.isEmpty || !refuseAtOnce.isEmpty else { return true }
    var fresh: [OutboxRow] = []
    let stored = try stage.attempt {
      fresh = try stage.journal.store.write {
        try stage.journal.settle(results)
        for (row, reason) in refuseAtOnce { try stage.journal.refuse(row, reason: reason) }
        return try stage.journal.queue(arrivals)
      }
    }
    guard stored else { return false }
    for (row, outcome, next) in results { settled(row, outcome, next) }
    for (row, reason) in refuseAtOnce { settled(row, .refused(reason: reason), nil) }
    results.removeAll(keepingCapacity: true)
    refuseAtOnce.removeAll()
    arrivals.removeAll(keepingCapacity: true)
    for row in fresh { enqueue(row) }
    return refuseAtOnce.isEmpty ? true : try store()
  }

  private func settled(_ row: OutboxRow, _ outcome: Outcome, _ next: Timestamp?) {
    last = outcome
    let key = laneOf[row.n]
    let lane = key.flatMap { lanes[$0] }
    var state = "delivered"
    var proof: String?
    var reason: String?
    switch outcome {
    case .delivered(let text): proof = text
    case .refused(let text):
      (state, reason) = ("refused", text)
      Log.warning("refused", [("id", row.id), ("reason", text)])
    case .postponed(let text, _):
      (state, reason) = ("queued", text)
      Log.notice("not delivered yet", [("id", row.id), ("attempt", "\(row.attempts + 1)"), ("reason", text)])
    }
    if case .postponed = outcome {
      lane?.dueAt = next
      if var row = cache[row.n] {
        row.attempts += 1
        cache[row.n] = row
      }
    } else {
      known.remove(row.n)
      cache[row.n] = nil
      laneOf[row.n] = nil
      lane?.remove(row.n)
      if let key, let lane, lane.isEmpty, !lane.isSending { lanes[key] = nil }
    }
    if let key, lanes[key] != nil { makeReady(key) }
    guard printsReceipts, !(state == "queued" && row.attempts > 0) else { return }
    stage.output.appendLine(
      stage.maker.receipt(
        of: row.id, trace: nil, session: row.session, state: state, proof: proof, reason: reason))
  }

  /// Hands rows to their messengers; true when something was handed over.
  private func handOver() throws -> Bool {
    guard !stage.isStopping, !stage.isTroubled else {
      ready.removeAll()
      readySet.removeAll()
      return false
    }
    var chosen: [(lane: Lane, deliveries: [Delivery], marks: [String?])] = []
    var later: [String] = []
    let now = stage.journal.clock.now()
    for key in ready {
      guard let lane = lanes[key], !lane.isSending, !lane.isEmpty else { continue }
      // A due time further away than the longest back-off means that the clock went back.
      if let due = lane.dueAt, due > now, due - now <= Retry.longest * 2 { continue }
      guard sending + chosen.count < jobs || lane.messenger.keepsOneOrder else {
        later.append(key)
        continue
      }
      var deliveries: [Delivery] = []
      for n in lane.peek(lane.messenger.batch) {
        guard let row = try cache[n] ?? stage.journal.store.outbox(n: n) else { continue }
        deliveries.append(outgoing.delivery(of: row))
        // One that may have arrived already is looked at alone.
        if recovered.contains(n) { break }
      }
      guard !deliveries.isEmpty else { continue }
      do {
        chosen.append((lane, deliveries, try lane.messenger.marks(for: deliveries)))
      } catch {
        let reason = "\(error)"
        chosen.append((lane, [], []))
        lane.dueAt = now + Retry.delay(after: 1, random: stage.loop.clock.random())
        Log.notice("cannot send now", [("reason", reason)])
      }
    }
    ready = later
    readySet = Set(later)
    chosen.removeAll { $0.deliveries.isEmpty }
    if !chosen.isEmpty {
      var begun: Set<Int64> = []
      let sends = chosen.flatMap { choice in
        zip(choice.deliveries, choice.marks).map { (n: $0.row.n, attempts: $0.row.attempts, mark: $1) }
      }
      guard try stage.attempt({ begun = try stage.journal.begin(sends) }) else {
        for choice in chosen { if let key = laneOf[choice.deliveries[0].row.n] { makeReady(key) } }
        return false
      }
      for choice in chosen { try handOver(choice.lane, choice.deliveries.filter { begun.contains($0.row.n) }, choice.deliveries) }
    }
    try watchTime()
    return !chosen.isEmpty
  }

  private func handOver(_ lane: Lane, _ deliveries: [Delivery], _ all: [Delivery]) throws {
    // What an operator has dropped meanwhile is gone.
    for delivery in all where !deliveries.contains(where: { $0.row.n == delivery.row.n }) {
      known.remove(delivery.row.n)
      cache[delivery.row.n] = nil
      laneOf[delivery.row.n] = nil
      lane.remove(delivery.row.n)
    }
    guard let first = deliveries.first else { return }
    if deliveries.count == 1, recovered.remove(first.row.n) != nil, let mark = first.row.mark,
      let proof = try lane.messenger.proof(of: first, mark: mark)
    {
      results.append((first.row, .delivered(proof: proof), nil))
      return
    }
    lane.isSending = true
    sending += 1
    var open = deliveries.count
    try lane.messenger.send(deliveries) { [unowned self] index, outcome in
      var next: Timestamp?
      if case .postponed(_, let after) = outcome {
        let wait = after ?? Retry.delay(after: deliveries[index].row.attempts, random: stage.loop.clock.random())
        next = stage.journal.clock.now() + wait
      }
      results.append((deliveries[index].row, outcome, next))
      open -= 1
      if open == 0 {
        lane.isSending = false
        sending -= 1
      }
    }
  }

  /// Looks again when the next delivery is due.
  private func watchTime() throws {
    timer?.cancel()
    timer = nil
    let now = stage.journal.clock.now()
    var earliest: Int64?
    for lane in lanes.values where !lane.isSending {
      guard let due = lane.dueAt, !lane.isEmpty else { continue }
      let wait = min(max(due - now, 10), Retry.longest)
      if wait < earliest ?? .max { earliest = wait }
    }
    guard let earliest else { return }
    timer = stage.loop.after(earliest) { [unowned self] in for key in lanes.keys { makeReady(key) } }
  }
}
