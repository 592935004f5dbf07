internal import Console
internal import Glibc
internal import JSON
internal import Journal
internal import Routing
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Text
internal import Wire

/// `/job`: work in the background.
///
/// A job is a message in a session of its own, stored in the transaction of the answer that tells of it. Who runs
/// it is another pipeline, see `JobSource`.
extension RouteEngine {
  /// Jobs of one person that may be unfinished at once, those that wait included.
  private static let openLimit = 20
  private static let listLimit = 20
  private static let tailLimit = 2000

  func job(
    _ command: JobCommand, _ message: RouteLine, _ language: Language, _ scanner: LineScanner,
    _ line: Span<UInt8>
  ) throws -> Bool {
    let words = language.catalogue
    func say(_ phrase: JobPhrase, change: () throws -> Void = {}) throws -> Bool {
      try answer(words.say(phrase), nil, nil, message, line, more: change)
    }
    switch command {
    case .run(let text): return try begin(text, message, words, scanner, line)
    case .join(nil): return try leave(message, words, line)
    case .list:
      let rows = try jobs(message, line, limit: Self.listLimit)
      guard !rows.isEmpty else { return try say(.noJobs) }
      let text = rows.map { words.say(listed($0)) }.joined(separator: "\n")
      return try answer(text, nil, nil, message, line)
    case .collect(nil):
      guard let row = try jobs(message, line, limit: 1000).first(where: \.isOver) else {
        return try say(.noJobs)
      }
      return try answer(collected(row, words), nil, nil, message, line)
    case .check(let n), .cancel(let n), .collect(.some(let n)), .join(.some(let n)), .retry(let n):
      guard let row = try stage.journal.store.job(n), isSeen(row, message, line) else {
        return try say(.unknown(n))
      }
      if case .check = command { return try answer(checked(row, words), nil, nil, message, line) }
      if case .collect = command {
        guard row.isOver else { return try say(.stillWorks(n)) }
        return try answer(collected(row, words), nil, nil, message, line)
      }
      guard row.person == message.person.name || message.rank >= .approver else {
        return try say(.notYours(n))
      }
      switch command {
      case .cancel:
        guard !row.isOver else { return try say(.isOver(n)) }
        let isAtOnce = row.state == .new || row.state == .held
        let done = try say(isAtOnce ? .cancelled(n) : .ending(n)) { try stage.journal.cancelJob(row) }
        stage.journal.wakeOthers()
        return done
      case .retry:
        guard row.code == "interrupted", row.state == .dead else { return try say(.notInterrupted(n)) }
        let done = try say(.runsAgain(n)) {
          _ = try stage.journal.retry(row.message)
          try stage.journal.store.reopenJob(n)
        }
        stage.journal.wakeOthers()
        return done
      default:
        guard row.isOver else { return try say(.stillWorks(n)) }
        return try join(row, message, words, line)
      }
    }
  }

  // MARK: - Beginning

  private func begin(
    _ text: String, _ message: RouteLine, _ words: any Catalogue, _ scanner: LineScanner, _ line: Span<UInt8>
  ) throws -> Bool {
    let store = stage.journal.store
    let decision = router.decide(
      MessageFacts(
        session: message.session.address, sender: message.person.id, chat: "", mentioned: false, text: text),
      in: message.session.choice)
    guard let agent = decision.agent else {
      return try answer(words.say(.noAgents), nil, nil, message, line)
    }
    let open = try store.openJobs().filter { $0.person == message.person.name && !$0.isOver }.count
    guard open < Self.openLimit else {
      return try answer(words.say(.tooMany(open)), nil, nil, message, line)
    }
    let id = stage.maker.id()
    let members = RouteMembers.of(decision, message.session.choice)
    let title = String(Self.short(text).prefix(80))
    func made(_ n: Int64) -> [UInt8] {
      LineEditor.set(
        members
          + [
            ("id", RouteMembers.text(id)), ("parent", RouteMembers.text(message.id)),
            ("trace", RouteMembers.text(message.trace ?? message.id)),
            ("session", RouteMembers.text(JobRow.session(n))), ("text", RouteMembers.text(text)),
            ("reply_to", RouteMembers.text(message.session.name)), ("verbose", RouteMembers.text("off")),
            ("job", Array("\(n)".utf8)), ("origin", nil), ("again", nil),
          ], in: line, scanner: scanner)
    }
    guard made(Int64.max).count <= JSONLimits.line.maxBytes else {
      return try answer(words.say(.tooLong), nil, nil, message, line)
    }
    let isServed = (try? FileLock.isTaken("\(stage.home.run)/source-\(JobRow.platform)")) ?? false
    // Who speaks in the line is said as the row of this message has it.
    let origin = message.origin?.platform
    let platform = origin.flatMap { $0 == Journal.adopted ? nil : $0 } ?? message.person.platform
    let wanted = wanted(message, line)
    var reply = produced("", message)
    var answered = Answered.notOurs
    let stored = try stage.attempt {
      try stage.journal.write {
        // Whether it was answered before is looked at in the same transaction.
        guard try store.origin(inbox: message.id).map({ $0.state == .new }) ?? true else {
          answered = try stage.journal.answer(wanted, replies: [reply])
          return
        }
        let n = try stage.journal.beginJob(
          id: id, platform: platform, session: message.session.name,
          person: message.person.name, agent: agent, title: title, line: made)
        var data = message.session.choice
        data.agent = agent
        try store.choose(
          JobRow.session(n), agent: agent, data: data.data(in: "{}", changedBy: 0),
          at: stage.journal.clock.now())
        reply = produced(words.say(.begun(n, isServed: isServed)), message)
        answered = try stage.journal.answer(wanted, replies: [reply])
      }
    }
    guard stored else { return false }
    stage.journal.wakeOthers()
    try show(answered, reply, control: nil)
    return true
  }

  // MARK: - Looking

  /// The jobs that may be seen in a chat: those begun there, in a direct one all of its person, for admins all.
  private func jobs(_ message: RouteLine, _ line: Span<UInt8>, limit: Int) throws -> [JobRow] {
    let store = stage.journal.store
    if message.rank >= .admin { return try store.jobs(of: nil, person: nil, limit: limit) }
    return try store.jobs(
      of: message.session.name, person: isDirect(line) ? message.person.name : nil, limit: limit)
  }

  private func isSeen(_ job: JobRow, _ message: RouteLine, _ line: Span<UInt8>) -> Bool {
    message.rank >= .admin || job.session == message.session.name
      || isDirect(line) && job.person == message.person.name
  }

  private func isDirect(_ line: Span<UInt8>) -> Bool {
    Speaker(line.withUnsafeBufferPointer { Array($0) }).isDirect
  }

  private func standing(_ job: JobRow) -> JobStanding {
    if job.ended != nil || job.isOver {
      switch job.code {
      case TurnRecord.ok: return .done
      case "cancelled", "aborted": return .cancelled
      case "interrupted": return .interrupted
      case let code?: return .failed(code)
      case nil: return job.state == .done ? .done : .failed(job.reason ?? "?")
      }
    }
    if job.cancelled != nil { return .ending }
    return job.state == .running ? .running : .waiting
  }

  private func listed(_ job: JobRow) -> JobPhrase {
    let now = stage.journal.clock.now()
    let from = job.state == .running ? job.since : job.created
    let minutes = max(0, ((job.ended ?? now) - (job.ended == nil ? from : job.created)) / 60_000)
    return .line(
      job.n, standing(job), minutes: Int(minutes), agent: displayEscaped(job.agent),
      title: displayEscaped(job.title))
  }

  private func checked(_ job: JobRow, _ words: any Catalogue) -> String {
    var parts = [words.say(listed(job))]
    let log = Self.tail(stage.home.job(job.n, "log"), 4000).split(separator: "\n").suffix(8)
    if !log.isEmpty {
      parts.append(([words.say(JobPhrase.log)] + log.map { Self.short(String($0)) }).joined(separator: "\n"))
    }
    let output = Self.tail(stage.home.job(job.n, "output"), Self.tailLimit)
    parts.append(words.say(output.isEmpty ? .nothingYet : .output(Self.shown(output))))
    return parts.joined(separator: "\n\n")
  }

  private func collected(_ job: JobRow, _ words: any Catalogue) -> String {
    let bytes = (try? Files.readRegular(stage.home.job(job.n, "output"), limit: 64 << 20)) ?? []
    let text = Self.shown(String(decoding: bytes, as: UTF8.self))
    return "\(words.say(listed(job)))\n\n\(text.isEmpty ? words.say(JobPhrase.nothingYet) : text)"
  }

  /// What was put out, as it may be shown: line feeds stay.
  private static func shown(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { displayEscaped(String($0)) }
      .joined(separator: "\n")
  }

  /// The end of a file, from the beginning of a line on where it is cut.
  private static func tail(_ path: String, _ count: Int) -> String {
    guard let file = try? Descriptor.openWithoutLinks(path, O_RDONLY) else { return "" }
    let size = lseek(file.number, 0, SEEK_END)
    let start = max(0, size - count)
    guard size > 0, lseek(file.number, start, SEEK_SET) == start else { return "" }
    var bytes: [UInt8] = []
    while bytes.count < count, let piece = try? file.read(upTo: count - bytes.count, subject: path),
      !piece.isEmpty
    { bytes += piece }
    if start > 0, let first = bytes.firstIndex(of: 0x0A) { bytes.removeFirst(first + 1) }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: - Going on from a job

  /// The conversation goes on with what the job's agent knows: its session's choices, in a next generation.
  private func join(
    _ job: JobRow, _ message: RouteLine, _ words: any Catalogue, _ line: Span<UInt8>
  ) throws -> Bool {
    let store = stage.journal.store
    guard let own = try store.currentSession(JobRow.session(job.n)), let agent = own.agent,
      NativeSession.kept(in: own, agent: agent) != nil
    else {
      return try answer(words.say(.nothingToJoin(job.n, agent: job.agent)), nil, nil, message, line)
    }
    let session = message.session.name
    return try answer(words.say(.joined(job.n, agent: agent)), nil, nil, message, line) {
      let now = stage.journal.clock.now()
      let before = try store.currentSession(session)
      // From one job to another: back leads to where it began.
      let main = before.flatMap { Self.main(in: $0.data) ?? $0.n }
      try store.beginSession(session, agent: agent, at: now)
      try store.choose(session, agent: agent, data: Self.data(own.data, main: main), at: now)
      forget(message.session)
    }
  }

  /// Back to where the conversation was before it went on from a job.
  private func leave(_ message: RouteLine, _ words: any Catalogue, _ line: Span<UInt8>) throws -> Bool {
    let store = stage.journal.store
    let session = message.session.name
    guard let main = try store.currentSession(session).flatMap({ Self.main(in: $0.data) }),
      let before = try store.session(n: main), before.address == session
    else { return try answer(words.say(.isMain), nil, nil, message, line) }
    return try answer(words.say(.joinedMain), nil, nil, message, line) {
      let now = stage.journal.clock.now()
      try store.beginSession(session, agent: before.agent, at: now)
      try store.choose(session, agent: before.agent, data: Self.data(before.data, main: nil), at: now)
      forget(message.session)
    }
  }

  private static func main(in data: String) -> Int64? {
    (try? JSONReader.parse(data))?["main"]?.int.map { Int64($0) }
  }

  private static func data(_ text: String, main: Int64?) -> String {
    var data = (try? JSONReader.parse(text))?.object ?? JSONObject()
    data["main"] = main.map { .number(JSONNumber(Int($0))) }
    var json = JSONWriter()
    json.value(.object(data))
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
