package import Delivery
internal import Glibc
internal import JSON
package import Journal
internal import Settings
package import Stage
internal import Store
internal import System

/// A terminal where somebody talks: hands what is to be shown to the agim-recv that has the screen.
///
/// What answers a message that was typed without a terminal goes to `plain`, our own standard output.
package final class TtyTarget: Messenger {
  package let batch = 500
  private let session: String
  private let plain: any Messenger
  private unowned let stage: Stage
  private var stream: LineStream?
  private var open: [String: (Outcome) throws -> Void] = [:]
  /// The newest of what was dropped while the terminal did not take it.
  private var skipped: TtyLine?
  private var lastParent: (id: String, isPlain: Bool)?

  /// The terminal of a session.
  package init(session: String, stage: Stage, plain: any Messenger) {
    self.session = session
    self.stage = stage
    self.plain = plain
  }

  package func send(_ deliveries: [Delivery], report: @escaping (Int, Outcome) throws -> Void) throws {
    // In order, and some of each kind together: it is the order that people read in.
    var start = 0
    while start < deliveries.count {
      let isPlain = try cameWithoutTerminal(deliveries[start].row.parent)
      var end = start + 1
      while end < deliveries.count, try cameWithoutTerminal(deliveries[end].row.parent) == isPlain {
        end += 1
      }
      let first = start
      if isPlain {
        try plain.send(Array(deliveries[start..<end])) { try report(first + $0, $1) }
      } else {
        for index in start..<end { try show(deliveries[index]) { try report(index, $0) } }
      }
      start = end
    }
  }

  package func show(_ growing: Growing) throws {
    if try cameWithoutTerminal(growing.parent) { return try plain.show(growing) }
    try showIfFree(.growing(id: growing.id, parent: growing.parent, text: growing.text))
  }

  package func show(_ progress: Progress) throws {
    if try cameWithoutTerminal(progress.parent) { return try plain.show(progress) }
    try showIfFree(
      .progress(
        key: progress.key,
        TtyLine.Doing(
          parent: progress.parent, phase: progress.phase, title: progress.title, detail: progress.detail)))
  }

  package func cancel() {
    plain.cancel()
    let left = open
    stream?.close()
    stream = nil
    open = [:]
    for report in left.values {
      // An error of the store stops the sender anyway, which is about to leave.
      try? report(.postponed(reason: "the terminal has not shown it yet", after: nil))
    }
  }

  private func show(_ delivery: Delivery, _ report: @escaping (Outcome) throws -> Void) throws {
    let stream: LineStream
    do {
      stream = try connected()
    } catch let error as SystemError {
      switch error.errno {
      case ENOENT, ECONNREFUSED: return try report(.refused(reason: Journal.terminalGone))
      default: return try report(.postponed(reason: "\(error)", after: nil))
      }
    }
    // Gone already, while we greeted.
    guard self.stream != nil else { return try report(.refused(reason: Journal.terminalGone)) }
    let row = delivery.row
    let key = "\(row.id)/\(row.part)"
    open[key] = report
    skipped = nil
    try stream.send(
      TtyLine.show(
        key: key,
        TtyLine.Shown(type: row.type, id: row.id, parent: row.parent, ends: row.final, text: delivery.text)
      ).bytes)
  }

  private func showIfFree(_ line: TtyLine) throws {
    guard let stream = try? connected() else { return }
    guard stream.pending == 0 else {
      skipped = line
      return
    }
    try stream.send(line.bytes)
  }

  private func connected() throws -> LineStream {
    if let stream { return stream }
    let socket = try LocalSocket.connect(TtyName.socket(session), in: stage.home.run)
    let made = LineStream(socket, loop: stage.loop, limit: 65_536)
    made.onLine = { [unowned self] bytes in
      guard let key = TtyLine.shownKey(bytes), let report = open.removeValue(forKey: key) else { return }
      try report(.delivered(proof: "shown on the terminal"))
    }
    made.onClose = { [unowned self] in
      stream = nil
      skipped = nil
      let left = open
      open = [:]
      for report in left.values { try report(.refused(reason: Journal.terminalGone)) }
    }
    made.onDrain = { [unowned self] in
      guard let line = skipped else { return }
      skipped = nil
      try stream?.send(line.bytes)
    }
    stream = made
    try made.send(TtyLine.hello(session: session).bytes)
    return made
  }

  /// Whether a message came from a standard input that was no terminal: its line says so.
  private func cameWithoutTerminal(_ parent: String?) throws -> Bool {
    guard let parent else { return false }
    if let lastParent, lastParent.id == parent { return lastParent.isPlain }
    let row = try stage.journal.store.inbox(id: parent)
    let isPlain = row.map { (try? JSONReader.parse($0.line))?["origin"]?["terminal"]?.bool == false } ?? false
    lastParent = (parent, isPlain)
    return isPlain
  }
}
