internal import Console
package import JSON
package import Journal
internal import Requests
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
  package var via: Target? {
    didSet {
      viaText = via?.description
      facts.via = via
    }
  }
  private var viaText: String?
  /// Whether a receipt is printed for each reply.
  package var printsReceipts = false
  /// Tells about a line that cannot be taken.
  package var report: (String) throws -> Void = { Log.warning("standard input: \($0)") }
  /// Whether more lines are there already, so that how deliveries ended can be stored together with them.
  package var hasMore: () -> Bool = { false }
  /// What became of the last row, for a one-shot send.
  package internal(set) var last: Outcome?
  /// Called with what became of each row, whenever that is stored.
  package var onOutcome: (Delivery, Outcome) -> Void = { _, _ in }

  let outgoing: Outgoing
  let facts: DeliveryFacts
  /// The requests whose cards show that they are open; nil before it was looked for them.
  var openCards: Set<String>?
  let lanes: Lanes
  let jobs: Int
  var arrivals: [Arrival] = []
  var results: [Result] = []
  var unroutable: [(row: OutboxRow, reason: String)] = []
  var recovered: Set<Int64> = []
  var timer: EventLoop.Timer?
  /// What is to be cut into parts before it goes.
  var parting: [(lane: Lane, delivery: Delivery, parts: [DeliveryPart])] = []

  private let makeMessenger: (Target) throws -> any Messenger
  private var messengers: [String: any Messenger] = [:]
  private var presence: GatePresence?
  private var lastLane: (target: String?, session: String, key: String, messenger: any Messenger)?
  private var nobody: [(message: Wanted, deadline: Int64)] = []

  /// An attempt that ended.
  typealias Result = (delivery: Delivery, settlement: Settlement)

  /// A worker that makes messengers by `messenger`.
  package init(_ stage: Stage, secrets: [String], messenger: @escaping (Target) throws -> any Messenger) {
    self.stage = stage
    makeMessenger = messenger
    facts = DeliveryFacts(stage)
    outgoing = Outgoing(facts, secrets: secrets, hidden: Card.hidden(stage.settings.language)) {
      [weak stage] id in
      guard let stage, let row = try? stage.journal.store.request(id) else { return nil }
      return (row, Card.text(row, stage.settings.language))
    }
    jobs = stage.settings.limits.jobs
    let store = stage.journal.store
    lanes = Lanes { [outgoing] n in try store.outbox(n: n).map { Delivery(row: $0, outgoing: outgoing) } }
  }

  /// Takes another secret out of all that leaves from now on.
  package func add(secret: String) { outgoing.add(secret: secret) }

  /// Rows that are not delivered yet.
  package var waiting: Int { lanes.count }

  /// Whether nothing is left to do, but for deliveries that wait for another try.
  package var isIdle: Bool {
    arrivals.isEmpty && results.isEmpty && unroutable.isEmpty && lanes.sending == 0 && !lanes.hasReady
      && nobody.isEmpty && !messengers.values.contains { $0.isBusy }
  }

  /// Shows that what others queue will be delivered, for as long as this lives.
  ///
  /// - Throws: `SystemError`.
  package func announce() throws {
    presence = try GatePresence(stage.home, pipe: stage.journal.pipe, as: .send)
  }

  // MARK: - Lines

  /// Takes a line from the pipe.
  package func take(_ scanner: LineScanner, _ line: Span<UInt8>, _ number: Int) throws {
    let envelope: Envelope
    let said: String?
    do {
      envelope = try Envelope(scanner, line)
      said = try Envelope.text("text", scanner, line)
    } catch {
      return try report("line \(number): \(error); left out")
    }
    switch envelope.type {
    case "message": try nobodyTook(envelope, line, number)
    case "reply" where envelope.isPartial: try showPartial(envelope, scanner, line)
    case "action": try showProgress(envelope, scanner, line)
    case "reply", "error", "request":
      let isPlain = envelope.type != "request" && scanner.find("attachments", in: line) == nil
      let bytes = line.withUnsafeBufferPointer { Array($0) }
      try add(envelope, bytes, scanner, number, said: isPlain ? said ?? "" : nil)
    case "decision":
      try wasAnswer(envelope, scanner, line)
      if let request = try? Envelope.text("request", scanner, line) { try showSettled(request) }
    // The rest is for other stages; the pipe ends here.
    default: break
    }
  }

  /// An answer that agim-approve of another home acted on without a word is done here too.
  private func wasAnswer(_ envelope: Envelope, _ scanner: LineScanner, _ line: Span<UInt8>) throws {
    guard let answer = envelope.parent, (try? Envelope.text("via", scanner, line)) == answer else { return }
    try stage.untilStored { [stage] in try stage.journal.closeAnswer(answer) }
  }

  private func add(
    _ envelope: Envelope, _ bytes: [UInt8], _ scanner: LineScanner, _ number: Int, said: String?
  ) throws {
    guard let session = envelope.session ?? via?.session else {
      return try report("line \(number): a reply without \"session\" goes nowhere; left out: say --via")
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
      id: id, parent: envelope.parent, type: envelope.type, final: envelope.endsTurn, session: session,
      line: bytes)
    arrivals.append(Arrival(line: line, target: viaText ?? Self.elsewhere(envelope), text: said))
  }

  /// The address that an answer goes to instead of its session: never a file or a program, because
  /// whoever can write a line could choose it.
  private static func elsewhere(_ envelope: Envelope) -> String? {
    guard let address = envelope.replyTo.flatMap(Address.init) else { return nil }
    return (try? Target(session: address.description))?.description
  }

  private func showPartial(_ envelope: Envelope, _ scanner: LineScanner, _ line: Span<UInt8>) throws {
    guard let id = envelope.id, let session = envelope.session,
      let text = try? Envelope.text("text", scanner, line),
      let target = try? via ?? Self.elsewhere(envelope).map(Target.init(known:)) ?? Target(session: session),
      let messenger = try? messenger(for: target)
    else { return }
    try messenger.show(
      Growing(
        id: id, parent: envelope.parent, session: session, address: target.address,
        text: outgoing.partial(text), clean: { [outgoing] in outgoing.clean($0) }))
  }

  private func showProgress(_ envelope: Envelope, _ scanner: LineScanner, _ line: Span<UInt8>) throws {
    guard let session = envelope.session, let target = try? via ?? Target(session: session),
      let messenger = try? messenger(for: target),
      let title = try? Envelope.text("title", scanner, line),
      let phase = try? Envelope.text("phase", scanner, line)
    else { return }
    let key = (try? Envelope.text("key", scanner, line)) ?? ""
    let detail = (try? Envelope.text("detail", scanner, line)).map { outgoing.clean($0) }
    try messenger.show(
      Progress(
        key: key, parent: envelope.parent, session: session, address: target.address, phase: phase,
        title: outgoing.clean(title), detail: detail))
  }

  // MARK: - Messages that nobody took

  /// A message at the end of the pipe: nobody here runs its agent, unless somebody else is quick.
  private func nobodyTook(_ envelope: Envelope, _ line: Span<UInt8>, _ number: Int) throws {
    guard let id = envelope.id, let session = envelope.session else {
      return try report("line \(number): a message without \"id\" or \"session\"; left out")
    }
    let bytes = line.withUnsafeBufferPointer { Array($0) }
    let message = Wanted(id: id, type: "message", session: session, agent: envelope.agent ?? "", line: bytes)
    nobody.append((message, stage.loop.clock.monotonic() + 5000))
    if nobody.count == 1 { watchNobody() }
  }

  /// At the end of the input nobody else will take a message.
  package func endOfInput() throws { try abandon(until: .max) }

  private func watchNobody() {
    guard let first = nobody.first else { return }
    stage.loop.after(first.deadline - stage.loop.clock.monotonic()) { [weak self] in
      guard let self else { return }
      try abandon(until: stage.loop.clock.monotonic())
      watchNobody()
    }
  }

  private func abandon(until now: Int64) throws {
    while let (message, deadline) = nobody.first, deadline <= now {
      let agent = message.agent.isEmpty ? "any agent" : "the agent \"\(displayEscaped(message.agent))\""
      let line = stage.maker.error(
        to: Cause(id: message.id, trace: message.id, session: message.session), stage: stage.name,
        code: "no_agent", text: "Nobody here runs \(agent). Your message was not handled.")
      let notice = Produced(
        id: line.id, parent: message.id, type: "error", final: true, session: message.session, line: line.line
      )
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
  ///
  /// `atOnce`: those that wait for another try are tried now.
  package func adopt(atOnce: Bool = false) throws {
    try showSettledCards()
    for var row in try stage.journal.adoptQueued() {
      if atOnce { row.next = nil }
      // One that was being sent may have arrived; so may one whose first heir died before he knew.
      if row.state == .sending || row.mark != nil { recovered.insert(row.n) }
      enqueue(row)
    }
  }

  /// Stores and delivers one line that came from no pipe; if it cannot be delivered now, any agim-send
  /// may finish it.
  package func sendOne(_ line: Produced, to target: Target) throws {
    enqueue(try stage.journal.queueOne(Arrival(line: line, target: target.description), stage: "send"))
  }

  /// Ends deliveries that take too long, because the process is about to leave: what went on without us
  /// would be done a second time by the next one.
  package func cancel() { for messenger in messengers.values { messenger.cancel() } }

  func enqueue(_ row: OutboxRow) {
    do {
      let (key, messenger) = try lane(target: row.target, session: row.session)
      lanes.append(Delivery(row: row, outgoing: outgoing), key: key, messenger: messenger)
    } catch {
      recovered.remove(row.n)
      unroutable.append((row, "\(error)"))
    }
  }

  /// The lane that a row belongs to, and who delivers it.
  func lane(target: String?, session: String) throws -> (key: String, messenger: any Messenger) {
    // Most rows go where the one before went.
    if let last = lastLane, last.target == target, last.session == session || last.messenger.keepsOneOrder,
      target != nil || last.session == session
    {
      return (last.key, last.messenger)
    }
    let known = try target.map { try Target(known: $0) } ?? via ?? Target(session: session)
    let messenger = try messenger(for: known)
    let name = known.description
    let key = messenger.keepsOneOrder ? name : "\(name)\u{0}\(session)"
    lastLane = (target, session, key, messenger)
    return (key, messenger)
  }

  private func messenger(for target: Target) throws -> any Messenger {
    if let known = messengers[target.description] { return known }
    let made = try makeMessenger(target)
    messengers[target.description] = made
    return made
  }
}
