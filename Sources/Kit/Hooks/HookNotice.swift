internal import Glibc
internal import Journal
internal import Requests
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Text
internal import Wire

/// Tells a chat that a session in a terminal has finished or waits; once a minute at most.
struct HookNotice {
  private let stage: Stage
  private let event: HookEvent
  private let address: Address?
  /// Characters of what the program said.
  private static let limit = 300

  init(_ stage: Stage, _ event: HookEvent, to address: Address?) {
    (self.stage, self.event, self.address) = (stage, event, address)
  }

  /// Stores the notice, unless the chat was told something about the session a moment ago.
  func tell() throws {
    guard let address, let text = text else { return }
    // What nobody shows now would come all at once when somebody does.
    let deadline = stage.loop.clock.monotonic() + GateWatch.patience.first
    while !GatePresence.isAnywhere(stage.home, .send) {
      guard stage.loop.clock.monotonic() < deadline else { return }
      usleep(50_000)
    }
    try stage.journal.write {
      let now = stage.journal.clock.now()
      let minute = now.milliseconds / 60_000
      // That nothing was said to it is no news while it is known to have finished.
      var back: Int64 = 1
      if case .waits(_, let isIdle) = event.kind, isIdle { back = 5 }
      for ago in 0...back {
        let told = try stage.journal.store.outbox(id: name(minute - ago)).first
        if let told, now - told.created < back * 60_000 { return }
      }
      let line = stage.maker.reply(
        id: name(minute), to: Cause(id: nil, trace: nil, session: address.description), text: text,
        final: false, notice: true, agent: event.program.rawValue)
      try stage.journal.queueWithoutPipe(
        [
          Arrival(
            line: Produced(
              id: line.id, parent: nil, type: "reply", final: false, session: address.description,
              line: line.line), target: nil)
        ], stage: stage.name)
    }
    stage.journal.wakeOthers()
  }

  /// The line's id: the same for a session within a minute, so that one is stored once.
  private func name(_ minute: Int64) -> String {
    let session = event.session.utf8.filter {
      0x30...0x39 ~= $0 || 0x41...0x5A ~= $0 || 0x61...0x7A ~= $0 || $0 == 0x2D
    }.prefix(64)
    return "hook-\(event.program.rawValue)-\(String(decoding: session, as: UTF8.self))-\(minute)"
  }

  private var text: String? {
    let words = NoticeWords.of(stage.settings.language)
    let name = "\(event.program.rawValue) \(event.session.prefix(8))"
    let said: String?
    let head: String
    switch event.kind {
    case .finished(let last): (head, said) = (words.finished(name, place), last)
    case .waits(let message, _): (head, said) = (words.waits(name, place), message)
    case .question(let tool, _): (head, said) = (words.asks(name, place), tool)
    case .call, .nothing: return nil
    }
    var lines = [displayEscaped(head)]
    if let said, !said.isEmpty {
      let shown = said.prefix(Self.limit)
      let text = displayEscaped(String(shown)) + (shown.endIndex < said.endIndex ? " [...]" : "")
      lines += text.split(separator: "\n").map { "  > \($0)" }
    }
    if let command = event.program.resume(event.session) { lines.append(words.resume(command)) }
    return lines.joined(separator: "\n")
  }

  /// The work directory, with `~` for the home.
  private var place: String {
    guard let home = ProcessGuard.variable("HOME"), home.utf8.count > 1,
      event.workdir == home || event.workdir.utf8.starts(with: "\(home)/".utf8)
    else { return event.workdir.isEmpty ? "?" : event.workdir }
    return "~" + event.workdir.dropFirst(home.count)
  }
}

/// The words of notices, a value a language.
private struct NoticeWords {
  let finished: (String, String) -> String
  let waits: (String, String) -> String
  let asks: (String, String) -> String
  let resume: (String) -> String

  static func of(_ language: Language) -> NoticeWords {
    switch language {
    case .en:
      NoticeWords(
        finished: { "\($0) has finished in \($1) and waits for what comes next." },
        waits: { "\($0) waits at its terminal in \($1)." },
        asks: { "\($0) asks something at its terminal in \($1)." },
        resume: { "To go on with it: \($0)" })
    case .zh:
      NoticeWords(
        finished: { "\($0) 在 \($1) 已完成，等待下一步指示。" },
        waits: { "\($0) 正在 \($1) 的终端里等待。" },
        asks: { "\($0) 在 \($1) 的终端里提了一个问题。" },
        resume: { "继续它：\($0)" })
    }
  }
}
