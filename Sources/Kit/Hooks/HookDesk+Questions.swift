internal import Console
internal import Gate
internal import Glibc
internal import JSON
internal import Journal
internal import Requests
internal import Stage
internal import Store
internal import System
internal import Wire

/// Questions of the program to its person, answered in the chat instead of at the terminal.
extension HookDesk {
  /// Puts the questions of a call to the person, where they are understood; else only the terminal can.
  func put(_ tool: String, _ input: JSONObject?) throws -> HookVerdict {
    if event.program == .claude, event.name == "PreToolUse", let input, address != nil, missing == nil,
      let questions = Question.ofClaude(input)
    {
      var answers: [(Question, String)] = []
      let deadline = stage.loop.clock.monotonic() + time
      while answers.count < questions.count {
        let question = questions[answers.count]
        guard let answer = try put(question, deadline - stage.loop.clock.monotonic()).text else { break }
        answers.append((question, answer))
      }
      if answers.count == questions.count { return .answered(Question.claude(input, answered: answers)) }
    } else {
      try HookNotice(stage, event, to: address).tell()
    }
    // Neither Codex nor the other hook knows an answer that leaves it to the terminal.
    return event.program == .codex || event.name == "PermissionRequest"
      ? .none : .ask("\(tool) is a question to the person at the terminal.")
  }

  private func put(_ question: Question, _ left: Int64) throws -> QuestionAnswer {
    guard left > 0 else { return .none("nobody answered in time") }
    var row: RequestRow?
    try stage.journal.write {
      try voidOrphans()
      let made = try desk.put(
        question, for: try subject(), workdir: event.workdir,
        cause: Cause(id: nil, trace: nil, session: address?.description), maker: &stage.maker,
        waiter: (stage.journal.pipe, try stage.journal.holder()), time: left)
      try show(made.row, made.line)
      row = made.row
    }
    guard let row else { return .none("it could not be asked") }
    stage.journal.wakeOthers()
    return try wait(for: row, left) { [unowned self] row, watch in
      switch row.state {
      case .allowed: return try desk.take(row) ?? .none("it was answered before")
      case .denied: return .none("declined by \(row.by ?? "somebody")")
      case .expired, .used, .void: return .none(row.via ?? "it does not wait any more")
      case .pending: break
      }
      guard let why = try hopeless(row, &watch), try desk.expire(row, because: why) else { return nil }
      try stage.journal.withdraw(queued: row.id, because: why)
      return .none(why)
    }
  }
}
