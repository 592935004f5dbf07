internal import Console
internal import Gate
internal import JSON
internal import Journal
internal import Policy
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// Turns: how they begin, what they print, how they end.
extension Engine {
  func begin(_ row: InboxRow) {
    let turn = makeTurn(row)
    running[row.id] = turn
    Log.info("turn begins", [("message", row.id), ("agent", turn.settings.name), ("session", row.session)])
    launch(turn)
  }

  /// Gives a turn to its driver, if there is one that can do what it asks.
  func launch(_ turn: Turn) {
    let name = turn.settings.name
    guard let driver = drivers[name] else {
      return turn.fail(code: "no_driver", "no agent named \(name) runs here")
    }
    if let command = turn.command, !driver.commands.contains(command) {
      return turn.finish("\(name) cannot do /\(command.prefix(32)).")
    }
    if let refusal = refusal(of: turn) { return turn.fail(code: refusal.code, refusal.text) }
    guard driver.takesPreface else { return launch(turn, driver) }
    addPreface(turn, driver) { [unowned self] in launch(turn, driver) }
  }

  func makeTurn(_ row: InboxRow) -> Turn {
    var scanner = LineScanner()
    // The line was scanned when it came; if it cannot be now, the text is empty and the turn says so.
    try? scanner.scan(row.line.span)
    let envelope = try? Envelope(scanner, row.line.span)
    let text = (try? Envelope.text("text", scanner, row.line.span)) ?? ""
    let name = row.agent ?? defaultAgent ?? ""
    stage.refreshSettings()
    let settings = stage.settings.agent(name)
    let isInterrupted = Interruptions.count(row.reason) > 0
    let said = isInterrupted ? Self.goOn(with: text) : text
    let turn = Turn(
      self, row: row, text: said,
      cause: cause(of: row, envelope), settings: settings,
      workdir: workdir(of: row, settings),
      subject: subject(of: row, agent: name), replyID: stage.maker.id())
    turn.isResumption = isInterrupted
    turn.token = tokens.removeValue(forKey: row.id)
    turn.toolServer = toolServer
    return turn
  }

  /// What an agent is told that was interrupted: it may have done some of it, or not even have heard of it.
  static func goOn(with text: String) -> String {
    "[agim] Your work on the message below was interrupted before it was finished. What you did until then is "
      + "in this session and may have taken effect: look at what is there, do nothing a second time, and go "
      + "on.\n\n\(text)"
  }

  func subject(of row: InboxRow, agent: String) -> PolicySubject {
    let speaker = Speaker(row.line)
    let person = person(of: row, speaker)
    return PolicySubject(
      agent: agent, person: person.name, chat: speaker.isDirect ? .direct : .group, platform: person.platform,
      session: row.session)
  }

  /// Where an agent works on a row.
  func workdir(of row: InboxRow, _ settings: AgentSettings) -> String {
    workdir(of: row) ?? settings.workdir ?? RunAs.workdir(settings) ?? "\(stage.home.work)/\(settings.name)"
  }

  /// The work directory that a line names, where it lies below one that the configuration names.
  func workdir(of row: InboxRow) -> String? {
    var scanner = LineScanner()
    guard (try? scanner.scan(row.line.span)) != nil,
      let path = (try? Envelope.text("workdir", scanner, row.line.span)) ?? nil
    else { return nil }
    let files = SystemFileFacts()
    if stage.settings.isWorkdir(path, real: { files.resolve($0, from: "/").path }) { return path }
    Log.warning("a work directory that config.json does not name; left out", [("message", row.id)])
    return nil
  }

  /// What a reply to a row is caused by, its session spelled as its sender spells it.
  func cause(of row: InboxRow, _ envelope: Envelope?) -> Cause {
    Cause(
      id: row.id, trace: envelope?.trace ?? row.id, session: envelope?.session ?? row.session,
      replyTo: envelope?.replyTo)
  }

  func envelope(of row: InboxRow) -> Envelope? {
    var scanner = LineScanner()
    guard (try? scanner.scan(row.line.span)) != nil else { return nil }
    return try? Envelope(scanner, row.line.span)
  }

  /// Gives the turn to its driver; what the system cannot do now is tried again every second.
  func launch(_ turn: Turn, _ driver: any Driver) {
    guard !turn.isEnded else { return }
    do {
      try RunAs.prepare(turn.workdir, turn.settings)
      try driver.begin(turn)
      turn.isBegun = true
    } catch let error as SystemError where Self.mayPass.contains(error.errno) {
      Log.warning("a turn cannot begin yet: \(error)")
      stage.loop.after(1000) { [unowned self] in launch(turn, driver) }
    } catch {
      turn.fail(code: "cannot_start", "\(turn.settings.name) cannot be started: \(error)")
    }
  }

  /// Ends a turn; `words`: why it failed, which stands at the end of its text.
  func end(_ turn: Turn, text: String, code: String?, because words: String) {
    running[turn.row.id] = nil
    turn.closeScopes()
    meanings[turn.replyID]?.end()
    ended.append(turn)
    turn.job?.finish(text, code: code)
    var line: (id: String, line: [UInt8])
    let record = TurnRecord(
      person: turn.subject.person, platform: turn.subject.platform, code: code ?? TurnRecord.ok,
      prompt: turn.text.utf8.count, reply: text.utf8.count, tokens: turn.tokens, cost: turn.cost)
    let whole = turn.job.map { JobWords.heading($0, stage.settings.language) + text } ?? text
    var text = LongText.fit(whole, stage, end: words)
    if let command = turn.resumeCommand, turn.settings.showsResume { text.text += "\n\n$ \(command)" }
    if let code {
      line = stage.maker.error(
        to: turn.cause, stage: stage.name, code: code, text: text.text, agent: turn.settings.name)
    } else {
      line = stage.maker.reply(id: turn.replyID, to: turn.cause, text: text.text, agent: turn.settings.name)
    }
    var files = [text.attachment].compactMap(\.self)
    if code == nil, drivers[turn.settings.name]?.showsFiles == true {
      files += ReplyFiles.keep(whole, workdir: turn.workdir, stage) { [permissions] in
        permissions.mayRead($0, turn)
      }
    }
    line.line = Attachment.add(files, to: line.line)
    if turn.row.adopted { printer.expectAdopted(line.id) }
    ends.append(
      TurnEnd(
        id: turn.row.id,
        reply: Produced(
          id: line.id, parent: turn.row.id, type: code == nil ? "reply" : "error", final: true,
          session: turn.row.session, line: line.line),
        record: record, isForAgent: turn.isForAgent))
    Log.info("turn ends", [("message", turn.row.id), ("code", code ?? "ok")])
    tellElsewhere(turn, text: text.text, code: code)
    // Of a message that its agent took into the running turn nothing else depends.
    guard !turn.wasSteered, let queue = sessions[QueueKey.of(turn.row)] else { return }
    if let next = queue.next {
      queue.next = nil
      return launch(next)
    }
    queue.isRunning = false
    if queue.rows.isEmpty { sessions[queue.address] = nil } else { makeReady(queue) }
  }

  /// Says something in the chat that leaves the turn open.
  func notice(_ turn: Turn, _ text: String) {
    let text = LongText.fit(text, stage)
    var line = stage.maker.reply(
      to: turn.cause, text: text.text, notice: true, agent: turn.settings.name)
    if let attachment = text.attachment { line.line = attachment.added(to: line.line) }
    if turn.row.adopted { printer.expectAdopted(line.id) }
    lines.append(
      Produced(
        id: line.id, parent: turn.row.id, type: "reply", final: false, session: turn.row.session,
        line: line.line))
  }

  func driverAbort(_ turn: Turn) { drivers[turn.row.agent ?? ""]?.abort(turn) }

  func printPartial(_ turn: Turn, _ text: String) {
    turn.job?.text(text)
    // A slow reader gets fewer parts: the final reply has the whole text.
    guard stage.output.pending == 0, text.utf8.count < LongText.limit, turn.shown != .nothing else { return }
    stage.output.appendLine(
      stage.maker.reply(
        id: turn.replyID, to: turn.cause, text: text, final: false, agent: turn.settings.name
      ).line)
  }

  func printAction(_ turn: Turn, key: String, phase: String, title: String, detail: String?) {
    turn.job?.note("\(phase) \(title)")
    guard stage.output.pending < Self.pendingLimit, turn.shown != .nothing else { return }
    stage.output.appendLine(
      stage.maker.action(
        to: turn.cause, key: key, phase: phase, title: title, detail: turn.shown == .titles ? nil : detail))
  }
}
