internal import JSON
package import Policy
package import Settings
internal import Stage
package import Store
internal import System
package import Wire

/// One message on its way through an agent, as a driver sees it.
package final class Turn {
  /// The message's row.
  package let row: InboxRow
  /// What the person said.
  package let text: String
  /// What the reply is caused by.
  package let cause: Cause
  /// The agent's settings.
  package let settings: AgentSettings
  /// Where the agent works.
  package let workdir: String
  /// For whom it is run, as the policy sees it.
  package let subject: PolicySubject
  /// The id of the reply, the same for all of its parts.
  package let replyID: String
  /// Why it was aborted; nil while nobody has asked for that.
  package private(set) var abortReason: AbortReason?

  /// Why a turn is ended before the agent ended it.
  package enum AbortReason: String, Sendable {
    /// A person said stop.
    case aborted
    /// The agent said nothing for too long.
    case idleTimeout = "idle_timeout"
    /// It took too long in all.
    case turnLimit = "turn_limit"
  }

  /// How much of the work people want to see before the reply.
  enum Shown {
    case nothing
    case titles
    case everything
  }

  /// What the person chose with `/verbose`, as the line has it.
  private(set) lazy var shown: Shown = {
    switch (try? JSONReader.parse(row.line, limits: .line))?["verbose"]?.string {
    case "off": .nothing
    case "brief": .titles
    default: .everything
    }
  }()

  var isEnded = false
  /// Whether the driver has it.
  var isBegun = false
  private unowned let engine: Engine
  private var printed = ""
  private var latest = ""
  private var lastPartial: Int64 = .min
  private var partialTimer: EventLoop.Timer?
  private var idleTimer: EventLoop.Timer?
  private var lastActivity: Int64
  private var limitTimer: EventLoop.Timer?
  private var limitLeft: Int64?
  private var limitBegan: Int64
  private var asking = 0

  init(
    _ engine: Engine, row: InboxRow, text: String, cause: Cause, settings: AgentSettings, workdir: String,
    subject: PolicySubject, replyID: String
  ) {
    self.engine = engine
    self.row = row
    self.text = text
    self.cause = cause
    self.settings = settings
    self.workdir = workdir
    self.subject = subject
    self.replyID = replyID
    let now = engine.stage.loop.clock.monotonic()
    lastActivity = now
    limitBegan = now
    limitLeft = settings.turnLimit?.milliseconds
    watchIdle()
    watchLimit()
  }

  /// Tells the whole text of the reply so far; at most once a second a partial reply is printed.
  package func progress(_ text: String) {
    activity()
    guard !isEnded, !text.isEmpty, text != latest else { return }
    latest = text
    guard partialTimer == nil else { return }
    let now = engine.stage.loop.clock.monotonic()
    let due = lastPartial == .min ? now : lastPartial + 1000
    // The first part waits a moment too: most replies are complete by then.
    partialTimer = engine.stage.loop.after(max(due - now, 300)) { [weak self] in self?.printPartial() }
  }

  /// Tells that the agent is at work.
  package func activity() { lastActivity = engine.stage.loop.clock.monotonic() }

  /// Prints an `action` line: progress that is not text.
  package func action(key: String, phase: String, title: String, detail: String? = nil) {
    activity()
    engine.printAction(self, key: key, phase: phase, title: title, detail: detail)
  }

  /// Asks whether the agent may use a tool: the policy, and a person where the policy says so.
  ///
  /// - Parameters:
  ///   - call: What it wants to do.
  ///   - words: What the agent itself says about it.
  ///   - typed: Whether the person typed the command itself: then it is always shown first.
  ///   - answer: Called once, at once or when a person has answered; never after the turn has ended.
  /// - Throws: what the store says, where waiting does not help.
  package func ask(
    _ call: ToolCall, words: String? = nil, typed: Bool = false, answer: @escaping (Permission) -> Void
  ) throws {
    try engine.permissions.decide(call, self, words: words, shellAgent: typed) { [weak self] permission in
      guard let self, !isEnded else { return }
      answer(permission)
    }
  }

  /// A person is being asked: until `endAsking`, no time counts.
  package func beginAsking() {
    asking += 1
    guard asking == 1 else { return }
    idleTimer?.cancel()
    limitTimer?.cancel()
    limitLeft = limitLeft.map { $0 - (engine.stage.loop.clock.monotonic() - limitBegan) }
  }

  /// The person has answered.
  package func endAsking() {
    guard asking > 0 else { return }
    asking -= 1
    guard asking == 0 else { return }
    activity()
    limitBegan = lastActivity
    watchIdle()
    watchLimit()
  }

  /// Ends the turn with the agent's reply.
  package func finish(_ text: String) {
    guard end() else { return }
    engine.end(self, text: text, code: nil)
  }

  /// Ends the turn with an error for the chat.
  package func fail(code: String, _ text: String) {
    guard end() else { return }
    engine.end(self, text: text, code: code)
  }

  func abort(_ reason: AbortReason) {
    guard !isEnded, abortReason == nil else { return }
    abortReason = reason
    guard isBegun else { return fail(code: reason.rawValue, "\(settings.name) was stopped before it began.") }
    engine.driverAbort(self)
  }

  private func end() -> Bool {
    guard !isEnded else { return false }
    isEnded = true
    partialTimer?.cancel()
    idleTimer?.cancel()
    limitTimer?.cancel()
    return true
  }

  private func printPartial() {
    partialTimer = nil
    guard !isEnded, latest != printed else { return }
    printed = latest
    lastPartial = engine.stage.loop.clock.monotonic()
    engine.printPartial(self, latest)
  }

  private func watchIdle() {
    guard let limit = settings.idleTimeout?.milliseconds, limit > 0 else { return }
    let left = lastActivity + limit - engine.stage.loop.clock.monotonic()
    idleTimer = engine.stage.loop.after(max(left, 1)) { [weak self] in
      guard let self, asking == 0 else { return }
      if engine.stage.loop.clock.monotonic() - lastActivity >= limit {
        abort(.idleTimeout)
      } else {
        watchIdle()
      }
    }
  }

  private func watchLimit() {
    guard let left = limitLeft else { return }
    limitTimer = engine.stage.loop.after(max(left, 1)) { [weak self] in self?.abort(.turnLimit) }
  }
}
