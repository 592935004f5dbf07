internal import Console
internal import Glibc
internal import JSON
package import Journal
internal import Settings
package import Stage
package import Store
internal import System
internal import Wire

/// Accepts events into the inbox, prints their lines, and prints again what nobody took.
package final class Receiver {
  /// The stage it works for.
  package let stage: Stage
  /// Rows are closed when their lines are written: the pipe ends in a program of the user's own.
  package var isOnce = false

  /// Makes text of recordings, where somebody can.
  package var transcribe: ((Attachment, _ then: @escaping (String?) throws -> Void) throws -> Void)?
  /// The recordings of messages that wait for their text, by the ids of the messages.
  var recordings: [String: Attachment] = [:]
  private var hearing = 0
  /// What has happened since the start, for `/metrics`.
  package private(set) var counts = (accepted: 0, known: 0)

  private let sources: [any Source]
  /// What the sources said last of how they fare.
  private var states: [ObjectIdentifier: String] = [:]
  private var running: Set<ObjectIdentifier> = []
  private var batch: [(event: Incoming, accepted: (Bool) -> Void)] = []
  /// The newest place of each cursor that has not been stored yet.
  private var cursors: [String: CursorRow] = [:]
  private var batchBytes = 0
  private var written: [(position: Int64, id: String)] = []
  private var isPaused = false
  private var isEndingOutput = false
  private var reprint: EventLoop.Timer?
  private var locks: [FileLock] = []

  private static let batchLimit = 1000
  private static let pendingLimit = 1 << 20

  /// A receiver of these sources.
  package init(_ stage: Stage, _ sources: [any Source]) {
    self.stage = stage
    self.sources = sources
  }

  /// Prints what dead receivers left, starts the sources and serves until all have ended.
  package func run() throws {
    defer { for source in sources { source.leave() } }
    for source in sources { if let name = source.credential { locks.append(try lock(name)) } }
    for source in sources { try source.open(self) }
    stage.onStop = { [unowned self] in
      for source in sources where running.contains(ObjectIdentifier(source)) { try source.stop() }
    }
    stage.loop.beforeWait { [unowned self] in try beforeWait() }
    // Old lines first, so that a session's messages keep their order.
    for source in sources { try printAgain(for: source) }
    for source in sources {
      running.insert(ObjectIdentifier(source))
      try source.start(self)
    }
    stage.whenOthersCommit { [unowned self] in try wakeSources() }
    // A receiver that was still leaving when we started is dead by then.
    stage.every(30_000) { [unowned self] in for source in sources { try printAgain(for: source) } }
    try scheduleReprint()
    try stage.run()
  }

  /// Takes an event: it is committed, then printed, then `accepted` is called with whether it is new.
  package func accept(_ event: Incoming, accepted: @escaping (Bool) -> Void = { _ in }) throws {
    batch.append((event, accepted))
    batchBytes += event.line.count
    if batch.count >= Self.batchLimit || batchBytes > Self.pendingLimit {
      try commit()
      try stage.output.pump()
    }
  }

  /// Notes up to where a source has come: stored together with the rows that were accepted before.
  package func save(_ cursor: CursorRow) {
    cursors["\(cursor.platform)\u{0}\(cursor.account)\u{0}\(cursor.name)"] = cursor
  }

  /// Prints a line that has no row, such as a `status`.
  package func print(_ line: [UInt8]) { stage.output.appendLine(line) }

  /// How the sources fare; one that says nothing about it is up as long as it runs.
  package var health: [(name: String, state: String, isUp: Bool)] {
    sources.map { source in
      let state =
        running.contains(ObjectIdentifier(source))
        ? states[ObjectIdentifier(source)] ?? "running" : "ended"
      return (
        source.account.isEmpty ? source.platform : "\(source.platform)@\(source.account)", state,
        state == "running" || state == "connected"
      )
    }
  }

  func note(_ state: String, of source: any Source) { states[ObjectIdentifier(source)] = state }

  /// Notes that a source is at its end; the last one ends the command.
  package func ended(_ source: any Source) {
    running.remove(ObjectIdentifier(source))
  }

  /// Shows the reader of the pipe the end once all is written, while the last source lives on.
  ///
  /// Where other sources still run, the output stays theirs.
  package func endOutput(for source: any Source) {
    guard running == [ObjectIdentifier(source)] else { return }
    isEndingOutput = true
  }

  /// Prints a row, marked when it was printed before.
  package func printAgain(_ row: InboxRow) {
    stage.output.appendLine(row.prints > 0 ? LineMaker.again(row.line) : row.line)
    if isOnce { written.append((stage.output.appended, row.id)) }
  }

  private func beforeWait() throws {
    try commit()
    try closeWritten()
    let full = stage.output.pending > Self.pendingLimit || stage.isTroubled
    if full != isPaused {
      isPaused = full
      for source in sources { full ? source.pause() : source.resume() }
    }
    guard batch.isEmpty, cursors.isEmpty, stage.output.pending == 0, written.isEmpty else { return }
    if isEndingOutput, !stage.output.isFinished { try stage.output.finish() }
    if running.isEmpty, hearing == 0 { stage.loop.stop() }
  }

  private func commit() throws {
    guard !batch.isEmpty || !cursors.isEmpty else { return }
    var isNew: [Bool] = []
    let stored = try stage.attempt {
      isNew = try stage.journal.accept(batch.map(\.event), cursors: Array(cursors.values))
    }
    guard stored else { return }
    let taken = batch
    cursors.removeAll()
    batch.removeAll(keepingCapacity: true)
    batchBytes = 0
    for (index, (event, accepted)) in taken.enumerated() {
      let recording = recordings.removeValue(forKey: event.id)
      if isNew[index] {
        counts.accepted += 1
        if let recording, let transcribe {
          try listen(event, recording, transcribe)
        } else {
          show(event.line, of: event.id)
        }
      } else {
        counts.known += 1
        Log.info("known already", [("id", event.id), ("event", event.event ?? "")])
      }
      accepted(isNew[index])
    }
    if reprint == nil { try scheduleReprint() }
  }

  /// Prints a message once its recording has become text; it is stored already, and comes without the text
  /// should we die meanwhile.
  private func listen(
    _ event: Incoming, _ recording: Attachment,
    _ transcribe: (Attachment, _ then: @escaping (String?) throws -> Void) throws -> Void
  ) throws {
    hearing += 1
    try transcribe(recording) { [unowned self] text in
      hearing -= 1
      var line = event.line
      if let text {
        let heard = Self.line(event.line, text: text)
        if heard.count <= LineMaker.sourceLimit,
          try stage.attempt({ try stage.journal.setText(inbox: event.id, line: heard) })
        {
          line = heard
        }
      }
      show(line, of: event.id)
    }
  }

  private static func line(_ line: [UInt8], text: String) -> [UInt8] {
    var scanner = LineScanner()
    guard (try? scanner.scan(line.span)) != nil else { return line }
    var json = JSONWriter()
    json.value(text)
    return LineEditor.set(
      [(name: "text", rawValue: json.bytes), (name: "transcribed", rawValue: Array("true".utf8))],
      in: line.span, scanner: scanner)
  }

  private func show(_ line: [UInt8], of id: String) {
    stage.output.appendLine(line)
    if isOnce { written.append((stage.output.appended, id)) }
  }

  private func closeWritten() throws {
    guard !written.isEmpty else { return }
    try stage.output.pump()
    let out = written.prefix { $0.position <= stage.output.written }
    guard !out.isEmpty else { return }
    if try stage.attempt({ try stage.journal.finish(printed: out.map(\.id)) }) {
      written.removeFirst(out.count)
    }
  }

  private func printAgain(for source: any Source) throws {
    let isOurs = { (row: InboxRow) in source.owns(session: row.session) }
    let held = try stage.journal.adoptNew(
      platform: source.platform, account: source.account, where: isOurs, each: printAgain)
    if held > 0 {
      Log.warning(
        "messages older than the backlog limit are held; see agim-queue list", [("count", "\(held)")])
    }
  }

  private func wakeSources() throws {
    for source in sources { try source.wake() }
    try stage.untilStored { [unowned self] in
      var rows: [InboxRow] = []
      try stage.journal.adoptUnheld(where: { [sources] row in
        sources.contains {
          $0.platform == row.platform && $0.account == row.account && $0.owns(session: row.session)
        }
      }) { rows.append($0) }
      for row in rows { printAgain(row) }
    }
  }

  private func scheduleReprint() throws {
    reprint?.cancel()
    reprint = nil
    guard !isOnce, let next = try stage.journal.nextInboxReprint() else { return }
    // A clock that jumps must not silence us: look again after an hour at the latest.
    let wait = min(max(next - stage.journal.clock.now(), 100), 3_600_000)
    reprint = stage.loop.after(wait) { [unowned self] in
      try stage.untilStored { [unowned self] in
        for row in try stage.journal.dueReprints() { printAgain(row) }
        try scheduleReprint()
      }
    }
  }

  private func lock(_ name: String) throws -> FileLock {
    let safe = String(
      decoding: "source-\(name)".utf8.map { $0 == 0x2F || $0 < 0x21 || $0 > 0x7E ? UInt8(ascii: "_") : $0 }
        .prefix(200),
      as: UTF8.self)
    let path = "\(stage.home.run)/\(safe)"
    // One that was killed a moment ago may need another to be gone.
    for _ in 0..<50 {
      if let lock = try FileLock.take(path) { return lock }
      usleep(20_000)
    }
    guard let lock = try FileLock.take(path) else {
      throw Failure(
        .temporary, "another agim-recv already receives \(name)",
        hint: "stop that one, or use an AGIM_HOME of its own")
    }
    return lock
  }
}
