internal import Console
package import Delivery
internal import JSON
package import Journal
internal import Markup
internal import Settings
package import Stage
package import Store
internal import System
internal import TelegramWire
internal import Wire

package import class Delivery.Account

/// Answers, cards and files to the chats of a Telegram bot.
package final class TelegramMessenger: Messenger {
  let stage: Stage
  let outlet: Outlet
  let showsPreviews: Bool
  private(set) lazy var typing = Typing(stage, outlet)
  private(set) lazy var growing = GrowingReplies(
    stage, interval: { ($0.address.flatMap { try? Place($0) })?.isGroup == true ? 4000 : 1700 },
    show: { [unowned self] growing, posted, done in try grow(growing, posted, done) })

  /// UTF-16 units of the words below a file.
  static let captionLimit = 1024

  /// The messenger of an account.
  ///
  /// - Throws: `Failure`.
  package init(_ account: Account, _ stage: Stage) throws {
    self.stage = stage
    outlet = Outlet(try BotAccount(account), stage)
    showsPreviews = try account.flag("link_previews") ?? false
  }

  package func cancel() { outlet.cancel() }

  // MARK: - Parts

  package func parts(of delivery: Delivery) throws -> [DeliveryPart] {
    let files = delivery.attachments
    let text = Markdown.source(words(of: delivery), clean: delivery.clean)
    let parts = try LongReply(stage).parts(of: text, .telegram)
    // A short text goes below its file.
    if parts.count == 1, files.count == 1, delivery.posted == nil, mayBeCaption(text, files[0]) { return [] }
    return parts + files.indices.map { DeliveryPart(text: "", files: [$0]) }
  }

  func words(of delivery: Delivery) -> String {
    delivery.attachments.isEmpty ? delivery.text : delivery.member("text") ?? ""
  }

  func mayBeCaption(_ text: String, _ file: Attachment) -> Bool {
    file.kind != .location && text.utf16.count <= Self.captionLimit
      && Markdown(text).telegram.visible.utf16.count <= Self.captionLimit
  }

  // MARK: - Sending

  package func send(_ deliveries: [Delivery], report: @escaping (Int, Outcome) throws -> Void) throws {
    for (index, delivery) in deliveries.enumerated() {
      let job: Job
      do {
        let place = try Place(try delivery.address())
        if delivery.row.final { typing.end(place) }
        job = Job(self, delivery, place) { try report(index, $0) }
      } catch let failure as Failure {
        try report(index, .refused(reason: failure.message))
        continue
      }
      try job.begin()
    }
  }

  /// The message that a post answers: in groups, where several talk at once.
  func reply(_ origin: JSONObject?, _ place: Place) -> Int64? {
    place.isGroup ? origin?["message"]?.int.map { Int64($0) } : nil
  }

  func post(_ method: String, _ place: Place, _ text: String, clean: (String) -> String = { $0 })
    -> Outlet.Post
  {
    var post = Outlet.Post(method, place)
    let parsed = Markdown(text, clean: clean)
    let html = parsed.telegramHTML
    post.text = ("text", html, parsed.plain)
    if !showsPreviews { post.more["link_preview_options"] = ["is_disabled": true] }
    return post
  }

  // MARK: - What grows, and what goes on

  private func grow(
    _ growing: Growing, _ posted: String?, _ done: @escaping (GrowingReplies.Shown) throws -> Void
  ) throws {
    guard let address = growing.address, let place = try? Place(address) else { return try done(.never) }
    let wait = outlet.mayShow(place)
    guard wait == 0 else { return try done(.later(wait)) }
    let known = Sent(posted).message
    var post = post(
      known == nil ? "sendMessage" : "editMessageText", place,
      TextSplitter.telegram.beginning(Markdown.source(growing.text, clean: growing.clean)))
    if let known {
      post.more["message_id"] = .id(known)
      post.isRepeatable = true
    } else {
      post.reply = reply(origin(of: growing.parent, address), place)
    }
    try outlet.show(post, isPaced: true) { result in
      switch result {
      case .success(let message):
        guard known == nil else { return try done(.edited) }
        guard let id = message["message_id"]?.int else { return try done(.never) }
        var sent = Sent()
        sent.message = Int64(id)
        try done(.posted(sent.json))
      case .failure(let failure):
        switch failure.kind {
        case .notModified: try done(.edited)
        case .flood(let wait): try done(.later(wait))
        // One that may stand there already would stand there twice.
        case .network, .server: try done(known == nil && failure.mayHaveArrived ? .never : .later(5000))
        default: try done(.never)
        }
      }
    }
  }

  private func origin(of parent: String?, _ address: Address) -> JSONObject? {
    guard let parent, let row = try? stage.journal.store.inbox(id: parent), let from = Address(row.session),
      from.platform == address.platform, from.account == address.account, from.channel == address.channel
    else { return nil }
    return (try? JSONReader.parse(row.line))?["origin"]?.object
  }

  package func show(_ growing: Growing) throws {
    if let place = growing.address.flatMap({ try? Place($0) }) { typing.note(place) }
    try self.growing.grow(growing)
  }

  package func show(_ progress: Progress) throws {
    guard let place = progress.address.flatMap({ try? Place($0) }) else { return }
    typing.note(place)
  }

  // MARK: - Cards

  package func settle(_ card: CardFacts, posted: PostedRow) throws {
    guard let message = Sent(posted.value).message,
      let address = posted.place(or: posted.session), let place = try? Place(address)
    else { return }
    let text = CardText(card, stage.settings.language)
    var post = Outlet.Post("editMessageText", place)
    post.text = ("text", text.html, text.plain)
    post.more = .of(["message_id": .id(message), "link_preview_options": ["is_disabled": true]])
    post.isRepeatable = true
    try rewrite(post, attempt: 0)
  }

  private func rewrite(_ post: Outlet.Post, attempt: Int64) throws {
    try outlet.show(post) { [weak self] result in
      guard let self, case .failure(let failure) = result, failure.isTemporary, attempt < 6 else { return }
      var wait: Int64 = 1000 << attempt
      if case .flood(let asked) = failure.kind { wait = max(wait, asked) }
      stage.loop.after(wait) { [weak self] in try self?.rewrite(post, attempt: attempt + 1) }
    }
  }
}

extension PostedRow {
  /// Where it was posted.
  fileprivate func place(or session: String) -> Address? {
    let named = (try? JSONReader.parse(value))?["to"]?.string
    return Address(named ?? session)
  }
}
