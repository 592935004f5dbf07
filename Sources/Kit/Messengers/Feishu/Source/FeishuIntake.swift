internal import Console
internal import Delivery
internal import FeishuWire
internal import JSON
internal import Stage
internal import System
internal import Wire

/// What goes back to Feishu for an event.
enum FeishuReply {
  /// It is stored; a callback has a result.
  case taken([UInt8]?)
  /// It is not: Feishu is to push it again.
  case again
}

/// Takes events, whichever way they came, and makes lines of them.
///
/// Messages of a chat keep their order, also where one needs its files fetched first. Nothing is
/// acknowledged before it is stored; what takes longer than Feishu waits is pushed again, and known by then.
final class FeishuIntake {
  let stage: Stage
  let client: FeishuClient
  let settings: FeishuSettings
  let account: String
  unowned let receiver: Receiver
  unowned let source: any Source

  /// Our own open id; nothing is judged before it is known.
  private(set) var bot: String?
  /// The names of people who were mentioned.
  var names: [String: String] = [:]

  private var replies: [String: [(FeishuReply) -> Void]] = [:]
  private var lanes: [String: [(@escaping () -> Void) throws -> Void]] = [:]
  private var early: [() throws -> Void] = []

  private var fetching = 0
  private var toFetch: [() throws -> Void] = []

  /// How many events may be in hand.
  private static let limit = 1000
  /// How many files are fetched at a time: each is in memory as a whole.
  private static let fetches = 4

  init(
    _ receiver: Receiver, _ source: any Source, _ client: FeishuClient, _ settings: FeishuSettings
  ) {
    (self.receiver, self.source, self.client, self.settings) = (receiver, source, client, settings)
    stage = receiver.stage
    account = source.account
  }

  /// Whether nothing is in hand.
  var isIdle: Bool { replies.isEmpty }

  /// Learns who we are, and goes on with what waited for it.
  func know(bot: String) throws {
    self.bot = bot
    let waiting = early
    early = []
    for one in waiting { try one() }
  }

  /// Takes an event; `reply` is called once.
  func take(_ event: FeishuEvent, reply: @escaping (FeishuReply) -> Void) throws {
    switch event.type {
    case "im.message.receive_v1", "message":
      let message: FeishuMessage
      do {
        message = try FeishuMessage.received(event)
      } catch {
        return leaveOut(event, "\(error)", reply)
      }
      // The same message may come again under another id of the event.
      guard begin(message.id, reply) else { return }
      try whenKnown { [self] in
        try queue(message.chat) { [self] done in
          let hearing = FeishuHearing(message, self) { [self] in
            end(message.id, $0)
            done()
          }
          try hearing.start()
        }
      }
    case "card.action.trigger": try press(event, reply: reply)
    default:
      guard begin(event.id, reply) else { return }
      try happen(event) { [self] in end(event.id, .taken(nil)) }
    }
  }

  /// Acknowledges what says nothing, and would say no more the second time.
  func leaveOut(_ event: FeishuEvent, _ reason: String, _ reply: (FeishuReply) -> Void) {
    Log.warning(
      "an event that cannot be understood; left out",
      [("event", event.id), ("type", event.type), ("reason", reason)])
    reply(.taken(nil))
  }

  /// The address of a chat, or of a topic in it.
  func session(_ chat: String, thread: String? = nil) -> Address {
    Address(platform: source.platform, account: account, channel: chat, thread: thread)
  }

  /// A person, by the id that the account goes by; nil where Feishu does not tell it.
  func person(_ user: FeishuUser, name: String? = nil) -> Heard.Person? {
    guard let id = user.id(settings.people) else {
      if settings.people != .openID, user.openID != nil {
        Log.warning(
          "Feishu does not tell a person's \(settings.people.rawValue); left out",
          [("hint", "give the app the permission for it, or say \"people\": \"open_id\"")])
      }
      return nil
    }
    return Heard.Person(id: id, name: name ?? user.openID.flatMap { names[$0] })
  }

  // MARK: - What is in hand

  /// Notes who waits for the end of an event; false where it is in hand already, or too much is.
  private func begin(_ key: String, _ reply: @escaping (FeishuReply) -> Void) -> Bool {
    if replies[key] != nil {
      replies[key]?.append(reply)
      return false
    }
    guard replies.count < Self.limit else {
      reply(.again)
      return false
    }
    replies[key] = [reply]
    return true
  }

  private func end(_ key: String, _ result: FeishuReply) {
    for reply in replies.removeValue(forKey: key) ?? [] { reply(result) }
  }

  /// Calls `body` once a file may be fetched; `fetched()` must follow.
  func whenFree(_ body: @escaping () throws -> Void) throws {
    guard fetching < Self.fetches else { return toFetch.append(body) }
    fetching += 1
    try body()
  }

  /// A file has been fetched, or not.
  func fetched() {
    fetching -= 1
    guard !toFetch.isEmpty else { return }
    let next = toFetch.removeFirst()
    fetching += 1
    stage.loop.after(0) { try next() }
  }

  private func whenKnown(_ body: @escaping () throws -> Void) throws {
    if bot == nil { early.append(body) } else { try body() }
  }

  /// Does things of a chat one after the other.
  private func queue(_ chat: String, _ body: @escaping (@escaping () -> Void) throws -> Void) throws {
    if lanes[chat] != nil {
      lanes[chat]?.append(body)
    } else {
      lanes[chat] = []
      try run(chat, body)
    }
  }

  private func run(_ chat: String, _ body: (@escaping () -> Void) throws -> Void) throws {
    try body { [weak self] in
      guard let self else { return }
      guard var rest = lanes[chat], !rest.isEmpty else {
        lanes[chat] = nil
        return
      }
      let next = rest.removeFirst()
      lanes[chat] = rest
      // What a handler throws must leave the loop.
      stage.loop.after(0) { [weak self] in try self?.run(chat, next) }
    }
  }
}
