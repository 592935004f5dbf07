internal import JSON
internal import Policy
internal import Requests
internal import Stage
internal import System
internal import Turns

/// What the program wants to know from the person: questions, and whether a plan is accepted.
extension ClaudeSession {
  /// Puts the questions of a call one after the other; the answers go back together.
  func putQuestions(_ id: String, _ input: JSONValue, _ work: ClaudeWork) throws {
    guard let questions = Question.ofClaude(input.object) else {
      return deny(id, "agim: the questions could not be understood.")
    }
    try put(questions[...], answered: [], id, input, work)
  }

  private func put(
    _ left: ArraySlice<Question>, answered: [(Question, String)], _ id: String, _ input: JSONValue,
    _ work: ClaudeWork
  ) throws {
    guard let question = left.first else {
      return allow(id, .object(Question.claude(input.object ?? JSONObject(), answered: answered)))
    }
    try ask(question, id, work) { [weak self] answer in
      guard let self else { return }
      if case .none(let why) = answer { return deny(id, "agim: the person did not answer: \(why)") }
      try put(left.dropFirst(), answered: answered + [(question, answer.text ?? "")], id, input, work)
    }
  }

  /// Shows a plan, and asks whether it is to be carried out.
  ///
  /// An answer never loosens the session's own mode: a plan of a session in plan mode is carried out when its
  /// person has ended that.
  func putPlan(_ id: String, _ input: JSONValue, _ told: String?, _ work: ClaudeWork) throws {
    let plan = input["plan"]?.string ?? told ?? work.text.whole
    let isPlan = work.turn.isPlan
    let question = Question(
      "Is this plan accepted?\n\n\(plan.isEmpty ? "(it says no plan)" : plan)"
        + (isPlan ? "\n\n(It can be carried out after /plan off.)" : ""),
      options: [Question.Option("Yes"), Question.Option("No")])
    try ask(question, id, work) { [weak self] answer in
      guard let self else { return }
      switch answer {
      case .chosen(["Yes"]) where isPlan:
        deny(
          id,
          "agim: The person accepts the plan. The session stays in plan mode until the person ends that, so "
            + "nothing can be changed in this turn: repeat the plan shortly and end your turn.")
      case .chosen(["Yes"]): allow(id, input)
      case .chosen: deny(id, "agim: The person does not accept the plan. Ask what is to be different.")
      case .text(let words): deny(id, "agim: The person does not accept the plan yet, and says: \(words)")
      case .none(let why): deny(id, "agim: the person did not answer: \(why)")
      }
    }
  }

  /// Asks one question; it is withdrawn when the program does not wait any more.
  private func ask(
    _ question: Question, _ id: String, _ work: ClaudeWork, answer: @escaping (QuestionAnswer) throws -> Void
  ) throws {
    var isAnswered = false
    let asking = try work.turn.ask(question) { [weak self] given in
      isAnswered = true
      work.waiting[id] = nil
      do {
        try answer(given)
      } catch {
        self?.deny(id, "agim: the next question could not be asked: \(error)")
      }
    }
    if !isAnswered { work.waiting[id] = asking }
  }
}
