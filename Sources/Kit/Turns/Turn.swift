internal import JSON
internal import Journal
package import Policy
internal import Recall
package import Requests
package import Settings
package import Stage
package import Store
internal import System
package import Wire

/// One message on its way through an agent, as a driver sees it.
package final class Turn {
  /// The message's row.
  package let row: InboxRow
  /// What the person said, and before it what agim puts there.
  package private(set) var text: String
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
    /// The person's next message takes its place.
    case superseded
  }

  /// How much of the work people want to see before the reply.
  enum Shown {
    case nothing
    case titles
    case everything
  }

  /// What the person chose with `/verbose`, as the line has it.
  private(set) lazy var shown: Shown = {
    switch line["verbose"]?.string {
    case "off": .nothing
    case "brief": .titles
    default: .everything
    }
  }()

  /// The message as it came, a JSON object.
  private(set) lazy var line = (try? JSONReader.parse(row.line, limits: .line)) ?? .null
  /// The files of the message, copied to where the agent may read them.
  package private(set) lazy var files = TurnFiles.copy(line, turn: replyID, workdir: workdir, stage)
  /// The files of the job that it is; nil for a message of a chat.
  private(set) lazy var job = JobFiles(row, stage)
  /// The conversation's row; nil where there is none.
  private(set) lazy var session = try? stage.journal.store.currentSession(row.session)
  /// The tokens that it used so far; nil where the agent does not say.
  var tokens: Int64?
  /// What it cost so far, in millionths of a US dollar; nil where the agent does not say.
  var cost: Int64?
  /// The command with which its person goes on in a terminal; nil where there is none.
  var resumeCommand: String?

  /// The token of its scope; nil where agim's own tools are not for it.
  var token: String?
  /// Where the server of our own tools is; nil where it is not installed.
  package var toolServer: String?
  /// What it handed out.
  var scopes: [AgentScope] = []
  /// The servers that the configuration gives to every agent.
  var configuredServers: [ToolServer] { engine.configuredServers() }
  /// Whether another agent asked, and waits for the reply.
  var isForAgent: Bool { row.platform == Journal.agentPlatform }

  /// Whether it goes on where an earlier process was interrupted.
  package var isResumption = false
  /// Whether the agent took it into the turn that was running.
  var wasSteered = false
  /// When it began, on the loop's clock.
  let began: Int64
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
    (lastActivity, began) = (now, now)
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

  /// Puts what is remembered before what the person said; once, when the turn is given to its driver.
  ///
  /// `recalls`: whether its driver's agent may read memos and facts.
  /// `query`: the vector of what the person said.
  func addPreface(recalls: Bool, query: Searcher.Query? = nil) {
    (self.recalls, self.query) = (recalls, query)
    text = Preface.before(text, of: self)
  }

  /// Whether what is remembered may stand before its words.
  private(set) var recalls = false
  /// The vector of what the person said; nil where there is none.
  private(set) var query: Searcher.Query?
  /// What the person said, without what is put around it.
  var question: String { line["text"]?.string ?? text }

  /// The stage that the turn belongs to.
  package var stage: Stage { engine.stage }

  /// Looks at the conversation's row again, after it was changed.
  func refreshSession() throws { session = try stage.journal.store.currentSession(row.session) }

  /// Tells what the agent says it has used in this turn, all of it each time.
  ///
  /// `cost`: in US dollars.
  package func usage(tokens: Int?, cost: Double?) {
    if let tokens { self.tokens = Int64(tokens) }
    if let cost, cost.isFinite, cost >= 0, cost < 1e9 { self.cost = Int64((cost * 1e6).rounded()) }
  }

  /// Tells how its person goes on with the agent's own session in a terminal: a command line.
  package func canResume(with command: String) { resumeCommand = command }

  /// Says something in the chat that does not end the turn.
  package func notice(_ text: String) {
    activity()
    guard !isEnded, !text.isEmpty else { return }
    engine.notice(self, text)
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
  ///   - isCovered: Whether exactly this was allowed a moment ago under another description: then nobody is
  ///     asked again. What the policy denies it still denies.
  ///   - answer: Called once, at once or when a person has answered; never after the turn has ended.
  /// - Returns: what `withdraw` takes, where the agent may change its mind.
  /// - Throws: what the store says, where waiting does not help.
  @discardableResult
  package func ask(
    _ call: ToolCall, words: String? = nil, typed: Bool = false, isCovered: Bool = false,
    answer: @escaping (Permission) -> Void
  ) throws -> Asking {
    let asking = Asking()
    try engine.permissions.decide(
      LongCall.fit(call), self, asking, words: words, shellAgent: typed, isCovered: isCovered
    ) { [weak self] permission in
      guard let self, !isEnded, !asking.isOver else { return }
      asking.isOver = true
      answer(permission)
    }
    return asking
  }

  /// What the policy says about a call now, without asking anybody and without noting it: for agents that say
  /// beforehand which of their calls need a question.
  ///
  /// Only `ask(_:)` decides, and judges once more.
  package func judge(_ call: ToolCall) -> Judgement.Verdict { engine.permissions.verdict(call, self) }

  /// Asks the person something that the agent wants to know; it is marked as the agent's question, and its
  /// answer never allows anything.
  ///
  /// - Parameters:
  ///   - question: What is asked.
  ///   - answer: Called once, when the person has answered or will not; never after the turn has ended.
  /// - Returns: what `withdraw` takes, where the agent may change its mind.
  /// - Throws: what the store says, where waiting does not help.
  @discardableResult
  package func ask(_ question: Question, answer: @escaping (QuestionAnswer) -> Void) throws -> Asking {
    let asking = Asking()
    try engine.permissions.put(question, self, asking) { [weak self] given in
      guard let self, !isEnded, !asking.isOver else { return }
      asking.isOver = true
      answer(given)
    }
    return asking
  }

  /// The agent does not wait for an answer any more: its card is withdrawn, and `answer` is not called.
  package func withdraw(_ asking: Asking) throws {
    guard !asking.isOver else { return }
    asking.isOver = true
    try engine.permissions.withdraw(asking)
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
    engine.end(self, text: text, code: nil, because: "")
  }

  /// Ends the turn with an error for the chat.
  ///
  /// - Parameters:
  ///   - code: What kind of error it is.
  ///   - words: What went wrong, and what to do; shown whole, however long the reply is.
  ///   - text: What there is of a reply.
  package func fail(code: String, _ words: String, after text: String = "") {
    guard end() else { return }
    engine.end(self, text: text.isEmpty ? words : "\(text)\n\n\(words)", code: code, because: words)
  }

  /// Ends a turn that `Driver.abort` was called for: what there is of a reply, and why there is no more.
  ///
  /// Where nobody asked for that, it is `code` and `words` that say why.
  package func failStopped(_ text: String, code: String = "stopped", because words: String? = nil) {
    let name = settings.name
    let why: String
    switch abortReason {
    case .aborted: why = "\(name) was stopped."
    case .superseded: why = "\(name) was stopped for the next message."
    case .idleTimeout:
      why = "\(name) was stopped: no output for \(settings.idleTimeout.map(DurationText.format) ?? "")."
    case .turnLimit:
      why = "\(name) was stopped: it worked longer than \(settings.turnLimit.map(DurationText.format) ?? "")."
    case nil: why = words ?? "\(name) stopped."
    }
    fail(code: abortReason?.rawValue ?? code, why, after: text)
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
        guard !engine.permissions.waits(self), !engine.waitsForAgent(self) else {
          activity()
          return watchIdle()
        }
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

/// A question that waits for an answer.
package final class Asking {
  /// The id of its request; nil where the policy answered by itself.
  package internal(set) var request: String?
  var isOver = false
}
