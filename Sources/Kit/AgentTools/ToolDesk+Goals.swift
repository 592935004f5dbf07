internal import Goals
internal import JSON
internal import Journal
internal import MCP
internal import Policy
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// The goal of the conversation that the agent works in.
extension ToolDesk {
  func setGoal(_ job: ToolJob) throws {
    try change(job) { goals, session, person, now in
      let before = try goals.set(job.input["text"]?.string ?? "", in: session, by: person, at: now)
      return before.map { "The goal is set; it takes the place of: \($0.text)" }
        ?? "The goal is set. It stands before every message of this conversation from now on."
    }
  }

  func noteProgress(_ job: ToolJob) throws {
    try change(job) { goals, session, person, now in
      let goal = try goals.progress(job.input["text"]?.string ?? "", in: session, by: person, at: now)
      return "Noted. The goal is: \(goal.text)"
    }
  }

  func completeGoal(_ job: ToolJob) throws {
    try change(job) { goals, session, person, now in
      let goal = try goals.end(.done, job.input["text"]?.string ?? "", in: session, by: person, at: now)
      return "The goal is reached: \(goal.text)"
    }
  }

  private func change(
    _ job: ToolJob, _ body: (Goals, String, String, Timestamp) throws -> String
  ) throws {
    guard let scope = job.scope else { return }
    let stage = try stage()
    let cause = try scope.chat()
    // Where an agent was asked, the goal is that of the chat which it was asked from.
    let session = cause.replyTo ?? cause.session ?? ""
    do {
      let words = try stage.journal.write {
        let goals = Goals(stage.journal.store, secrets: stage.settings.plainSecrets)
        return try body(goals, session, scope.subject.person, stage.journal.clock.now())
      }
      finish(job, .init(words))
    } catch let problem as GoalProblem {
      switch problem {
      case .empty: throw ToolRefusal("The text is empty.")
      case .tooLong(let most): throw ToolRefusal("The text is longer than \(most) bytes: say it shorter.")
      case .none: throw ToolRefusal("This conversation has no goal: 'set_goal' sets one.")
      }
    }
  }
}
