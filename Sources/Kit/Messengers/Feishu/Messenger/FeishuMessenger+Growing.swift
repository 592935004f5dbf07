package import Delivery
internal import FeishuWire
internal import JSON
internal import Journal
internal import Markup
internal import Stage
internal import Store
internal import System
internal import Wire

/// A card that shows a text letter by letter, as far as we know.
///
/// All that is asked of a card carries a number that is greater than the one before. They are made of the time, so
/// that whoever goes on after a crash need not know the last one.
struct CardStream {
  /// When it was switched to streaming, in monotonic milliseconds; it ends by itself after ten minutes.
  var openedAt: Int64
  /// The last number.
  var sequence: Int

  /// The tenths of seconds since the beginning of 2024: a card takes ten changes a second, and they fit into 31 bits
  /// until 2030; after that they begin anew, and a card lives for two weeks.
  static func number(at now: Timestamp, after last: Int) -> Int {
    let tenths = Int((now.milliseconds - 1_704_067_200_000) / 100) % 2_000_000_000
    return max(tenths, last + 1, 1)
  }
}

/// The message in which a reply begins to grow.
struct FirstShowing {
  let content: OutgoingContent
  /// The card that streams; nil for one that is edited.
  let card: String?
  let address: Address
  let origin: JSONObject?
  private let base: MessageKey

  init(content: OutgoingContent, card: String?, address: Address, origin: JSONObject?, key: MessageKey) {
    (self.content, self.card, self.address, self.origin, base) = (content, card, address, origin, key)
  }

  /// A card is sent once: with another card it is another message.
  var key: MessageKey { card.map { base.varied(String($0.suffix(10))) } ?? base }
}

/// Replies that grow.
extension FeishuMessenger {
  /// After this long a streaming card is switched on anew, before it ends by itself.
  private static let streamFor: Int64 = 9 * 60_000

  package func show(_ growing: Growing) throws {
    if let parent = growing.parent { startWorking(parent, growing.session, growing.address) }
    guard options.streaming != .off, options.format != .post else { return }
    if let parent = growing.parent {
      if self.growing.count > 1000 { self.growing.removeAll() }
      self.growing[parent] = growing.id
    }
    try replies.grow(growing)
  }

  /// Milliseconds between two texts of a reply: a card that streams takes ten a second, a message five edits.
  func interval(of growing: Growing) -> Int64 { isStreaming ? 500 : 1200 }

  private var isStreaming: Bool { options.streaming == .auto && now >= streamsAfter }

  /// Shows a growing text for the first time, or changes the message that shows it.
  func grow(
    _ growing: Growing, _ posted: String?, _ done: @escaping (GrowingReplies.Shown) throws -> Void
  ) throws {
    let text = Markdown(
      Self.splitter.beginning(Markdown.source(growing.text, clean: growing.clean))
    ).feishuMarkdown
    guard !text.isEmpty else { return try done(.edited) }
    if let posted {
      guard let shown = PostedMessage(json: posted) else { return try done(.never) }
      if let card = shown.card { return try stream(text, card, isAgain: false, done) }
      return try edit(shown.message, Self.card(text, isStreaming: false)) { error in
        try done(Self.shown(after: error))
      }
    }
    guard let address = growing.address else { return try done(.never) }
    let showing = { (card: String?) in
      FirstShowing(
        content: card.map(OutgoingContent.entity) ?? .card(Self.card(text, isStreaming: false)), card: card,
        address: address, origin: self.origin(of: growing.parent, in: address),
        key: MessageKey(growing.id, 1, "g"))
    }
    // It may have arrived though its answer did not: said again as it was, it comes once.
    if let first = firstShowings[growing.id] { return try begin(growing, first, done) }
    guard isStreaming else { return try begin(growing, showing(nil), done) }
    try makeCard(Self.card(text, isStreaming: true)) { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let card): try begin(growing, showing(card), done)
      case .failure(let error) where error.isPassing: try done(.later(error.retryAfter ?? 2000))
      case .failure:
        // The app may not have such cards: editing is for everybody.
        streamsAfter = now + 3_600_000
        try begin(growing, showing(nil), done)
      }
    }
  }

  private func begin(
    _ reply: Growing, _ first: FirstShowing, _ done: @escaping (GrowingReplies.Shown) throws -> Void
  ) throws {
    if firstShowings.count > 1000 { firstShowings.removeAll() }
    firstShowings[reply.id] = first
    try show(first) { [weak self] result in
      switch result {
      case .success(let shown):
        self?.firstShowings[reply.id] = nil
        try done(.posted(shown.json))
      case .failure(let error) where error.isPassing: try done(.later(error.retryAfter ?? 2000))
      case .failure:
        self?.firstShowings[reply.id] = nil
        try done(.never)
      }
    }
  }

  /// Makes the message in which a reply grows.
  func show(
    _ first: FirstShowing, _ then: @escaping (Result<PostedMessage, FeishuError>) throws -> Void
  ) throws {
    try post(first.content, to: first.address, origin: first.origin, key: first.key) { result in
      try then(result.map { PostedMessage(message: $0, card: first.card) })
    }
  }

  /// Ends what grew for a message whose end is something else, such as an error: it stays as it is.
  func stopGrowing(for parent: String, but id: String) throws {
    guard let known = growing.removeValue(forKey: parent), known != id else { return }
    courtesies += 1
    let ended = { [weak self] in self.map { $0.courtesies = max(0, $0.courtesies - 1) } ?? () }
    try replies.finish(known) { [weak self] posted in
      guard let self, let card = posted.flatMap(PostedMessage.init(json:))?.card else { return ended() }
      try setStreaming(false, card) { _ in ended() }
    }
  }

  private static func card(_ text: String, isStreaming: Bool) -> FeishuCard {
    FeishuCard(elements: [.markdown(text, id: FeishuCard.growing)], isStreaming: isStreaming)
  }

  private func makeCard(
    _ card: FeishuCard, _ then: @escaping (Result<String, FeishuError>) throws -> Void
  ) throws {
    let json = JSONObject([("type", "card_json"), ("data", .string(card.text))])
    client.call("POST", "/cardkit/v1/cards", json: json, isRepeatable: true) { [weak self] result in
      guard let self else { return }
      switch result {
      case .failure(let error): try then(.failure(error))
      case .success(let answer):
        guard let id = answer.data["card_id"]?.string, !id.isEmpty, id.utf8.count <= 64 else {
          return try then(
            .failure(FeishuError(.malformed("has no card_id"), request: "POST /cardkit/v1/cards")))
        }
        if streams.count > 1000 { streams.removeAll() }
        streams[id] = CardStream(openedAt: now, sequence: 0)
        try then(.success(id))
      }
    }
  }

  /// Changes the text of a streaming card; one that streams no more is switched on again.
  private func stream(
    _ text: String, _ card: String, isAgain: Bool, _ done: @escaping (GrowingReplies.Shown) throws -> Void
  ) throws {
    if let known = streams[card], now - known.openedAt >= Self.streamFor {
      return try reopen(text, card, done)
    }
    let path = "/cardkit/v1/cards/\(FeishuClient.encoded(card))/elements/\(FeishuCard.growing)/content"
    try change("PUT", path, card, [("content", .string(text))]) { [weak self] error in
      guard let self, let error else { return try done(.edited) }
      switch error.verdict {
      case .streamClosed where !isAgain: try reopen(text, card, done)
      case .sequence where !isAgain:
        // Another clock has been here; far enough ahead, nothing is older.
        streams[card]?.sequence += 36_000
        try stream(text, card, isAgain: true, done)
      default: try done(Self.shown(after: error))
      }
    }
  }

  private func reopen(
    _ text: String, _ card: String, _ done: @escaping (GrowingReplies.Shown) throws -> Void
  ) throws {
    try setStreaming(true, card) { [weak self] error in
      guard let self else { return }
      if let error { return try done(Self.shown(after: error)) }
      streams[card]?.openedAt = now
      try stream(text, card, isAgain: true, done)
    }
  }

  private func setStreaming(
    _ isOn: Bool, _ card: String, _ then: @escaping (FeishuError?) throws -> Void
  ) throws {
    let path = "/cardkit/v1/cards/\(FeishuClient.encoded(card))/settings"
    let settings = #"{"config":{"streaming_mode":\#(isOn)}}"#
    try change("PATCH", path, card, [("settings", .string(settings))], then)
  }

  /// Asks for a change of a card, with a number.
  func change(
    _ method: String, _ path: String, _ card: String, _ members: [(String, JSONValue)],
    _ then: @escaping (FeishuError?) throws -> Void
  ) throws {
    try paced(card) { [weak self] in
      guard let self else { return }
      var known = streams[card] ?? CardStream(openedAt: now, sequence: 0)
      known.sequence = CardStream.number(at: stage.journal.clock.now(), after: known.sequence)
      streams[card] = known
      let json = JSONObject(members + [("sequence", .number(JSONNumber(known.sequence)))])
      // The number lets it be done once.
      client.call(method, path, json: json, isRepeatable: false) { [weak self] result in
        guard case .failure(let error) = result else { return try then(nil) }
        self?.slowDown(error, card)
        try then(error)
      }
    }
  }

  /// Changes the card of a message.
  func edit(
    _ message: String, _ card: FeishuCard, _ then: @escaping (FeishuError?) throws -> Void
  ) throws {
    try paced(message) { [weak self] in
      guard let self else { return }
      let json = JSONObject([("content", .string(card.text))])
      let path = "/im/v1/messages/\(FeishuClient.encoded(message))"
      client.call("PATCH", path, json: json, isRepeatable: true) { [weak self] result in
        guard case .failure(let error) = result else { return try then(nil) }
        self?.slowDown(error, message)
        try then(error)
      }
    }
  }

  private static func shown(after error: FeishuError?) -> GrowingReplies.Shown {
    guard let error else { return .edited }
    return error.isPassing || error.verdict == .sequence ? .later(error.retryAfter ?? 2000) : .never
  }

  // MARK: - The end

  /// Puts the final text into the message that grew; where that is not to be, it is said anew.
  func finish(_ shown: PostedMessage, _ text: String, _ job: SendJob) throws {
    // A card that takes nothing for so long will not.
    guard job.delivery.row.attempts < 3, let content = FeishuCard.said(text.isEmpty ? "…" : text) else {
      return try say(text, job)
    }
    let ended: (FeishuError?) throws -> Void = { [weak self] error in
      guard let self else { return }
      guard let error else {
        if let card = shown.card { streams[card] = nil }
        return try job.end(.delivered(proof: shown.message))
      }
      if error.isPassing { return try job.end(error.fate) }
      try say(text, job)
    }
    guard let card = shown.card else { return try edit(shown.message, content, ended) }
    try replace(card, content, isAgain: false, ended)
  }

  private func replace(
    _ card: String, _ content: FeishuCard, isAgain: Bool, _ then: @escaping (FeishuError?) throws -> Void
  ) throws {
    let path = "/cardkit/v1/cards/\(FeishuClient.encoded(card))"
    let data = JSONObject([("type", "card_json"), ("data", .string(content.text))])
    try change("PUT", path, card, [("card", .object(data))]) { [weak self] error in
      guard let self else { return }
      if let error, error.verdict == .sequence, !isAgain {
        streams[card]?.sequence += 36_000
        return try replace(card, content, isAgain: true, then)
      }
      try then(error)
    }
  }

  /// The origin of the message that a line answers; nil where it is not known here, or was said in another chat.
  func origin(of parent: String?, in chat: Address?) -> JSONObject? {
    guard let parent, let row = try? stage.journal.store.inbox(id: parent), let said = Address(row.session),
      said.platform == chat?.platform, said.account == chat?.account, said.channel == chat?.channel
    else { return nil }
    return (try? JSONReader.parse(row.line))?["origin"]?.object
  }
}
