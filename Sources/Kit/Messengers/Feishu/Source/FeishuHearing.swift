internal import Console
internal import Delivery
internal import FeishuWire
internal import JSON
internal import Network
internal import Stage
internal import System
internal import Wire

/// One message on its way to a line: what it quotes, forwards and carries is fetched first.
final class FeishuHearing {
  private let message: FeishuMessage
  private let intake: FeishuIntake
  private let end: (FeishuReply) -> Void
  private var content: FeishuContent
  private var isMentioned: Bool
  private var quote: Heard.Quote?
  private var attachments: [Attachment] = []
  private var notes: [String] = []

  /// How much of a quoted message goes along, in characters.
  private static let quoteLimit = 4000
  /// How many forwarded messages are told.
  private static let forwardLimit = 100
  /// How often a file is tried.
  private static let tries = 3

  init(_ message: FeishuMessage, _ intake: FeishuIntake, end: @escaping (FeishuReply) -> Void) {
    (self.message, self.intake, self.end) = (message, intake, end)
    let ours = message.mentions.filter { $0.isOurs || $0.user.openID == intake.bot }
    isMentioned = !message.isGroup || !ours.isEmpty
    content = Self.content(message, bot: intake.bot)
    for mention in message.mentions {
      if let id = mention.user.openID, let name = mention.name, intake.names.count < 10_000 {
        intake.names[id] = name
      }
    }
  }

  /// What a message says, with names instead of placeholders and without our own.
  private static func content(_ message: FeishuMessage, bot: String?) -> FeishuContent {
    var names: [String: String] = [:]
    for mention in message.mentions {
      let isOurs = mention.isOurs || mention.user.openID != nil && mention.user.openID == bot
      if !mention.key.isEmpty { names[mention.key] = isOurs ? "" : mention.name }
    }
    return FeishuContent(kind: message.kind, message.content) { names[$0] }
  }

  /// Fetches what is missing, and hands the message over.
  func start() throws {
    guard message.senderType == "user" else { return end(.taken(nil)) }
    guard !message.isGroup || intake.settings.rule(message.chat) != .none else { return end(.taken(nil)) }
    guard intake.person(message.sender) != nil else { return end(.taken(nil)) }
    // Inside of a topic every message answers the first one; a quote names another.
    let isQuote = message.thread == nil || message.parent != message.root
    guard isQuote, let parent = message.parent else { return try filter() }
    quote = Heard.Quote(id: parent)
    intake.client.message(parent) { [self] result in
      switch result {
      case .failure(let error):
        Log.info("a quoted message could not be fetched", [("message", parent), ("reason", "\(error)")])
      case .success(let answer): take(quoted: answer)
      }
      try filter()
    }
  }

  private func take(quoted answer: FeishuAnswer) {
    guard let item = answer.data["items"]?.array?.first, let quoted = try? FeishuMessage(fetched: item) else {
      return
    }
    let text = Self.content(quoted, bot: intake.bot).text
    quote?.text = text.isEmpty ? "[\(quoted.kind)]" : String(text.prefix(Self.quoteLimit))
    quote?.from = quoted.sender.openID
    // An answer to our own words speaks to us.
    if quoted.senderType == "app", quoted.sender.openID == intake.client.app { isMentioned = true }
  }

  private func filter() throws {
    guard isMentioned || intake.settings.rule(message.chat) == .all else { return end(.taken(nil)) }
    if content.isForward {
      intake.client.message(message.id) { [self] result in
        switch result {
        case .failure(let error): notes.append("[the forwarded messages could not be fetched: \(error)]")
        case .success(let answer): take(forwarded: answer)
        }
        try fetch(content.files[...], attempt: 1)
      }
    } else {
      try fetch(content.files[...], attempt: 1)
    }
  }

  private func take(forwarded answer: FeishuAnswer) {
    // The first item is the forward itself.
    let items = (answer.data["items"]?.array ?? []).dropFirst()
    var lines = ["[forwarded messages]"]
    for item in items.prefix(Self.forwardLimit) {
      guard let one = try? FeishuMessage(fetched: item) else { continue }
      let inner = Self.content(one, bot: intake.bot)
      let files = inner.files.map { $0.name.map { "[file \($0)]" } ?? "[\($0.type)]" }
      let words = ([inner.text] + files).filter { !$0.isEmpty }.joined(separator: " ")
      let who = one.sender.openID.map { intake.names[$0] ?? $0 } ?? "?"
      lines.append("\(one.created.map { "\($0) " } ?? "")\(who): \(words)")
    }
    if items.count > Self.forwardLimit { lines.append("[and \(items.count - Self.forwardLimit) more]") }
    content.text = lines.joined(separator: "\n")
  }

  // MARK: - Files

  private func fetch(_ files: ArraySlice<FeishuContent.File>, attempt: Int) throws {
    guard let file = files.first else { return try accept() }
    guard intake.settings.downloadLimit > 0 else {
      notes.append("[\(Self.shown(file)) was not fetched: downloads are off]")
      return try fetch(files.dropFirst(), attempt: 1)
    }
    try intake.whenFree { [self] in fetch(file, of: files, attempt: attempt) }
  }

  private func fetch(
    _ file: FeishuContent.File, of files: ArraySlice<FeishuContent.File>, attempt: Int
  ) {
    let limit = intake.settings.downloadLimit
    intake.client.download(message: message.id, key: file.key, type: file.type, limit: limit) {
      [self] result in
      intake.fetched()
      switch result {
      case .success(let download):
        let mime = Attachment.mime(of: download.content)
        let kind = Attachment.Kind(rawValue: Self.kind(file.kind))
        attachments.append(
          try Attachment.keep(
            download.content, kind: kind, name: Self.name(file, mime: mime), mime: mime, intake.stage))
      case .failure(let error):
        if error.isTemporary, attempt < Self.tries {
          let wait = error.retryAfter.map { min($0, 10_000) } ?? Int64(500 * attempt * attempt)
          intake.stage.loop.after(wait) { [self] in try fetch(files, attempt: attempt + 1) }
          return
        }
        Log.warning(
          "a file could not be fetched", [("message", message.id), ("reason", "\(error)")])
        notes.append("[\(Self.shown(file)) could not be fetched: \(Self.reason(error, limit))]")
      }
      try fetch(files.dropFirst(), attempt: 1)
    }
  }

  private static func kind(_ kind: FeishuContent.File.Kind) -> String {
    switch kind {
    case .image: "image"
    case .file: "file"
    case .voice: "voice"
    case .video: "video"
    }
  }

  private static func shown(_ file: FeishuContent.File) -> String {
    file.name.map { "file \(String($0.prefix(200)))" } ?? kind(file.kind)
  }

  private static func reason(_ error: FeishuError, _ limit: Int) -> String {
    if case .network(let fault) = error.cause, fault.kind == .bodyTooLarge {
      return "it is larger than \(limit) bytes"
    }
    return error.words
  }

  private static func name(_ file: FeishuContent.File, mime: String) -> String {
    if let name = file.name, !name.isEmpty { return String(name.prefix(255)) }
    let ends = [
      "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp", "audio/ogg": "ogg",
      "video/mp4": "mp4",
    ]
    return "\(kind(file.kind))\(ends[mime].map { ".\($0)" } ?? "")"
  }

  // MARK: - The line

  private func accept() throws {
    guard let from = intake.person(message.sender) else { return end(.taken(nil)) }
    if let place = content.place {
      if let point = Attachment.Place(latitude: place.latitude, longitude: place.longitude) {
        attachments.append(Attachment(place: point, name: place.name))
      } else {
        notes.append("[location]")
      }
    }
    var text = ([content.text] + notes).filter { !$0.isEmpty }.joined(separator: "\n")
    if text.isEmpty, attachments.isEmpty, let mention = message.mentions.first {
      // Nothing but our name.
      text = "@\(mention.name ?? "")"
    }
    var heard = Heard(
      event: message.id, session: intake.session(message.chat, thread: message.thread), from: from,
      isGroup: message.isGroup, isMentioned: isMentioned, text: text, origin: origin())
    heard.attachments = attachments
    heard.quote = quote
    heard.said = message.created
    try intake.receiver.accept(heard, of: intake.source) { [self] _ in end(.taken(nil)) }
  }

  /// What the sending half wants to find again.
  private func origin() -> JSONObject {
    var origin = JSONObject([
      ("message_id", .string(message.id)), ("chat_id", .string(message.chat)),
      ("chat_type", .string(message.isGroup ? "group" : "p2p")),
    ])
    if let id = message.root { origin["root_id"] = .string(id) }
    if let id = message.parent { origin["parent_id"] = .string(id) }
    if let id = message.thread { origin["thread_id"] = .string(id) }
    if let id = message.sender.openID { origin["open_id"] = .string(id) }
    return origin
  }
}
