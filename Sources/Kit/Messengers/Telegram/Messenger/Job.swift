internal import Console
internal import Delivery
internal import JSON
internal import Journal
internal import Markup
internal import Settings
internal import Stage
internal import Store
internal import System
internal import TelegramWire
internal import Wire

/// One delivery on its way: its text, and its file.
final class Job {
  private let messenger: TelegramMessenger
  private let delivery: Delivery
  private let place: Place
  private let report: (Outcome) throws -> Void
  private var sent: Sent
  /// What is left to be sent, besides the text.
  private var file: Attachment?

  init(
    _ messenger: TelegramMessenger, _ delivery: Delivery, _ place: Place,
    report: @escaping (Outcome) throws -> Void
  ) {
    (self.messenger, self.delivery, self.place, self.report) = (messenger, delivery, place, report)
    sent = Sent(delivery.posted)
    file = delivery.attachments.first
  }

  private var outlet: Outlet { messenger.outlet }

  func begin() throws {
    if let card = delivery.card { return try send(card) }
    guard delivery.part.number == 1 else { return try text() }
    try messenger.growing.finish(delivery.row.id) { [self] posted in
      if let posted { sent = Sent(posted) }
      try text()
    }
  }

  // MARK: - Text

  private func text() throws {
    let words = messenger.words(of: delivery)
    guard !words.utf8.allSatisfy({ $0 <= 0x20 }), !sent.hasText else { return try sendFile(nil) }
    if let file, sent.message == nil, messenger.mayBeCaption(words, file) { return try sendFile(words) }
    if let message = sent.message { try edit(message, words) } else { try post(words) }
  }

  private func post(_ words: String) throws {
    var post = messenger.post("sendMessage", place, words, clean: delivery.clean)
    if delivery.part.number == 1 { post.reply = messenger.reply(delivery.origin, place) }
    try outlet.show(post) { [self] result in
      switch result {
      case .success(let message): try hasText(message)
      case .failure(let failure): try report(outcome(failure))
      }
    }
  }

  /// A message that has grown becomes what it was to be; where that is not possible there is a new one.
  private func edit(_ message: Int64, _ words: String) throws {
    var post = messenger.post("editMessageText", place, words, clean: delivery.clean)
    post.more["message_id"] = .id(message)
    post.isRepeatable = true
    try outlet.show(post) { [self] result in
      guard case .failure(let failure) = result else { return try hasText(try result.get()) }
      switch failure.kind {
      case .notModified: try hasText(.object(.of(["message_id": .id(message)])))
      case .flood, .network, .server, .unauthorized: try report(outcome(failure))
      default:
        Log.info("an edit was refused; sent anew", [("reason", failure.words)])
        sent.message = nil
        try self.post(words)
      }
    }
  }

  private func hasText(_ message: JSONValue) throws {
    sent.message = message["message_id"]?.int.map { Int64($0) } ?? sent.message
    guard file != nil else { return try delivered(message) }
    sent.hasText = true
    try delivery.remember(sent.json)
    try sendFile(nil)
  }

  // MARK: - Files

  private func sendFile(_ caption: String?) throws {
    guard let file else {
      // Nothing to see: that is for nobody.
      return try report(
        sent.message.map { .delivered(proof: "\($0)") }
          ?? .refused(reason: "there is nothing in it to be sent"))
    }
    if let place = file.place {
      var post = Outlet.Post("sendLocation", self.place)
      post.more = .of([
        "latitude": .number(JSONNumber(place.latitude) ?? JSONNumber(0)),
        "longitude": .number(JSONNumber(place.longitude) ?? JSONNumber(0)),
      ])
      return try finish(post)
    }
    let opened: OutFile
    do {
      opened = try delivery.open(file, limit: (outlet.bot.isCloud ? 50 : 2000) << 20)
    } catch let failure as Failure {
      return try report(.refused(reason: failure.message))
    }
    let (method, field) = Self.method(opened.attachment)
    let upload = BotAPI.Upload(
      field: field, name: file.name.isEmpty ? "file" : file.name, mime: opened.attachment.mime,
      .file(opened.descriptor, size: opened.attachment.size))
    try send(upload, method, caption: caption)
  }

  private static func method(_ file: Attachment) -> (method: String, field: String) {
    let isPhoto = ["image/jpeg", "image/png", "image/webp"].contains(file.mime) && file.size <= 10 << 20
    switch file.kind {
    case .image where isPhoto: return ("sendPhoto", "photo")
    case .voice where ["audio/ogg", "audio/mpeg", "audio/mp4"].contains(file.mime):
      return ("sendVoice", "voice")
    case .video where file.mime == "video/mp4": return ("sendVideo", "video")
    default: return ("sendDocument", "document")
    }
  }

  private func send(_ upload: BotAPI.Upload, _ method: String, caption: String?) throws {
    var post = Outlet.Post(method, place)
    post.files = [upload]
    if let caption {
      let parsed = Markdown(caption, clean: delivery.clean)
      post.text = ("caption", parsed.telegramHTML, parsed.plain)
    }
    try finish(post)
  }

  private func finish(_ post: Outlet.Post) throws {
    var post = post
    if sent.message == nil, delivery.part.number == 1 { post.reply = messenger.reply(delivery.origin, place) }
    if let upload = post.files.first {
      outlet.act(upload.field == "photo" ? "upload_photo" : "upload_document", place)
    }
    try outlet.show(post) { [self] result in
      switch result {
      case .success(let message): try delivered(message)
      case .failure(let failure):
        let mayBeDocument = failure.kind == .notAPhoto || failure.kind == .badCall
        if mayBeDocument, var upload = post.files.first, upload.field != "document" {
          var other = post
          upload.field = "document"
          (other.method, other.files) = ("sendDocument", [upload])
          return try finish(other)
        }
        try report(outcome(failure))
      }
    }
  }

  // MARK: - Cards

  private func send(_ card: CardFacts) throws {
    let text = CardText(card, messenger.stage.settings.language)
    var post = Outlet.Post(sent.message == nil ? "sendMessage" : "editMessageText", place)
    post.text = ("text", text.html, text.plain)
    post.more = .of([
      "message_id": sent.message.map { .id($0) }, "reply_markup": text.keyboard,
      "link_preview_options": ["is_disabled": true],
    ])
    if sent.message == nil { post.reply = messenger.reply(delivery.origin, place) }
    post.isRepeatable = sent.message != nil
    try outlet.show(post) { [self] result in
      switch result {
      case .success(let message):
        sent.message = message["message_id"]?.int.map { Int64($0) }
        var value = JSONWriter()
        value.beginObject()
        if let number = sent.message { value.member("message", Int(number)) }
        value.member("to", (try delivery.address()).description)
        value.endObject()
        try delivery.remember(String(decoding: value.bytes, as: UTF8.self))
        try delivered(message)
      case .failure(let failure):
        if failure.kind == .notModified, let number = sent.message {
          return try report(.delivered(proof: "\(number)"))
        }
        if failure.kind == .messageGone, sent.message != nil {
          sent.message = nil
          return try send(card)
        }
        try report(outcome(failure))
      }
    }
  }

  // MARK: - Ends

  private func delivered(_ message: JSONValue) throws {
    let number = sent.message ?? message["message_id"]?.int.map { Int64($0) }
    try report(.delivered(proof: number.map { "\($0)" } ?? "accepted"))
  }

  private func outcome(_ failure: CallFailure) throws -> Outcome {
    let words = outlet.bot.words(failure)
    switch failure.kind {
    case .flood(let wait): return .postponed(reason: words, after: wait + Int64.random(in: 0...300))
    // Once the token is right again, everything goes out.
    case .unauthorized: return .postponed(reason: words, after: nil)
    case .network, .server, .conflict:
      // A file that may have arrived is sent once more, and then left alone.
      if failure.mayHaveArrived, file != nil, sent.hasText || sent.message == nil {
        guard !sent.isInDoubt else {
          return .refused(reason: "\(words); it may have arrived, and is not sent a third time")
        }
        sent.isInDoubt = true
        try delivery.remember(sent.json)
      }
      return .postponed(reason: words, after: nil)
    default: return .refused(reason: words)
    }
  }
}
