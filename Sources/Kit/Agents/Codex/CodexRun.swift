internal import JSON
internal import Peers
internal import Policy
internal import Settings
internal import Stage
internal import System
internal import Turns

/// One turn of codex: what it says becomes the reply, what it asks goes to the policy.
final class CodexRun {
  let turn: Turn
  let peer: CodexPeer
  /// Called once, when the turn has ended and the program may be used for the next one.
  let onDone: (CodexRun) -> Void
  /// Requests of codex that wait, by their ids.
  var waiting: [String: Waiting] = [:]
  /// Items that have begun and not ended.
  var items: [String: JSONValue] = [:]

  /// A request of codex that waits for a person.
  struct Waiting {
    let answer: RPCPeer.Answer
    /// The answer that it may not, for when nobody waits any more.
    let no: JSONValue
    let asking: Asking?
  }

  /// What is said where codex says nothing.
  var words = "(no text)"

  private let stage: Stage
  private var id: String?
  private var texts: [(item: String, text: String)] = []
  private var size = 0
  private var isCut = false
  private var tokensBefore: Int?
  private var isAborted = false
  private var isOver = false
  private var later: [String] = []
  private var patience: EventLoop.Timer?

  /// Milliseconds that codex has to end a turn that is to be stopped.
  private static let patience: Int64 = 5000

  init(_ turn: Turn, _ peer: CodexPeer, _ stage: Stage, onDone: @escaping (CodexRun) -> Void) {
    (self.turn, self.peer, self.stage, self.onDone) = (turn, peer, stage, onDone)
  }

  // MARK: - Speaking

  /// Gives codex the message.
  func start() {
    peer.run = self
    peer.process.quota = PeerProcess.floodLimit
    if let command = turn.command { return perform(command) }
    send(CodexPrompt.input(turn.text, turn.files))
  }

  private func send(_ input: [JSONValue]) {
    peer.hasTurns = true
    var params = JSONObject([
      ("threadId", .string(peer.thread ?? "")), ("input", .array(input)), ("approvalPolicy", "untrusted"),
      ("approvalsReviewer", "user"),
    ])
    // What was chosen once stays with the thread until something else is.
    if let model = turn.model ?? (peer.chosen.model ? peer.own.model : nil) {
      params["model"] = .string(model)
      peer.chosen.model = turn.model != nil
    }
    let effort = CodexPrompt.effort(turn.effort)
    if let effort = effort ?? (peer.chosen.effort ? peer.own.effort ?? "medium" : nil) {
      params["effort"] = .string(effort)
    }
    peer.chosen.effort = effort != nil
    peer.rpc.request("turn/start", .object(params), within: 120_000) { [weak self] result in
      guard let self, !isOver else { return }
      switch result {
      case .success(let value): begun(value["turn"]?["id"]?.string)
      case .failure(.gone): return
      case .failure(let error):
        peer.process.end(because: "it did not begin a turn")
        fail("model", "\(turn.settings.name) did not begin: \(CodexItem.tail(error.message))")
      }
    }
  }

  private func begun(_ number: String?) {
    guard id == nil, let number else { return }
    id = number
    if isAborted { interrupt() }
  }

  /// Whether codex could take one more message now.
  var canSteer: Bool { id != nil && !isOver && !isAborted && turn.command == nil }

  /// Gives codex one more message; false where it cannot take it now.
  ///
  /// One of `isOurs` is lost when the turn ends at the same moment.
  func steer(_ text: String, isOurs: Bool = false) -> Bool {
    guard let id, canSteer else { return false }
    let params: JSONValue = [
      "threadId": .string(peer.thread ?? ""), "expectedTurnId": .string(id),
      "input": .array([CodexPrompt.text(text)]),
    ]
    peer.rpc.request("turn/steer", params, within: 30_000) { [weak self] result in
      // It ended at the same moment, or cannot be steered: then it comes behind.
      if case .failure = result, !isOurs { self?.later.append(text) }
    }
    return true
  }

  /// Ends codex's work, and everything that it started.
  func abort() {
    guard !isOver, !isAborted else { return }
    isAborted = true
    cancelWaiting()
    patience = stage.loop.after(Self.patience) { [weak self] in
      self?.peer.process.end(because: "it did not stop")
    }
    interrupt()
  }

  private func interrupt() {
    guard let id else { return }
    peer.rpc.request(
      "turn/interrupt", ["threadId": .string(peer.thread ?? ""), "turnId": .string(id)], within: Self.patience
    ) { _ in }
  }

  // MARK: - Listening

  func notified(_ method: String, _ params: JSONValue) throws {
    guard !isOver else { return }
    turn.activity()
    // Another thread is another agent's: what it asks is asked, what it says is not the reply.
    let isOurs = params["threadId"]?.string.map { $0 == peer.thread } ?? true
    switch method {
    case "turn/started": if isOurs { begun(params["turn"]?["id"]?.string) }
    case "turn/completed": if isOurs { try completed(params["turn"] ?? .null) }
    case "item/started": started(params["item"] ?? .null)
    case "item/completed": finished(params["item"] ?? .null, isOurs)
    case "item/agentMessage/delta":
      guard isOurs, let item = params["itemId"]?.string, let delta = params["delta"]?.string else { return }
      say(item, delta, isWhole: false)
    case "item/fileChange/patchUpdated": patched(params)
    case "thread/tokenUsage/updated": if isOurs { used(params["tokenUsage"] ?? .null) }
    case "turn/plan/updated": planned(params)
    case "turn/diff/updated":
      guard let diff = params["diff"]?.string, !diff.isEmpty else { return }
      turn.action(key: "diff", phase: "updated", title: "changes", detail: CodexItem.tail(diff))
    case "error": if isOurs { failing(params) }
    case "warning", "configWarning", "guardianWarning", "deprecationNotice":
      guard let text = params["message"]?.string ?? params["summary"]?.string else { return }
      turn.action(key: "warning", phase: "done", title: CodexItem.short(text), detail: CodexItem.tail(text))
    case "model/rerouted":
      guard let model = params["toModel"]?.string else { return }
      turn.action(key: "model", phase: "done", title: "the model is \(CodexItem.short(model))")
    case "serverRequest/resolved": if let id = params["requestId"] { try resolved(Self.key(id)) }
    default: break
    }
  }

  private func started(_ item: JSONValue) {
    guard let id = item["id"]?.string else { return }
    if items.count < 1000 { items[id] = item }
    guard let title = CodexItem.title(item) else { return }
    turn.action(key: id, phase: "started", title: title)
  }

  private func finished(_ item: JSONValue, _ isOurs: Bool) {
    guard let id = item["id"]?.string else { return }
    items[id] = nil
    if item["type"]?.string == "agentMessage" || item["type"]?.string == "plan" {
      if isOurs { say(id, item["text"]?.string ?? "", isWhole: true) }
    } else if let title = CodexItem.title(item) {
      turn.action(key: id, phase: "done", title: title, detail: CodexItem.outcome(item))
    }
  }

  /// The changes of a patch that is still being written: what is asked about is the newest.
  private func patched(_ params: JSONValue) {
    guard let id = params["itemId"]?.string, let changes = params["changes"], var item = items[id]?.object
    else { return }
    item["changes"] = changes
    items[id] = .object(item)
  }

  private func say(_ item: String, _ text: String, isWhole: Bool) {
    let last = texts.lastIndex { $0.item == item }
    let index = last ?? texts.count
    if last == nil { texts.append((item, "")) }
    if isWhole {
      size -= texts[index].text.utf8.count
      texts[index].text = ""
    }
    let room = max(0, turn.settings.outputLimit - size)
    var piece = text
    if piece.utf8.count > room {
      isCut = true
      piece = String(decoding: piece.utf8.prefix(room), as: UTF8.self)
    }
    size += piece.utf8.count
    texts[index].text += piece
    // The final reply has the whole; put together for every piece, it would take longer and longer.
    if size < 100_000 { turn.progress(whole) } else { turn.activity() }
  }

  private var whole: String {
    let text = texts.map(\.text).filter { !$0.isEmpty }.joined(separator: "\n\n")
    guard isCut else { return text }
    return text + "\n\n[… more than the limit of \(turn.settings.outputLimit) bytes was left out]"
  }

  private func used(_ usage: JSONValue) {
    guard let total = usage["total"]?["totalTokens"]?.int else { return }
    // The total is of the whole thread, which may be older than this program.
    let before = tokensBefore ?? total - (usage["last"]?["totalTokens"]?.int ?? 0)
    tokensBefore = before
    turn.usage(tokens: max(0, total - before), cost: nil)
  }

  private func planned(_ params: JSONValue) {
    let steps = (params["plan"]?.array ?? []).prefix(50).compactMap { step -> String? in
      guard let text = step["step"]?.string else { return nil }
      let mark =
        switch step["status"]?.string {
        case "completed": "[x]"
        case "inProgress", "in_progress": "[>]"
        default: "[ ]"
        }
      return "\(mark) \(CodexItem.short(text))"
    }
    turn.action(key: "plan", phase: "updated", title: "plan", detail: steps.joined(separator: "\n"))
  }

  private func failing(_ params: JSONValue) {
    guard params["willRetry"]?.bool == true else { return }
    let error = CodexError(params["error"] ?? .null, agent: turn.settings.name)
    turn.action(key: "retry", phase: "updated", title: "tries again", detail: error.text)
  }

  // MARK: - The end

  private func completed(_ ended: JSONValue) throws {
    if let number = ended["id"]?.string, let id, number != id { return }
    cancelWaiting()
    // Commands that run on in the background end with the turn.
    peer.rpc.request(
      "thread/backgroundTerminals/clean", ["threadId": .string(peer.thread ?? "")], within: 5000
    ) { [weak peer] result in
      if case .failure(let error) = result, error != .gone { peer?.cannotClean() }
    }
    let status = ended["status"]?.string
    if turn.abortReason != nil || isAborted { return over { $0.failStopped(self.whole) } }
    switch status {
    case "completed":
      guard later.isEmpty else {
        let text = later.joined(separator: "\n\n")
        later = []
        id = nil
        return send([CodexPrompt.text(text)])
      }
      finish(whole.isEmpty ? words : whole)
    case "interrupted":
      over { $0.failStopped(self.whole, because: "\($0.settings.name) was interrupted.") }
    default:
      let error = CodexError(ended["error"] ?? .null, agent: turn.settings.name)
      fail(error.code, error.text)
    }
  }

  /// The program has ended.
  func ended(_ words: String) throws {
    if isAborted || turn.abortReason != nil { return over { $0.failStopped(self.whole) } }
    fail("ended", words)
  }

  func finish(_ text: String) { over { $0.finish(text) } }

  func fail(_ code: String, _ words: String) {
    over { $0.fail(code: code, words, after: self.whole) }
  }

  private func over(_ end: (Turn) -> Void) {
    guard !isOver else { return }
    isOver = true
    patience?.cancel()
    cancelWaiting()
    // The program is free before the engine begins the next turn.
    peer.run = nil
    onDone(self)
    end(turn)
  }
}
