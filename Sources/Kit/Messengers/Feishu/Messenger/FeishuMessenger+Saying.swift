package import Delivery
internal import FeishuWire
internal import JSON
internal import Journal
internal import Markup
internal import Stage
internal import Store
internal import System
internal import Wire

/// Saying things: which form a text takes, where it goes, and what follows from an error.
extension FeishuMessenger {
  /// Cuts replies into messages.
  ///
  /// A card may have 30 KB, but clients have been seen to show no more than some ten thousand characters.
  static var splitter: TextSplitter {
    TextSplitter(limit: 18_000) { source in
      let text = Markdown(source).feishuMarkdown
      return max(text.utf8.count, text.unicodeScalars.count * 2)
    }
  }

  package func parts(of delivery: Delivery) throws -> [DeliveryPart] {
    let attachments = delivery.attachments
    let files = attachments.indices.filter { attachments[$0].kind != .location }
    return try LongReply(stage).parts(of: said(by: delivery), Self.splitter)
      + files.map { DeliveryPart(text: "", files: [$0]) }
  }

  /// Says a text as a new message.
  func say(_ text: String, _ job: SendJob) throws {
    let text = text.isEmpty ? "…" : text
    guard let content = OutgoingContent.said(text, options.format) else {
      return try uploadText(text, job)
    }
    try post(content, job) { [weak self] error in
      guard let self else { return }
      // Not understood, or longer than it seemed: in the simplest form that there is.
      guard error.isAboutContent, content.type == "interactive" else { return try job.end(error.fate) }
      let plain = OutgoingContent.post(Markdown(text))
      try post(plain, job, variant: "p") { [weak self] error in
        guard let self else { return }
        guard error.isAboutContent else { return try job.end(error.fate) }
        try uploadText(text, job)
      }
    }
  }

  /// Sends a message, and ends the delivery when it has arrived or is to be tried later; `failed` is called for
  /// other errors.
  ///
  /// `variant`: the id of a message that is said in another way must be another one.
  func post(
    _ content: OutgoingContent, _ job: SendJob, variant: String = "", remembering: Bool = false,
    failed: ((FeishuError) throws -> Void)? = nil
  ) throws {
    let delivery = job.delivery
    let key = MessageKey(delivery.row.id, delivery.row.part, variant)
    let address = try delivery.address()
    try post(content, to: address, origin: delivery.origin, key: key) { result in
      switch result {
      case .success(let id):
        if remembering { try delivery.remember(PostedMessage(message: id).json) }
        try job.end(.delivered(proof: id))
      case .failure(let error):
        guard let failed, !error.isPassing else { return try job.end(error.fate) }
        try failed(error)
      }
    }
  }

  /// Sends a message to where an address and what it answers say; gives its id.
  func post(
    _ content: OutgoingContent, to address: Address, origin: JSONObject?, key: MessageKey,
    then: @escaping (Result<String, FeishuError>) throws -> Void
  ) throws {
    let place = MessagePlace(address, origin)
    let target = FeishuTarget(channel: address.channel)
    guard let answered = place.answered else {
      guard let thread = place.thread else { return try create(content, target, key, then) }
      return try withRoot(of: thread) { [weak self] root in
        guard let self else { return }
        guard let root else { return try create(content, target, key, then) }
        try reply(content, root, isThread: true, target, key, then)
      }
    }
    try reply(content, answered, isThread: place.thread != nil, target, key, then)
  }

  private func reply(
    _ content: OutgoingContent, _ message: String, isThread: Bool, _ target: FeishuTarget, _ key: MessageKey,
    _ then: @escaping (Result<String, FeishuError>) throws -> Void
  ) throws {
    var json = content.json(key.text)
    if isThread { json["reply_in_thread"] = true }
    let path = "/im/v1/messages/\(FeishuClient.encoded(message))/reply"
    try paced(target.id) { [weak self] in
      guard let self else { return }
      client.call("POST", path, json: json, isRepeatable: true) { [weak self] result in
        guard let self else { return }
        if case .failure(let error) = result, error.isUnanswerable {
          // What it answers is gone: it is still worth saying.
          return try create(content, target, key.varied("c"), then)
        }
        try took(result, target.id, then)
      }
    }
  }

  private func create(
    _ content: OutgoingContent, _ target: FeishuTarget, _ key: MessageKey,
    _ then: @escaping (Result<String, FeishuError>) throws -> Void
  ) throws {
    var json = content.json(key.text)
    json["receive_id"] = .string(target.id)
    try paced(target.id) { [weak self] in
      guard let self else { return }
      client.call(
        "POST", "/im/v1/messages", query: [("receive_id_type", target.kind)], json: json, isRepeatable: true
      ) { [weak self] result in
        guard let self else { return }
        try took(result, target.id, then)
      }
    }
  }

  private func took(
    _ result: Result<FeishuAnswer, FeishuError>, _ chat: String,
    _ then: (Result<String, FeishuError>) throws -> Void
  ) throws {
    switch result {
    case .failure(let error):
      slowDown(error, chat)
      try then(.failure(error))
    case .success(let answer):
      guard let id = answer.data["message_id"]?.string, !id.isEmpty, id.utf8.count <= 256 else {
        return try then(
          .failure(FeishuError(.malformed("has no message_id"), request: "POST /im/v1/messages")))
      }
      try then(.success(id))
    }
  }

  /// Waits as an error says: an app's limit holds for all chats, the others for one.
  func slowDown(_ error: FeishuError, _ key: String) {
    guard error.verdict == .wait else { return }
    let isForAll = error.code == 99_991_400 || error.code == nil
    pace.block(isForAll ? nil : key, for: error.retryAfter ?? 1000, at: now)
  }

  /// Does something when the limits allow it.
  func paced(_ key: String, _ body: @escaping () throws -> Void) throws {
    let wait = pace.reserve(key, at: now)
    guard wait > 0 else { return try body() }
    stage.loop.after(wait) { try body() }
  }

  /// Finds the first message of a thread, which an answer into it answers; nil where there is none.
  private func withRoot(of thread: String, _ then: @escaping (String?) throws -> Void) throws {
    if thread.hasPrefix("om_") { return try then(thread) }
    if let known = roots[thread] { return try then(known) }
    let query = [
      ("container_id_type", "thread"), ("container_id", thread), ("sort_type", "ByCreateTimeAsc"),
      ("page_size", "1"),
    ]
    client.call("GET", "/im/v1/messages", query: query) { [weak self] result in
      guard let self else { return }
      guard case .success(let answer) = result,
        let root = answer.data["items"]?.array?.first?["message_id"]?.string
      else { return try then(nil) }
      if roots.count > 1000 { roots.removeAll() }
      roots[thread] = root
      try then(root)
    }
  }
}
