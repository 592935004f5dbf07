internal import Console
internal import Gate
internal import Glibc
package import JSON
internal import Journal
package import MCP
internal import Policy
internal import Requests
internal import Settings
internal import Stage
internal import Store
package import System

/// Does what agim's own tools are called for, for one scope.
///
/// The one place where that is decided: who calls, over the protocol or from a script, and whether the program
/// asked before, makes no difference. The store is opened by the first call.
package final class ToolDesk {
  private let loop: EventLoop
  private let source: ScopeSource
  private var opened: Stage?
  private var jobs: [Int: ToolJob] = [:]
  private var number = 0
  private var isPolling = false
  let files = SystemFileFacts()

  /// A desk for a scope.
  package init(_ source: ScopeSource, loop: EventLoop) { (self.source, self.loop) = (source, loop) }

  /// Calls a tool with an input that its schema takes.
  ///
  /// - Parameters:
  ///   - name: The tool.
  ///   - input: Its input.
  ///   - end: Called once, now or later, unless it is cancelled.
  /// - Returns: what `cancel` takes.
  package func call(_ name: String, _ input: JSONObject, end: @escaping (MCPServer.Outcome) -> Void) -> Int {
    number += 1
    let job = ToolJob(number: number, name: name, input: input, end: end)
    jobs[job.number] = job
    attempt(job) { [unowned self] in try begin(job) }
    return job.number
  }

  /// Gives up a call: nobody waits for it any more.
  package func cancel(_ number: Int) {
    guard let job = jobs.removeValue(forKey: number) else { return }
    withdraw(job, because: "the agent does not wait for it any more")
  }

  /// Gives up everything, and closes the store.
  package func close() {
    for number in jobs.keys { cancel(number) }
    opened?.journal.close()
    opened = nil
  }

  // MARK: - Calls

  func stage() throws -> Stage {
    if let opened { return opened }
    let made = try Stage("mcp", loop: loop)
    opened = made
    made.whenOthersCommit { [unowned self] in look() }
    return made
  }

  private func begin(_ job: ToolJob) throws {
    let stage = try stage()
    stage.refreshSettings(atOnce: true)
    job.scope = try ToolScope.resolve(source, stage)
    if job.name == "send_file" { try SendFile.locate(job, files) }
    try judge(job)
  }

  /// The scope of a job, looked up once more: its turn may have ended.
  func isOver(_ job: ToolJob) -> Bool {
    guard let scope = job.scope, scope.turn != nil, let stage = opened else { return false }
    do {
      return try ToolScope.resolve(source, stage).turn?.message != scope.turn?.message
    } catch {
      return error is ToolRefusal
    }
  }

  /// Does the work, now that it may be done.
  func perform(_ job: ToolJob) throws {
    switch job.name {
    case "send_message": try sendMessage(job)
    case "send_file": try sendFile(job)
    case "ask_person": try askPerson(job)
    case "ask_agent": try askAgents(job)
    case "save_memo": try saveMemo(job)
    case "search_memos": try searchMemos(job)
    case "list_memos": try listMemos(job)
    case "remember": try remember(job)
    case "recall": try recall(job)
    case "forget": try forget(job)
    case "create_reminder": try createReminder(job)
    case "list_reminders": try listReminders(job)
    case "cancel_reminder": try cancelReminder(job)
    case "snooze_reminder": try snoozeReminder(job)
    case "set_goal": try setGoal(job)
    case "goal_progress": try noteProgress(job)
    case "complete_goal": try completeGoal(job)
    default: finish(job, .failure("There is no tool of that name."))
    }
  }

  /// Ends a call.
  func finish(_ job: ToolJob, _ outcome: MCPServer.Outcome) {
    guard jobs.removeValue(forKey: job.number) != nil else { return }
    job.end(outcome)
  }

  /// Does a piece of a call; what goes wrong ends it in words for a model.
  func attempt(_ job: ToolJob, _ body: () throws -> Void) {
    do {
      try body()
    } catch let refusal as ToolRefusal {
      fail(job, refusal.text)
    } catch {
      let words = (Stage.failure(error) as? Failure)?.message ?? "\(error)"
      Log.warning("a call of \(job.name) failed: \(words)")
      fail(job, "agim could not do it: \(words). Try it once more later, or go on without it.")
    }
  }

  private func fail(_ job: ToolJob, _ words: String) {
    withdraw(job, because: "the call has failed")
    finish(job, .failure(words))
  }

  // MARK: - Waiting

  /// Has a job look at the store again and again until it ends.
  func wait(_ job: ToolJob, look: @escaping () throws -> Void) {
    job.look = look
    guard !isPolling else { return }
    isPolling = true
    poll()
  }

  private func poll() {
    guard jobs.values.contains(where: { $0.look != nil }) else {
      isPolling = false
      return
    }
    loop.after(opened?.hearsOthers == true ? 1000 : 100) { [weak self] in
      self?.look()
      self?.poll()
    }
  }

  /// Looks what has become of what waits.
  func look() {
    for number in jobs.keys.sorted() {
      guard let job = jobs[number], let look = job.look else { continue }
      if isOver(job) {
        withdraw(job, because: "the turn has ended")
        finish(job, .failure("The turn has ended, so nobody waits for this any more."))
        continue
      }
      attempt(job, look)
    }
  }

  private func withdraw(_ job: ToolJob, because why: String) {
    guard let withdraw = job.withdraw else { return }
    job.withdraw = nil
    do {
      try withdraw(why)
    } catch {
      Log.warning("what a call of \(job.name) had begun could not be taken back: \(error)")
    }
  }
}

/// A call that has not ended.
final class ToolJob {
  let number: Int
  let name: String
  /// Its input; the path of a file is resolved in it.
  var input: JSONObject
  let end: (MCPServer.Outcome) -> Void
  var scope: ToolScope?
  /// Looks what has become of it; nil while it does not wait.
  var look: (() throws -> Void)?
  /// Takes back what it has begun; nil where there is nothing.
  var withdraw: ((String) throws -> Void)?

  init(number: Int, name: String, input: JSONObject, end: @escaping (MCPServer.Outcome) -> Void) {
    (self.number, self.name, self.input, self.end) = (number, name, input, end)
  }
}
