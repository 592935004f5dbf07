internal import Console
package import Delivery
internal import Glibc
internal import Journal
internal import Settings
internal import Stage
internal import System

/// A terminal: what a person types are messages, and what answers them is drawn above the line being typed.
///
/// This process alone has the screen. agim-send, at the other end of the pipe, hands over what is to be
/// shown through a socket and gets an acknowledgement for each text that stands there.
package final class TtySource: Source {
  package let platform = "tty"
  package let account = ""
  package var credential: String? { speaker.session }

  private enum Phase {
    case idle
    case typing
    case draining
    case over
  }

  private let speaker: Receiver.Speaker
  private var editor: Editor
  private var keys = KeyReader()
  private var phase = Phase.idle
  private var screen: TtyScreen?
  private var server: TtyServer?
  private var diversion: ErrorDiversion?
  private var input: EventLoop.Watch?
  private unowned var receiver: Receiver?
  /// Whether something was sent since the last reply that ended a turn.
  private var isAwaiting = false
  private var lastInterrupt: Int64?
  private var drainingSince: Int64 = 0
  private var check: EventLoop.Timer?
  private var hasRemarked = false
  private var ignoresContinue = false
  private var shownKeys: [String] = []

  private static let prompt = "> "
  /// How long an end waits for a message that nobody has taken yet.
  private static let patience: Int64 = 10_000
  private static let backlogLimit = 1 << 20

  /// The terminal of standard input.
  package init(_ speaker: Receiver.Speaker, history: String?) {
    self.speaker = speaker
    editor = Editor(history: History(path: history))
  }

  /// Whether standard input is a terminal that can be drawn on.
  package static var hasTerminal: Bool {
    guard Terminal.isTerminal(0), let kind = ProcessGuard.variable("TERM") else { return false }
    return kind != "dumb"
  }

  package func owns(session: String) -> Bool { session == speaker.session }

  package func open(_ receiver: Receiver) throws { try bury(receiver.stage, own: false) }

  package func start(_ receiver: Receiver) throws {
    self.receiver = receiver
    let stage = receiver.stage
    let screen = try TtyScreen(loop: stage.loop, style: Self.style())
    self.screen = screen
    screen.onGone = { [unowned self] in try leaveNow() }
    screen.typed = { [unowned self] columns, height in rows(columns, height) }
    let server = try TtyServer(session: speaker.session, directory: stage.home.run, loop: stage.loop)
    self.server = server
    server.onLine = { [unowned self] line, stream in try take(line, stream) }
    server.onClose = { [unowned self] in if phase == .draining { checkSoon() } }
    try stage.loop.onSignals([SIGWINCH, SIGTSTP, SIGCONT]) { [unowned self] number in try handle(number) }
    try Terminal.enter(0)
    screen.markPastes(true)
    diversion = ErrorDiversion(loop: stage.loop) { [unowned self] line in
      self.screen?.print(self.screen?.transcript.remark(line) ?? "")
    }
    phase = .typing
    input = stage.loop.watch(0) { [unowned self] in try read() }
    stage.loop.beforeWait { [unowned self] in try beforeWait() }
  }

  package func stop() throws { try leaveNow() }

  package func leave() {
    guard screen != nil else { return }
    server?.close()
    if phase == .typing { screen?.markPastes(false) }
    phase = .over
    giveBack()
    screen = nil
  }

  /// Shows what is left to show, and gives the terminal and standard error back.
  private func giveBack() {
    diversion?.end()
    diversion = nil
    screen?.giveBack()
    Terminal.leave()
  }

  private static func style() -> Transcript.Style {
    let locale =
      ProcessGuard.variable("LC_ALL") ?? ProcessGuard.variable("LC_CTYPE") ?? ProcessGuard.variable("LANG")
      ?? ""
    let charset = locale.split(separator: ".").dropFirst().first?.lowercased() ?? ""
    return Transcript.Style(
      isColoured: ProcessGuard.variable("NO_COLOR") == nil, hasBoxes: charset.hasPrefix("utf"))
  }

  private func beforeWait() throws {
    guard let screen, phase != .over else { return }
    try screen.draw()
    server?.isReading = screen.backlog < Self.backlogLimit
    guard phase == .draining, check == nil, let stage = receiver?.stage else { return }
    // The first look comes when all that was typed has left.
    if stage.output.isFinished || stage.output.pending == 0 { checkSoon() }
  }

  private func rows(_ columns: Int, _ height: Int) -> EditorRows? {
    guard phase == .typing else { return nil }
    let prompt = editor.search.map { "(search: \($0.wanted)) " } ?? Self.prompt
    return EditorRows(editor.text, cursor: editor.cursor, prompt: prompt, columns: columns, height: height)
  }

  // MARK: - Keys

  private func read() throws {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let got = buffer.withUnsafeMutableBytes { Glibc.read(0, $0.baseAddress, $0.count) }
    if got < 0 && (errno == EINTR || errno == EAGAIN) { return }
    // The end of a terminal in this mode is its end for good: Ctrl-D comes as a key.
    guard got > 0 else { return try leaveNow() }
    try press(keys.read(Array(buffer[..<got])))
    if keys.isUnsure {
      receiver?.stage.loop.after(50) { [unowned self] in try press(keys.settle()) }
    }
  }

  private func press(_ pressed: [Key]) throws {
    for key in pressed where phase == .typing {
      switch editor.press(key) {
      case .edited: break
      case .submit(let text): try say(text)
      case .interrupt: try interrupt()
      case .end: endInput()
      case .suspend: Terminal.stopGroup()
      case .clearScreen: screen?.clear()
      }
    }
    screen?.touch()
  }

  private func say(_ text: String) throws {
    guard let screen, let receiver else { return }
    screen.print(screen.transcript.echo(text, prompt: Self.prompt))
    guard text.contains(where: { !$0.isWhitespace }) else { return }
    try receiver.accept(text: text, of: speaker)
    isAwaiting = true
  }

  /// Ctrl-C: aborts what runs, then takes away what is typed, then leaves.
  private func interrupt() throws {
    guard let screen, let receiver else { return }
    let now = receiver.stage.loop.clock.monotonic()
    if let last = lastInterrupt, now - last < 2000 { return endInput() }
    lastInterrupt = now
    if try isAwaiting || receiver.stage.journal.isWorking(session: speaker.session) {
      screen.print(screen.transcript.remark("aborting; Ctrl-C again leaves"))
      try receiver.accept(text: "/abort", of: speaker)
    } else if editor.text.isEmpty {
      endInput()
    } else {
      editor.clear()
    }
  }

  // MARK: - What is shown

  private func take(_ line: TtyLine, _ stream: LineStream) throws {
    guard let screen else { return }
    switch line {
    case .hello: break
    case .growing(let id, let parent, let text):
      screen.print(screen.transcript.grow(id, to: parent, text))
    case .progress(let key, let doing):
      screen.transcript.note(key, doing)
      screen.touch()
    case .show(let key, let shown):
      if shown.ends { isAwaiting = false }
      // Of a sender that died before it heard that the text stands there.
      let text = shownKeys.contains(key) ? "" : screen.transcript.show(shown, columns: screen.columns)
      screen.print(text) { [weak self, weak stream] in
        guard let self else { return }
        if !text.isEmpty {
          shownKeys.append(key)
          if shownKeys.count > 1000 { shownKeys.removeFirst(500) }
        }
        try stream?.send(TtyLine.shown(key))
        if phase == .draining { checkSoon() }
      }
    }
  }

  // MARK: - Signals

  private func handle(_ number: Int32) throws {
    switch number {
    case SIGWINCH: screen?.resize()
    case SIGTSTP:
      guard phase == .typing else { return Terminal.stopSelf() }
      screen?.markPastes(false)
      screen?.giveBack()
      Terminal.leave()
      ignoresContinue = true
      Terminal.stopSelf()
      try resume()
    default:
      if ignoresContinue {
        ignoresContinue = false
        return
      }
      screen?.forget()
      try resume()
    }
  }

  private func resume() throws {
    guard phase == .typing, let screen else { return }
    try Terminal.enter(0)
    screen.markPastes(true)
    screen.resize()
  }

  // MARK: - The end

  /// Nothing more is typed: the pipe sees its end, and what was started is still shown.
  private func endInput() {
    guard phase == .typing, let screen, let receiver else { return }
    phase = .draining
    input?.cancel()
    // The keys of the terminal act on all of the pipe again: Ctrl-C ends it.
    screen.markPastes(false)
    screen.giveBack()
    Terminal.leave()
    drainingSince = receiver.stage.loop.clock.monotonic()
    receiver.endOutput(for: self)
  }

  private func checkSoon() {
    check?.cancel()
    check = receiver?.stage.loop.after(20) { [unowned self] in try checkDrained() }
  }

  /// Leaves when nothing is left to show, and looks again in a second when there is.
  private func checkDrained() throws {
    guard phase == .draining, let screen, let stage = receiver?.stage else { return }
    guard Terminal.isTerminal(0) else { return try leaveNow() }
    var open = Journal.OpenWork()
    guard try stage.attempt({ open = try stage.journal.openWork(session: speaker.session) }) else {
      return checkLater()
    }
    let waited = stage.loop.clock.monotonic() - drainingSince
    if open.waiting > 0, waited > Self.patience { open.waiting = 0 }
    guard !open.isEmpty else { return try leaveNow() }
    if !hasRemarked, waited > 1000 {
      hasRemarked = true
      screen.print(screen.transcript.remark("waiting for what was started; Ctrl-C stops it"))
    }
    checkLater()
  }

  private func checkLater() {
    check = receiver?.stage.loop.after(1000) { [unowned self] in try checkDrained() }
  }

  /// Ends now; what cannot be shown any more dies with the terminal.
  private func leaveNow() throws {
    guard phase != .over, let receiver else { return }
    let wasTyping = phase == .typing
    phase = .over
    input?.cancel()
    check?.cancel()
    if wasTyping { screen?.markPastes(false) }
    giveBack()
    server?.close()
    try bury(receiver.stage, own: true)
    receiver.ended(self)
  }

  private func bury(_ stage: Stage, own: Bool) throws {
    var count = (messages: 0, replies: 0)
    guard try stage.attempt({ count = try stage.journal.bury(session: speaker.session, own: own) }),
      count != (0, 0)
    else { return }
    Log.notice(
      "ended what was left of a terminal that is gone",
      [("session", speaker.session), ("messages", "\(count.messages)"), ("replies", "\(count.replies)")])
  }
}
