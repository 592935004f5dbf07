import Console
package import Delivery
internal import Glibc
internal import JSON
internal import Journal
internal import Stage
internal import System
internal import Wire

/// A program that prints messages, as JSON lines or as plain text: a messenger written in shell.
package final class ProgramSource: Source {
  package let platform = "command"
  package let account: String

  private let words: [String]
  private let stays: Bool
  private var reader = LineReader(limit: JSONLimits.line.maxBytes)
  private var scanner = LineScanner()
  private var child: Child?
  private var watch: EventLoop.Watch?
  private var restart: EventLoop.Timer?
  private var backoff = Backoff()
  private var isStopping = false
  private unowned var receiver: Receiver?

  /// A source for an operand's program.
  ///
  /// `stays`: it is started again when it ends.
  ///
  /// - Throws: `Failure` when the operand names no program.
  package init(_ program: String, stays: Bool) throws {
    words = try ProgramWords.split(program)
    account = program
    self.stays = stays
  }

  package func start(_ receiver: Receiver) throws {
    self.receiver = receiver
    try launch()
  }

  package func pause() { watch?.isEnabled = false }
  package func resume() { watch?.isEnabled = true }

  package func stop() throws {
    isStopping = true
    restart?.cancel()
    guard let child, child.status == nil else {
      receiver?.ended(self)
      return
    }
    ProcessTree.signal(SIGTERM, below: child.pid)
    receiver?.stage.loop.after(5000) { ProcessTree.signal(SIGKILL, below: child.pid) }
  }

  private func launch() throws {
    guard let receiver else { return }
    reader = LineReader(limit: JSONLimits.line.maxBytes)
    do {
      child = try Child(words, environment: ProcessGuard.environment, output: .pipe)
    } catch {
      guard stays else {
        throw Failure(.unavailable, "command:\(account) cannot be started: \(error.reason)")
      }
      return try ended("cannot be started: \(error.reason)")
    }
    guard let child, let output = child.output else { return }
    backoff.began(at: receiver.stage.loop.clock.monotonic())
    watch = receiver.stage.loop.watch(output.number) { [unowned self] in try read(output) }
  }

  private func read(_ output: Descriptor) throws {
    let got = try reader.fill(from: output.number, subject: words[0])
    while let found = reader.next() {
      switch found {
      case .line(let range): try accept(reader.bytes(range))
      case .tooLong: warn("longer than \(JSONLimits.line.maxBytes) bytes; left out")
      }
    }
    guard got == 0, let child else { return }
    watch?.cancel()
    // Its output is closed; the process itself may take a moment, or go on without us.
    if let status = child.reap() { return try left(status) }
    let loop = receiver?.stage.loop
    ProcessTree.signal(SIGTERM, below: child.pid)
    let end = loop?.after(5000) { ProcessTree.signal(SIGKILL, below: child.pid) }
    watch = loop?.watch(child.ended.number) { [unowned self] in
      guard let status = child.reap() else { return }
      end?.cancel()
      watch?.cancel()
      try left(status)
    }
  }

  private func left(_ final: ExitStatus) throws {
    if case .exited(let code) = final,
      code == ExitCode.notPermitted.number || code == ExitCode.configuration.number
    {
      let kind = code == ExitCode.notPermitted.number ? ExitCode.notPermitted : .configuration
      throw Failure(kind, "command:\(account): the program refuses to go on (\(final))")
    }
    try ended("ended with \(final)")
  }

  private func ended(_ how: String) throws {
    guard let receiver else { return }
    guard stays, !isStopping else {
      Log.info("source ended", [("source", "command:\(account)"), ("how", how)])
      receiver.ended(self)
      return
    }
    let loop = receiver.stage.loop
    let wait = backoff.next(at: loop.clock.monotonic(), random: loop.clock.random())
    Log.notice("source \(how)", [("source", "command:\(account)"), ("again_in_ms", "\(wait)")])
    restart = loop.after(wait) { [unowned self] in try launch() }
  }

  private func accept(_ bytes: [UInt8]) throws {
    guard let receiver, let first = bytes.first(where: { $0 > 0x20 }) else { return }
    if first == UInt8(ascii: "{") { return try acceptLine(bytes, receiver) }
    guard bytes.count <= JSONLimits.line.maxBytes / 2 else { return warn("too long for a message; left out") }
    let text = String(decoding: bytes.last == 0x0D ? bytes.dropLast() : bytes[...], as: UTF8.self)
    let session = Address(platform: platform, channel: name)
    let (id, line) = receiver.stage.maker.message(
      session: session.description, from: name, name: nil, text: text)
    try receiver.accept(
      Incoming(
        id: id, type: "message", platform: platform, account: account, session: session.description,
        line: line))
  }

  /// A JSON line: what is missing is filled in, and its own id is the event's.
  private func acceptLine(_ bytes: [UInt8], _ receiver: Receiver) throws {
    var envelope: Envelope
    do {
      try scanner.scan(bytes.span)
      envelope = try Envelope(scanner, bytes.span)
    } catch {
      return warn("\(error); left out")
    }
    var missing: [(name: String, rawValue: [UInt8]?)] = []
    func set(_ name: String, _ value: JSONValue) {
      var writer = JSONWriter()
      writer.value(value)
      missing.append((name, writer.bytes))
    }
    if envelope.type.isEmpty {
      envelope.type = "message"
      set("type", .string("message"))
    }
    guard ["message", "answer", "event", "status"].contains(envelope.type) else {
      return warn("a source prints no \"\(envelope.type.prefix(32))\"; left out")
    }
    let event = envelope.id
    let id = event ?? receiver.stage.maker.id()
    if scanner.find("v", in: bytes.span) == nil { set("v", 1) }
    if event == nil { set("id", .string(id)) }
    if scanner.find("time", in: bytes.span) == nil {
      set("time", .string(receiver.stage.journal.clock.now().description))
    }
    if envelope.trace == nil { set("trace", .string(id)) }
    if envelope.session == nil {
      envelope.session = Address(platform: platform, channel: name).description
      set("session", .string(envelope.session ?? ""))
    }
    guard let session = envelope.session.flatMap(Address.init)?.description else {
      return warn("\"session\" is not an address, see agim-address(7); left out")
    }
    if envelope.type == "message", scanner.find("from", in: bytes.span) == nil {
      set("from", .object(JSONObject([("id", .string(name))])))
    }
    if envelope.type == "message", scanner.find("chat", in: bytes.span) == nil { set("chat", "direct") }
    let line = missing.isEmpty ? bytes : LineEditor.set(missing, in: bytes.span, scanner: scanner)
    guard line.count <= LineMaker.sourceLimit else {
      return warn("longer than \(LineMaker.sourceLimit) bytes; left out: what is that long travels as a file")
    }
    try receiver.accept(
      Incoming(
        id: id, type: envelope.type, platform: platform, account: account, event: event, session: session,
        line: line))
  }

  /// The program's own name: who speaks when its lines do not say it.
  private var name: String { words[0].split(separator: "/").last.map(String.init) ?? "program" }

  private func warn(_ text: String) {
    Log.warning("command:\(account): line \(reader.number): \(text)")
  }
}
