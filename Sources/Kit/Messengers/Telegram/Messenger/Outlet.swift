internal import Console
internal import Delivery
internal import JSON
internal import Journal
internal import Network
internal import Stage
internal import Store
internal import System
internal import TelegramWire

/// Calls that show something in a chat: at the rate that the platform likes, and again with less where it
/// refuses a part of them.
final class Outlet {
  /// What is shown.
  struct Post {
    var method: String
    var place: Place
    /// The parameter that the text is, `text` or `caption`; its HTML, and what is sent where that is refused.
    var text: (name: String, html: String, plain: String)?
    /// The message that it answers.
    var reply: Int64?
    /// Everything else.
    var more = JSONObject()
    var files: [BotAPI.Upload] = []
    /// Whether a second call shows nothing a second time.
    var isRepeatable = false

    /// A post.
    init(_ method: String, _ place: Place) { (self.method, self.place) = (method, place) }
  }

  let bot: BotAccount
  private let stage: Stage
  private let api: BotAPI
  private var direct = Pace(each: [.init(4, within: 4000), .init(20, within: 24_000)], all: [])
  private var group = Pace(each: [.init(2, within: 2000), .init(18, within: 60_000)], all: [])
  private var total = Pace(each: [], all: [.init(25, within: 1000)])
  private var moved: [Int64: Int64?] = [:]
  private var running: [ObjectIdentifier: HTTPTransfer] = [:]
  private var isCancelled = false

  /// A call that would have to wait for longer is not made, but put off.
  private static let patience: Int64 = 15_000

  init(_ bot: BotAccount, _ stage: Stage) {
    self.bot = bot
    self.stage = stage
    api = bot.api(HTTPClient(stage.loop), clock: stage.loop.clock)
  }

  /// Ends what is under way.
  func cancel() {
    isCancelled = true
    for transfer in running.values { transfer.cancel() }
  }

  /// How many milliseconds a chat has to wait for its next post, which is reserved only if that is soon.
  private func reserve(_ place: Place, within patience: Int64) -> Int64 {
    let now = stage.loop.clock.monotonic()
    var (kind, all) = (place.isGroup ? group : direct, total)
    let wait = max(kind.reserve(place.key, at: now), all.reserve("", at: now))
    guard wait <= patience else { return wait }
    total = all
    if place.isGroup { group = kind } else { direct = kind }
    return wait
  }

  /// Whether something may be shown in a chat now, without waiting; then it counts as shown.
  func mayShow(_ place: Place) -> Int64 { reserve(current(place), within: 0) }

  private func block(_ place: Place, _ wait: Int64) {
    let now = stage.loop.clock.monotonic()
    if place.isGroup {
      group.block(place.key, for: wait, at: now)
    } else {
      direct.block(place.key, for: wait, at: now)
    }
  }

  /// Shows something; the handler gets the message, or why it is not shown.
  ///
  /// `isPaced`: its moment was reserved before.
  func show(
    _ post: Post, isPaced: Bool = false,
    then: @escaping (Result<JSONValue, CallFailure>) throws -> Void
  ) throws {
    var post = post
    post.place = current(post.place)
    let wait = isPaced ? 0 : reserve(post.place, within: Self.patience)
    guard wait <= Self.patience, !isCancelled else {
      return try then(
        .failure(CallFailure(.flood(wait), "waiting for the chat's rate", status: 0, isTemporary: true)))
    }
    guard wait > 0 else { return call(post, then: then) }
    stage.loop.after(wait) { [weak self] in
      guard let self, !isCancelled else {
        return try then(
          .failure(CallFailure(.flood(0), "stopped before it was sent", status: 0, isTemporary: true)))
      }
      call(post, then: then)
    }
  }

  private func call(_ post: Post, then: @escaping (Result<JSONValue, CallFailure>) throws -> Void) {
    var identity: ObjectIdentifier?
    let transfer = api.call(
      post.method, parameters(post), files: post.files, isRepeatable: post.isRepeatable
    ) { [weak self] result in
      guard let self else { return }
      if let identity { running[identity] = nil }
      guard case .failure(let failure) = result else { return try then(result) }
      var less = post
      switch failure.kind {
      case .flood(let wait):
        block(post.place, wait)
        return try then(result)
      case .migrated(let new):
        guard let old = post.place.number, new != old else { return try then(result) }
        try move(old, new)
        less.place.number = new
      case .threadGone where post.place.thread != nil: less.place.thread = nil
      case .replyGone where post.reply != nil: less.reply = nil
      case .markup where post.text.map { $0.html != $0.plain } == true:
        Log.notice("the platform refused markup; sent as plain text", [("reason", failure.words)])
        less.text?.html = post.text?.plain ?? ""
        less.more["parse_mode"] = .null
      default: return try then(result)
      }
      // The refused call counts for the rate, and so does this one.
      try show(less, then: then)
    }
    identity = ObjectIdentifier(transfer)
    running[ObjectIdentifier(transfer)] = transfer
  }

  private func parameters(_ post: Post) -> JSONObject {
    var parameters = JSONObject.of(["chat_id": post.place.chat])
    // Edits need no topic.
    if let thread = post.place.thread, !post.method.hasPrefix("edit") {
      parameters["message_thread_id"] = .id(thread)
    }
    if let text = post.text {
      parameters[text.name] = .string(text.html)
      if post.more["parse_mode"] == nil { parameters["parse_mode"] = "HTML" }
    }
    if let reply = post.reply {
      parameters["reply_parameters"] = .object(
        .of(["message_id": .id(reply), "allow_sending_without_reply": true]))
    }
    for (name, value) in post.more.members where value != .null { parameters[name] = value }
    return parameters
  }

  /// Asks the server something about itself.
  func ask(_ method: String, then: @escaping (Result<JSONValue, CallFailure>) throws -> Void) {
    api.call(method, isRepeatable: true, then: then)
  }

  /// Shows that something is going on; no failure matters.
  func act(_ action: String, _ place: Place) {
    let place = current(place)
    api.call(
      "sendChatAction",
      .of([
        "chat_id": place.chat, "action": .string(action), "message_thread_id": place.thread.map { .id($0) },
      ]), total: 10_000
    ) { _ in }
  }

  // MARK: - Groups that have moved

  private func move(_ old: Int64, _ new: Int64) throws {
    moved[old] = .some(new)
    let rows = [("moved:\(old)", "\(new)"), ("was:\(new)", "\(old)")].map { name, value in
      CursorRow(platform: FACTS.name, account: bot.account, name: name, value: value)
    }
    try stage.untilStored { [stage] in
      let now = stage.journal.clock.now()
      try stage.journal.write { for row in rows { try stage.journal.store.save(row, at: now) } }
    }
  }

  /// The place as it is now: a group may have become a supergroup.
  private func current(_ place: Place) -> Place {
    guard let number = place.number, number < 0 else { return place }
    let new: Int64?
    if let known = moved[number] {
      new = known
    } else {
      new =
        (try? stage.journal.store.cursor(platform: FACTS.name, account: bot.account, name: "moved:\(number)"))
        .flatMap { Int64($0.value) }
      if moved.count > 10_000 { moved = [:] }
      moved[number] = .some(new)
    }
    var place = place
    if let new { place.number = new }
    return place
  }
}
