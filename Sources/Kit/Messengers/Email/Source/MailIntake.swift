internal import Console
internal import Crypto
internal import Delivery
internal import EmailWire
internal import JSON
internal import Mail
internal import Requests
internal import Stage
internal import System
internal import Wire

/// Makes of a mail what the pipe is told of it.
struct MailIntake {
  let account: EmailAccount
  let rules: MailVerdict.Rules
  let platform: String
  unowned let stage: Stage

  /// What a mail comes to.
  enum Finding {
    case heard(Heard)
    case happened(Happened)
    /// It stays where it is: from whom it says it is, and why.
    case ignored(from: String, why: String)
  }

  /// Reads a mail.
  ///
  /// `place`: where it stands, for one without an id. `size` is more than was read where only its header was.
  func read(_ bytes: [UInt8], place: String, size: Int) throws -> Finding {
    let (head, body) = MailHeader.split(bytes[...])
    let header: MailHeader
    do {
      header = try MailHeader(head)
    } catch {
      return .ignored(from: "", why: "its header is larger than anything needs")
    }
    switch MailVerdict(header, rules) {
    case .ignored(let why):
      return .ignored(from: header.text("from") ?? "", why: why)
    case .bounce:
      guard let report = BounceReport(header: header, body: body),
        let event = try bounce(report, header, place)
      else { return .ignored(from: header.text("from") ?? "", why: "it is a report about no mail of ours") }
      return .happened(event)
    case .trusted(let sender, let why):
      Log.info("a mail is trusted", [("from", sender.address), ("reason", why)])
      return .heard(
        try heard(
          header, body, from: sender, place: place, size: bytes.count < size ? size : nil,
          isSecret: why == MailVerdict.bySecret))
    }
  }

  private func heard(
    _ header: MailHeader, _ body: ArraySlice<UInt8>, from sender: MailAddress, place: String, size: Int?,
    isSecret: Bool
  ) throws -> Heard {
    let id = header.ids("message-id").first
    let person = sender.address.lowercased()
    let session = Address(
      platform: platform, account: account.account.account, channel: person,
      thread: try thread(header, id: id ?? place))
    let content = size == nil ? MailContent(header: header, body: body) : nil
    let reply = QuotedReply(content?.text ?? "")
    let subject = String((header.text("subject") ?? "").prefix(500))
    var heard = Heard(
      event: String(try SHA256.hex("\(person)\n\(id ?? place)").prefix(40)), session: session,
      from: Heard.Person(id: person, name: sender.name), isGroup: false,
      text: text(reply.text, subject: subject, header: header), origin: origin(header, id, subject, isSecret))
    if let size {
      heard.text = [
        subject, "[The mail has \(size) bytes, more than max_size allows: only its header was read.]",
      ].joined(separator: "\n\n")
    }
    if let answered = answered(header) {
      heard.quote = Heard.Quote(id: answered, text: reply.quote)
    }
    for file in content?.files ?? [] {
      heard.attachments.append(
        try Attachment.keep(file.bytes, name: file.name, mime: Attachment.mime(of: file.bytes), stage))
    }
    for what in content?.omitted ?? [] {
      heard.text += "\n\n[Left out: \(what)]"
    }
    return heard
  }

  // MARK: - Words

  /// The words of a mail; its subject is the first line of one that begins a thread.
  private func text(_ text: String, subject: String, header: MailHeader) -> String {
    // An answer to a question of ours is its first line; what stands below it is a signature, or a quote that
    // was not recognised.
    let first = text.split(whereSeparator: \.isNewline).first { !$0.allSatisfy(\.isWhitespace) }
    if answered(header).flatMap({ MessageID($0, domain: account.domain) }) != nil, let first {
      let line = String(first.drop(while: \.isWhitespace))
      if AnswerWords.read(line) != nil { return line }
    }
    let isBlank = text.allSatisfy(\.isWhitespace)
    guard header.first("in-reply-to") == nil, !subject.isEmpty else { return isBlank ? subject : text }
    return isBlank ? subject : "\(subject)\n\n\(text)"
  }

  /// The id of the mail that this one answers.
  private func answered(_ header: MailHeader) -> String? {
    header.ids("in-reply-to").first ?? header.ids("references").last
  }

  private func origin(_ header: MailHeader, _ id: String?, _ subject: String, _ isSecret: Bool) -> JSONObject
  {
    var origin = JSONObject()
    if let id { origin["message_id"] = .string(id) }
    var earlier = header.ids("references", limit: 11)
    // Without References a parent that is named alone is the whole thread (RFC 5322, 3.6.4).
    if earlier.isEmpty, case let parents = header.ids("in-reply-to"), parents.count == 1 { earlier = parents }
    if !earlier.isEmpty { origin["references"] = .array(earlier.map { .string($0) }) }
    if !subject.isEmpty { origin["subject"] = .string(subject) }
    if isSecret { origin["secret"] = true }
    return origin
  }

  // MARK: - Threads

  /// The thread: that of the newest of our own mails among those that it answers, else its first mail.
  private func thread(_ header: MailHeader, id: String) throws -> String? {
    let earlier = header.ids("references") + header.ids("in-reply-to").prefix(1)
    for other in earlier.reversed() {
      if let own = MessageID(other, domain: account.domain) { return own.thread }
    }
    return String(try SHA256.hex(earlier.first ?? id).prefix(16))
  }

  // MARK: - Bounces

  private func bounce(_ report: BounceReport, _ header: MailHeader, _ place: String) throws -> Happened? {
    // Anybody can write such a report: only one that names a mail of ours says anything.
    guard let id = report.messageID, let own = MessageID(id, domain: account.domain),
      let first = report.recipients.first, EmailAccount.domain(of: first.address) != nil
    else { return nil }
    let session = Address(
      platform: platform, account: account.account.account, channel: first.address.lowercased(),
      thread: own.thread)
    let words = report.recipients.map { "\($0.address): \($0.action) \($0.status) \($0.words)" }.joined(
      separator: "\n")
    return Happened(
      kind: "bounced",
      event: String(try SHA256.hex("bounce\n\(header.ids("message-id").first ?? place)").prefix(40)),
      session: session,
      data: JSONObject([
        ("message", .string(id)), ("action", .string(first.action)), ("status", .string(first.status)),
        ("text", .string(String(words.prefix(2000)))),
      ]))
  }
}
