internal import Glibc
internal import JSON
internal import Peers
internal import System
internal import Turns

/// A command that a program runs through us.
final class ACPTerminal {
  /// Called once, when the command and all it started are gone.
  var onEnd: () -> Void = {}
  /// Those who wait for its end.
  var waiting: [RPCPeer.Answer] = []
  private(set) var status: ExitStatus?
  private(set) var isOver = false

  private let child: Child
  private let loop: EventLoop
  private let mark: String
  private let limit: Int
  private var output: [UInt8] = []
  private var isCut = false
  private var watches: [EventLoop.Watch] = []
  private var timers: [EventLoop.Timer] = []
  private var isOpen = false

  /// Starts a command.
  ///
  /// - Parameters:
  ///   - launch: What is started; it writes both outputs to its standard output.
  ///   - limit: How many bytes of its output are kept: the last ones.
  ///   - loop: Who waits.
  /// - Throws: `SystemError`.
  init(_ launch: PeerProcess.Launch, limit: Int, loop: EventLoop) throws(SystemError) {
    child = try Child(
      launch.command, environment: launch.environment, directory: launch.directory, output: .pipe,
      errors: .null)
    (self.loop, self.limit, mark) = (loop, limit, launch.mark)
    if let stream = child.output {
      isOpen = true
      var watch: EventLoop.Watch?
      watch = loop.watch(stream.number) { [weak self] in
        guard let self, let bytes = try stream.read(upTo: 65_536, subject: "a command") else { return }
        if !bytes.isEmpty { return keep(bytes) }
        watch?.cancel()
        isOpen = false
        finishIfOver()
      }
      if let watch { watches.append(watch) }
    }
    watches.append(loop.watch(child.ended.number) { [weak self] in self?.ended() })
  }

  private func keep(_ bytes: [UInt8]) {
    output += bytes
    // Not with every piece, because moving what is left costs.
    if output.count > 2 * limit + 65_536 {
      output.removeFirst(output.count - limit)
      isCut = true
    }
  }

  /// Its output so far: the end of it, from the beginning of a character on.
  var text: (output: String, isTruncated: Bool) {
    var bytes = output[...]
    let isTruncated = isCut || bytes.count > limit
    if isTruncated {
      bytes = bytes.suffix(limit)
      while let first = bytes.first, first & 0xC0 == 0x80 { bytes = bytes.dropFirst() }
    }
    if !isOver { bytes = bytes.dropLast(Self.begun(bytes)) }
    return (String(decoding: bytes, as: UTF8.self), isTruncated)
  }

  /// The bytes at the end that are a character which has only begun.
  private static func begun(_ bytes: ArraySlice<UInt8>) -> Int {
    var back = 0
    for byte in bytes.reversed().prefix(4) {
      back += 1
      if byte & 0xC0 == 0x80 { continue }
      let need = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return need > back ? back : 0
    }
    return 0
  }

  /// How it ended, as the protocol says it; nil while it runs.
  var exit: JSONValue? {
    guard isOver, let status else { return nil }
    switch status {
    case .exited(let code): return ["exitCode": .number(JSONNumber(Int(code))), "signal": nil]
    case .signalled(let number): return ["exitCode": nil, "signal": .string(Self.name(number))]
    }
  }

  private static func name(_ number: Int32) -> String {
    switch number {
    case SIGKILL: "SIGKILL"
    case SIGTERM: "SIGTERM"
    case SIGINT: "SIGINT"
    case SIGSEGV: "SIGSEGV"
    case SIGABRT: "SIGABRT"
    case SIGPIPE: "SIGPIPE"
    case SIGHUP: "SIGHUP"
    default: "SIG\(number)"
    }
  }

  /// Ends it and all it started: TERM, and two seconds later KILL.
  func end() {
    guard status == nil else { return }
    ProcessTree.signal(SIGTERM, below: child.pid)
    // Held until then, even where nobody else wants it any more.
    timers.append(
      loop.after(2000) {
        guard self.status == nil else { return }
        ProcessTree.signal(SIGKILL, below: self.child.pid)
      })
  }

  private func ended() {
    guard status == nil, let status = child.reap() else { return }
    self.status = status
    finishIfOver()
    guard !isOver else { return }
    // What it left running keeps the pipe open: it had its chance.
    timers.append(
      loop.after(200) {
        self.isOpen = false
        self.finishIfOver()
      })
  }

  private func finishIfOver() {
    guard !isOver, status != nil, !isOpen else { return }
    isOver = true
    for watch in watches { watch.cancel() }
    for timer in timers { timer.cancel() }
    LeftOvers.end(of: child.pid, turn: mark)
    for answer in waiting { answer.result(exit ?? .null) }
    waiting.removeAll()
    onEnd()
  }
}
