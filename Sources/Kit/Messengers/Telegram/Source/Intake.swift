internal import Console
internal import Delivery
internal import JSON
internal import Stage
internal import Store
internal import System
internal import TelegramWire
internal import Wire

/// Makes lines of updates, in the order of each chat.
///
/// What cannot become a line at once, because files have to be fetched or an album is not whole yet, is kept
/// in the store as the server sent it: so the server can be told that it was taken.
final class Intake {
  private unowned let source: TelegramSource
  private var queues: [Int64: [HeldMessage]] = [:]
  private var held = 0
  private var isChanged = false
  private var isStopped = false
  /// The numbers that groups had before, or have now; nil inside where there is none.
  private var others: [Int64: Int64?] = [:]

  /// So many messages may wait for their files before no more are asked for.
  private static let limit = 100
  /// How long the next picture of an album is waited for.
  private static let albumPause: Int64 = 900

  init(_ source: TelegramSource) { self.source = source }

  /// Whether nothing more is to be taken now.
  var isFull: Bool { held >= Self.limit }

  private var loop: EventLoop { source.stage.loop }

  /// Takes up what a receiver before us has left.
  func restore() throws {
    guard let (value, _) = try source.receiver?.cursor("held", of: source),
      let kept = try? JSONReader.parse(value, limits: JSONLimits(maxBytes: 64 << 20)).array
    else { return }
    for update in kept { try take(update) }
  }

  /// Fetches nothing more; what is held is kept for the next receiver.
  func stop() {
    isStopped = true
    for queue in queues.values { for message in queue { message.stop() } }
  }

  /// Takes an update.
  func take(_ value: JSONValue) throws {
    guard let update = Update(value), let receiver = source.receiver else { return }
    switch update.payload {
    case .message(let message): try take(message, update, value)
    case .edited(let message): try edited(message, update)
    case .pressed(let press): try Presses.take(press, source)
    case .membership(let membership):
      let was = Membership.isIn(membership.before)
      let isIn = Membership.isIn(membership.now)
      guard was != isIn else { return }
      try receiver.accept(
        Happened(
          kind: isIn ? "joined" : "left", event: "\(update.id)",
          session: try address(membership.chat, nil), from: person(membership.from),
          data: .of([
            "who": "bot", "status": .string(membership.now), "title": title(membership.chat),
          ])),
        of: source)
    case .other: Log.info("telegram: an update of no use", [("update", "\(update.id)")])
    }
  }

  // MARK: - Messages

  private func take(_ message: ChatMessage, _ update: Update, _ value: JSONValue) throws {
    if let new = message.migratedTo { return try moved(message.chat.id, new) }
    try people(message, update)
    guard let addressing = try heard(message) else { return }
    if let album = message.album, let last = queues[message.chat.id]?.last, last.album == album {
      held += 1
      isChanged = true
      last.add(message, addressing.text, value)
      wait(for: last, in: message.chat.id)
      return saveLater()
    }
    let own = HeldMessage(update.id, message, addressing, value)
    guard queues[message.chat.id] == nil, message.files.isEmpty, message.album == nil else {
      queues[message.chat.id, default: []].append(own)
      held += 1
      isChanged = true
      wait(for: own, in: message.chat.id)
      return saveLater()
    }
    try accept(own)
  }

  /// To whom it speaks, where it is for us; nil where it is not.
  private func heard(_ message: ChatMessage) throws -> Addressing? {
    guard let identity = source.identity, let from = message.from, from.id != identity.id,
      !message.isEmpty, !from.isBot
    else { return nil }
    var addressing = Addressing(message, bot: identity)
    if message.chat.isDirect {
      addressing.isToBot = true
      return addressing
    }
    guard !addressing.isToAnotherBot else { return nil }
    switch source.groups.rule(message.chat.id, try other(message.chat.id)) {
    case .all: return addressing
    case .none: return nil
    case .mentioned:
      if addressing.isToBot { return addressing }
      // Of an album only one picture has the words.
      let before = queues[message.chat.id]?.last
      return message.album != nil && before?.album == message.album ? addressing : nil
    }
  }

  private func wait(for message: HeldMessage, in chat: Int64) {
    message.fetch(source) { [weak self] in try self?.advance(chat) }
    guard message.album != nil else { return }
    message.timer?.cancel()
    message.timer = loop.after(Self.albumPause) { [weak self, weak message] in
      message?.timer = nil
      try self?.advance(chat)
    }
  }

  /// Accepts what is ready at the head of a chat's queue.
  private func advance(_ chat: Int64) throws {
    guard !isStopped else { return }
    while let first = queues[chat]?.first, first.isReady {
      queues[chat]?.removeFirst()
      held -= first.raw.count
      isChanged = true
      try accept(first)
    }
    if queues[chat]?.isEmpty == true { queues[chat] = nil }
    saveLater()
  }

  /// Stores what is held, in one transaction with the lines that have just left it.
  private func saveLater() {
    guard isChanged else { return }
    isChanged = false
    var json = JSONWriter()
    json.beginArray()
    for update in queues.values.flatMap({ $0 }).sorted(by: { $0.update < $1.update }) {
      for value in update.raw { json.value(value) }
    }
    json.endArray()
    source.receiver?.save("held", String(decoding: json.bytes, as: UTF8.self), of: source)
  }

  private func accept(_ held: HeldMessage) throws {
    let message = held.message
    guard let from = message.from else { return }
    var heard = Heard(
      event: "\(held.update)", session: try address(message.chat, message.thread), from: person(from),
      isGroup: !message.chat.isDirect, isMentioned: held.isToBot, text: held.text,
      origin: .of(["message": .id(message.id)]))
    heard.attachments = held.attachments
    if let place = message.place,
      let known = Attachment.Place(latitude: place.latitude, longitude: place.longitude)
    {
      heard.attachments.append(Attachment(place: known, name: place.title ?? ""))
    }
    if let quote = message.quote {
      heard.quote = Heard.Quote(
        id: quote.id.map { "\($0)" } ?? "", text: quote.text.isEmpty ? nil : quote.text,
        from: quote.from.map { "\($0.id)" })
    }
    if message.date > 0 { heard.said = Timestamp(milliseconds: message.date * 1000) }
    try source.receiver?.accept(heard, of: source) { [weak source] isNew in
      guard isNew, held.isToBot, let source else { return }
      Presses.typing(message, source)
    }
  }

  // MARK: - Events

  private func edited(_ message: ChatMessage, _ update: Update) throws {
    guard let addressing = try heard(message), let from = message.from else { return }
    try source.receiver?.accept(
      Happened(
        kind: "edited", event: "\(update.id)", session: try address(message.chat, message.thread),
        from: person(from),
        data: .of(["message": .string("\(message.id)"), "text": .string(addressing.text)])),
      of: source)
  }

  private func people(_ message: ChatMessage, _ update: Update) throws {
    let session = try address(message.chat, message.thread)
    let came = message.joined.map { ("joined", $0) } + (message.left.map { [("left", $0)] } ?? [])
    guard source.groups.rule(message.chat.id, try other(message.chat.id)) != .none else { return }
    for (index, (kind, user)) in came.enumerated() where user.id != source.identity?.id {
      try source.receiver?.accept(
        Happened(
          kind: kind, event: "\(update.id).\(index)", session: session, from: person(user),
          data: .of(["who": "person", "title": title(message.chat)])),
        of: source)
    }
  }

  private func title(_ chat: Chat) -> JSONValue { .string(chat.title ?? "") }

  private func person(_ user: ChatUser) -> Heard.Person {
    Heard.Person(id: "\(user.id)", name: user.name.isEmpty ? nil : user.name)
  }

  // MARK: - Groups that have moved

  /// A group that has become a supergroup has a new number, and keeps its sessions under the old one.
  private func moved(_ old: Int64, _ new: Int64) throws {
    others[new] = old
    source.receiver?.save("was:\(new)", "\(old)", of: source)
    source.receiver?.save("moved:\(old)", "\(new)", of: source)
    Log.notice("a group has become a supergroup", [("was", "\(old)"), ("is", "\(new)")])
  }

  private func other(_ chat: Int64) throws -> Int64? {
    guard chat < 0 else { return nil }
    if let known = others[chat] { return known }
    let found = try source.receiver?.cursor("was:\(chat)", of: source).flatMap { Int64($0.value) }
    if others.count > 10_000 { others = [:] }
    others[chat] = .some(found)
    return found
  }

  /// The session of a chat.
  func address(_ chat: Chat, _ thread: Int64?) throws -> Address {
    source.bot.address(chat: try other(chat.id) ?? chat.id, thread: thread)
  }
}
