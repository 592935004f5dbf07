internal import Console
package import Delivery
internal import Glibc
internal import JSON
internal import Journal
internal import Stage
internal import Store
internal import System
internal import Wire

/// Recorded lines, printed again as if they came now: what `tee` wrote is a day of traffic.
package final class ReplaySource: Source {
  package let platform = "replay"
  package let account = ""

  /// How to replay.
  package struct Options: Sendable {
    /// The files, `-` for standard input.
    package var files: [String]
    /// How much faster than recorded; nil for as fast as it goes.
    package var speed: Double?
    /// Whether the recorded ids are kept.
    package var keepsIDs: Bool
    /// Whether to replay into a store that has rows of other sources.
    package var isForced: Bool
    /// Options of their parts.
    package init(files: [String], speed: Double?, keepsIDs: Bool, isForced: Bool) {
      self.files = files
      self.speed = speed
      self.keepsIDs = keepsIDs
      self.isForced = isForced
    }
  }

  /// A file that is being read.
  private final class Recording {
    let name: String
    let file: Descriptor
    var reader = LineReader(limit: JSONLimits.line.maxBytes)

    init(_ name: String, _ file: Descriptor) {
      self.name = name
      self.file = file
    }
  }

  private let options: Options
  private var files: ArraySlice<String>
  private var current: Recording?
  private var scanner = LineScanner()
  private var newIDs: [String: String] = [:]
  private var firstTime: Timestamp?
  private var began: Int64 = 0
  private var waiting: (line: [UInt8], number: Int)?
  private var timer: EventLoop.Timer?
  private var isPaused = false
  private unowned var receiver: Receiver?

  /// A replay.
  package init(_ options: Options) {
    self.options = options
    files = options.files[...]
  }

  package func start(_ receiver: Receiver) throws {
    self.receiver = receiver
    if !options.isForced, try receiver.stage.journal.store.hasRows(otherThan: platform) {
      throw Failure(
        .notPermitted,
        "this store holds messages of real sources; replaying into it would answer people again",
        hint: "set AGIM_HOME to a directory of its own, or say --force")
    }
    began = receiver.stage.loop.clock.monotonic()
    schedule(0)
  }

  package func pause() { isPaused = true }

  package func resume() {
    guard isPaused else { return }
    isPaused = false
    schedule(0)
  }

  package func stop() throws {
    timer?.cancel()
    receiver?.ended(self)
  }

  private func schedule(_ milliseconds: Int64) {
    timer?.cancel()
    timer = receiver?.stage.loop.after(milliseconds) { [unowned self] in try play() }
  }

  private func play() throws {
    guard let receiver, !isPaused else { return }
    // Some lines at a time, so that the output and the store are looked after in between.
    for _ in 0..<1000 {
      if let (line, number) = waiting {
        waiting = nil
        try print(line, number, receiver)
        continue
      }
      guard let (line, number) = try nextLine() else {
        receiver.ended(self)
        return
      }
      guard let wait = try delay(of: line, number, receiver) else { continue }
      if wait > 0 {
        waiting = (line, number)
        return schedule(wait)
      }
      try print(line, number, receiver)
    }
    schedule(0)
  }

  private func nextLine() throws -> (line: [UInt8], number: Int)? {
    while true {
      if current == nil {
        guard let name = files.popFirst() else { return nil }
        do {
          let file = name == "-" ? Descriptor(dup(0)) : try Descriptor.open(name, O_RDONLY)
          current = Recording(name, file)
        } catch {
          throw Failure(.noInput, "\(name): \(error.reason)")
        }
      }
      guard let opened = current else { continue }
      while let found = opened.reader.next() {
        switch found {
        case .line(let range):
          let line = opened.reader.bytes(range)
          if line.contains(where: { $0 > 0x20 }) { return (line, opened.reader.number) }
        case .tooLong: Log.warning("\(opened.name): line \(opened.reader.number): too long; left out")
        }
      }
      if opened.reader.ended {
        current = nil
      } else {
        _ = try opened.reader.fill(from: opened.file.number, subject: opened.name)
      }
    }
  }

  /// Milliseconds until a line is due; nil for a line that is not replayed.
  private func delay(of line: [UInt8], _ number: Int, _ receiver: Receiver) throws -> Int64? {
    do {
      try scanner.scan(line.span)
      let type = try Envelope.text("type", scanner, line.span)
      guard type == "message" || type == "answer" else { return nil }
      guard let speed = options.speed,
        let time = try Envelope.text("time", scanner, line.span).flatMap(Timestamp.init(rfc3339:))
      else { return 0 }
      let first = firstTime ?? time
      firstTime = first
      let due = began + Int64(Double(max(0, time - first)) / speed)
      return max(0, due - receiver.stage.loop.clock.monotonic())
    } catch {
      Log.warning("\(current?.name ?? "replay"): line \(number): \(error); left out")
      return nil
    }
  }

  private func print(_ line: [UInt8], _ number: Int, _ receiver: Receiver) throws {
    do {
      try scanner.scan(line.span)
      let envelope = try Envelope(scanner, line.span)
      guard let session = envelope.session.flatMap(Address.init)?.description else {
        throw WireError("\"session\" is not an address")
      }
      var changes: [(name: String, rawValue: [UInt8]?)] = [("again", nil)]
      func set(_ name: String, _ value: String) {
        var writer = JSONWriter()
        writer.value(value)
        changes.append((name, writer.bytes))
      }
      let old = envelope.id ?? ""
      let id = options.keepsIDs && !old.isEmpty ? old : newID(for: old, receiver)
      if !options.keepsIDs {
        set("id", id)
        set(
          "trace",
          envelope.trace == nil || envelope.trace == old ? id : newID(for: envelope.trace ?? "", receiver))
        if let parent = envelope.parent { set("parent", newID(for: parent, receiver)) }
        if let request = try Envelope.text("request", scanner, line.span) {
          set("request", newID(for: request, receiver))
        }
      }
      set("time", receiver.stage.journal.clock.now().description)
      let changed = LineEditor.set(changes, in: line.span, scanner: scanner)
      guard changed.count <= LineMaker.sourceLimit else {
        throw WireError("longer than \(LineMaker.sourceLimit) bytes")
      }
      try receiver.accept(
        Incoming(
          id: id, type: envelope.type, platform: platform, account: account, session: session, line: changed))
    } catch let error as WireError {
      Log.warning("\(current?.name ?? "replay"): line \(number): \(error); left out")
    }
  }

  /// The new id of a recorded one: the same everywhere it occurs.
  private func newID(for old: String, _ receiver: Receiver) -> String {
    if let known = newIDs[old] { return known }
    let fresh = receiver.stage.maker.id()
    if !old.isEmpty { newIDs[old] = fresh }
    return fresh
  }
}
