internal import JSON
internal import Peers
internal import Settings
internal import Stage
internal import System
internal import Turns

/// One turn of a program: its prompt, what comes meanwhile, and its end.
final class ACPTurn {
  let turn: Turn
  let preset: ACPPreset
  let stage: Stage
  /// Called once, when the turn has ended.
  var onEnd: (ACPTurn) -> Void = { _ in }
  /// The program that works on it.
  weak var agent: ACPAgent?
  private(set) var isOver = false
  /// Whether the prompt has gone out.
  private(set) var isPrompted = false
  /// Whether the program is of no use for another turn.
  private(set) var isSpoilt = false

  var text: ACPText
  /// The tool calls of the turn, by the program's ids.
  var calls = ACPCalls()
  /// What was allowed and is still to be done through us.
  var passes = ACPPasses()
  var waiting: [Int: ACPWaiting] = [:]
  var lastWaiting = 0
  var terminals: [String: ACPTerminal] = [:]
  var lastTerminal = 0
  /// Why the last call was not allowed.
  var denial: String?
  /// Methods that were refused, and told about.
  var refused: Set<String> = []
  private var told: Int64 = .min
  private var graceTimer: EventLoop.Timer?

  /// Milliseconds that a program has to end its turn by itself, once it was told to.
  private static let grace: Int64 = 10_000

  init(_ turn: Turn, _ preset: ACPPreset, _ stage: Stage) {
    (self.turn, self.preset, self.stage) = (turn, preset, stage)
    text = ACPText(limit: turn.settings.outputLimit)
  }

  var name: String { turn.settings.name }

  // MARK: - The prompt

  func prompt(_ session: String) {
    guard let agent else { return }
    isPrompted = true
    let blocks = ACPPrompt.blocks(turn.text, turn.files, agent.capabilities["promptCapabilities"])
    let params: JSONValue = ["sessionId": .string(session), "prompt": .array(blocks)]
    agent.peer.request("session/prompt", params) { [weak self] result in try self?.answered(result) }
  }

  private func answered(_ result: Result<JSONValue, RPCError>) throws {
    guard !isOver else { return }
    if case .failure(.gone) = result { return }
    if turn.abortReason != nil { return stopped() }
    count(result)
    switch result {
    case .failure(let error) where error.code == ACPAgent.loginMissing:
      spoil()
      fail("login", agent?.loginWords(error) ?? error.message)
    case .failure(let error):
      // Some never ask their provider again once it has refused them: the next turn begins with a new process.
      spoil()
      fail("agent", ACPWords.failure(name, error, preset))
    case .success(let value): ended(value["stopReason"]?.string ?? "")
    }
  }

  private func ended(_ reason: String) {
    let whole = text.whole
    switch reason {
    case "max_tokens":
      fail("max_tokens", "\(name) stopped: its model's limit of tokens for one answer was reached.")
    case "max_turn_requests":
      fail("max_turn_requests", "\(name) stopped: it may ask its model no more often in one turn.")
    case "refusal": fail("refusal", "\(name) declined to go on.")
    case "cancelled": fail("cancelled", "\(name) stopped, and does not say why.")
    default:
      if preset.isFailure(whole) {
        spoil()
        text = ACPText(limit: turn.settings.outputLimit)
        return fail("agent", ACPWords.failure(name, RPCError(code: 0, whole), preset))
      }
      guard whole.isEmpty else { return finish(whole) }
      // Some programs end their turn when they may not do what they wanted.
      if let denial {
        return fail("denied", "\(name) stopped, because it was not allowed to go on: \(denial)")
      }
      // Others do so when their model could not be reached.
      let done = calls.count == 0 ? "" : " after \(calls.count) tool call\(calls.count == 1 ? "" : "s")"
      fail(
        "empty",
        "\(name) ended its turn without a word\(done). Most likely its model gave no answer: see its own log, or "
          + "try again.")
    }
  }

  /// What the turn used, of what the program counts.
  private func count(_ result: Result<JSONValue, RPCError>) {
    guard let agent, case .success(let value) = result else { return }
    if let total = value["usage"]?["totalTokens"]?.int {
      turn.usage(tokens: preset.countsSession ? max(0, total - agent.tokensBefore) : total, cost: nil)
      if preset.countsSession { agent.tokensNow = total }
    }
    if let now = agent.costNow, let before = agent.costBefore { turn.usage(tokens: nil, cost: now - before) }
  }

  // MARK: - Progress

  /// Shows what there is; a long text not with every piece of it.
  func show() {
    let now = stage.loop.clock.monotonic()
    guard text.text.utf8.count < 65_536 || now - told >= 500 else { return turn.activity() }
    told = now
    turn.progress(text.whole)
  }

  // MARK: - The end

  /// The program is not to be used again.
  func spoil() { isSpoilt = true }

  func finish(_ words: String) {
    guard end() else { return }
    turn.finish(words)
  }

  func fail(_ code: String, _ words: String) {
    guard end() else { return }
    turn.fail(code: code, words, after: text.whole)
  }

  /// Ends the turn's work: the program is told, and what waits is answered.
  func abort() {
    guard !isOver else { return }
    guard let agent, agent.process.isAlive else {
      if agent == nil { stopped() }
      return
    }
    guard isPrompted, let session = agent.session else {
      spoil()
      return agent.process.end(because: "it was stopped")
    }
    agent.peer.notify("session/cancel", ["sessionId": .string(session)])
    // Without an answer to each of these some programs never end the turn.
    cancelWaiting()
    endTerminals()
    guard graceTimer == nil else { return }
    graceTimer = stage.loop.after(Self.grace) { [weak self] in
      guard let self, !isOver else { return }
      spoil()
      self.agent?.process.end(because: "it did not stop when it was told to")
    }
  }

  private func stopped() {
    if preset.stopsLate { spoil() }
    guard end() else { return }
    turn.failStopped(text.whole)
  }

  /// The program is gone in the middle of the turn.
  func programEnded(_ end: PeerProcess.End, _ agent: ACPAgent) {
    guard !isOver else { return }
    spoil()
    if turn.abortReason != nil { return stopped() }
    let during =
      agent.isInitialized ? isPrompted ? "in the middle of its turn" : "before its turn" : "at its start"
    fail("program", ACPWords.ended(name, end, during: during))
  }

  private func end() -> Bool {
    guard !isOver else { return false }
    isOver = true
    graceTimer?.cancel()
    cancelWaiting()
    endTerminals()
    for call in calls.open {
      turn.action(key: call.key, phase: "done", title: call.title, detail: "not finished")
    }
    onEnd(self)
    return true
  }
}
