internal import Gate
internal import Glibc
internal import JSON
internal import Journal
internal import MCP
internal import Policy
internal import Requests
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// What goes to the chat: messages, files, and questions to the person.
extension ToolDesk {
  /// Messages and files of one turn in a minute.
  private static let rate: Int64 = 20
  /// Milliseconds that are waited for the proof of a delivery.
  private static let deliveryPatience: Int64 = 5000

  func sendMessage(_ job: ToolJob) throws {
    let text = job.input["text"]?.string ?? ""
    guard text.contains(where: { !$0.isWhitespace }) else { throw ToolRefusal("The text is empty.") }
    try send(job, text, [])
  }

  func sendFile(_ job: ToolJob) throws {
    guard let path = job.input["path"]?.string else { throw ToolRefusal("'path' is missing.") }
    let stage = try stage()
    let content: [UInt8]
    do {
      content = try Files.readRegularWithoutLinks(path, limit: SendFile.sizeLimit)
    } catch {
      throw ToolRefusal(
        error.errno == EFBIG
          ? "The file is larger than \(SendFile.sizeLimit >> 20) MiB: send a part of it, or pack it."
          : "The file cannot be read: \(error)")
    }
    guard !content.isEmpty else { throw ToolRefusal("The file is empty: there is nothing to send.") }
    let name = path.split(separator: "/").last.map(String.init) ?? "file"
    let file = try Attachment.keep(content, name: name, mime: Attachment.mime(of: content), stage)
    try send(job, job.input["caption"]?.string ?? name, [file])
  }

  private func send(_ job: ToolJob, _ text: String, _ files: [Attachment]) throws {
    guard let scope = job.scope else { return }
    let stage = try stage()
    let cause = try scope.chat()
    if let turn = scope.turn {
      guard try stage.journal.store.inbox(id: turn.message)?.adopted == false else {
        throw ToolRefusal(
          "This conversation lives on another machine, so only your answer reaches it: say it there.")
      }
      let minute = stage.journal.clock.now() + -60_000
      guard try stage.journal.store.countOutbox(parent: turn.message, since: minute) < Self.rate else {
        throw ToolRefusal(
          "That is more than \(Self.rate) messages in a minute: put them together, or wait a minute.")
      }
    }
    let fitted = LongText.fit(text, stage)
    var line = stage.maker.reply(
      to: cause, text: fitted.text, final: false, notice: true, agent: scope.subject.agent)
    line.line = Attachment.add(files + [fitted.attachment].compactMap(\.self), to: line.line)
    let produced = Produced(
      id: line.id, parent: cause.id, type: "reply", final: false, session: cause.session ?? "",
      line: line.line)
    try stage.journal.queueWithoutPipe([Arrival(line: produced, target: nil)], stage: stage.name)
    stage.journal.wakeOthers()
    let deadline = loopNow(stage) + Self.deliveryPatience
    wait(job) { [unowned self] in
      let rows = try stage.journal.store.outbox(id: line.id)
      if let refused = rows.first(where: { $0.state == .refused }) {
        throw ToolRefusal("The chat did not take it: \(refused.reason ?? "it was refused").")
      }
      if !rows.isEmpty, rows.allSatisfy({ $0.state == .delivered }) {
        return finish(job, .init("Delivered."))
      }
      if loopNow(stage) >= deadline {
        finish(
          job, .init("Stored; it is delivered as soon as the chat can be reached. Do not send it again."))
      }
    }
    stage.loop.after(Self.deliveryPatience) { [weak self] in self?.look() }
  }

  func loopNow(_ stage: Stage) -> Int64 { stage.loop.clock.monotonic() }

  func askPerson(_ job: ToolJob) throws {
    guard let scope = job.scope, let text = job.input["question"]?.string else { return }
    guard text.contains(where: { !$0.isWhitespace }) else { throw ToolRefusal("The question is empty.") }
    let stage = try stage()
    let cause = try scope.chat()
    let options = (job.input["options"]?.array ?? []).compactMap(\.string)
    guard Set(options).count == options.count, !options.contains("") else {
      throw ToolRefusal("The options must differ from each other, and none may be empty.")
    }
    let question = Question(
      text, options: options.map { Question.Option($0) }, isMultiple: job.input["multiple"]?.bool ?? false)
    var time = stage.settings.limits.request.milliseconds
    if let minutes = job.input["minutes"]?.int { time = min(time, Int64(minutes) * 60_000) }
    let row = try stage.journal.write {
      let made = try requests(stage).put(
        question, for: scope.subject, workdir: scope.workdir, cause: cause, maker: &stage.maker,
        waiter: (pipe(job, stage), try stage.journal.holder()), time: time)
      try show(made.row, made.line, stage)
      return made.row
    }
    stage.journal.wakeOthers()
    stage.loop.after(time) { [weak self] in self?.look() }
    try wait(job, for: row) { [unowned self] row in
      let outcome: MCPServer.Outcome
      switch row.state {
      case .allowed: outcome = Self.outcome(try requests(stage).take(row))
      case .denied: outcome = .failure("The person does not want to answer. Go on without it, or stop there.")
      default:
        outcome = .failure(
          "There is no answer: \(row.via ?? "it does not wait any more"). Go on by your best judgement, and say "
            + "in your answer what you assumed.")
      }
      return { [unowned self] in finish(job, outcome) }
    }
  }

  private static func outcome(_ answer: QuestionAnswer?) -> MCPServer.Outcome {
    switch answer {
    case .chosen(let labels): .init("The person chose: " + labels.joined(separator: "; "))
    case .text(let text): .init("The person answered: \(text)")
    case .none?: .failure("The person gave no answer. Go on without it.")
    case nil: .failure("The answer was taken by somebody else. Go on without it.")
    }
  }
}

/// A file that is to be sent.
enum SendFile {
  static let sizeLimit = 50 << 20

  /// Puts the place of the file into the input, without links: what is judged is what is read.
  static func locate(_ job: ToolJob, _ files: SystemFileFacts) throws {
    guard let scope = job.scope, let path = job.input["path"]?.string, !path.isEmpty,
      !path.utf8.contains(0)
    else { throw ToolRefusal("'path' must be the path of a file.") }
    let place = files.resolve(path, from: files.resolve(scope.workdir, from: "/").path)
    guard place.kind == .file else {
      throw ToolRefusal(
        "There is no file \(place.path). What is in a sandbox's own /tmp cannot be seen from outside: put the "
          + "file into your work directory, \(scope.workdir).")
    }
    job.input["path"] = .string(place.path)
  }
}
