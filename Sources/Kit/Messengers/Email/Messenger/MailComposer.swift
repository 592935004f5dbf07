internal import Crypto
internal import Delivery
internal import EmailWire
internal import JSON
internal import Markup
internal import Stage
internal import Store
internal import System
internal import Wire

/// Makes mails of deliveries.
struct MailComposer {
  let account: EmailAccount
  let name: String?
  let bcc: [String]

  /// A mail that cannot be made, and why.
  struct Refusal: Error {
    let reason: String
  }

  /// A mail, to whom it goes, and its id.
  struct Mail {
    var mail: OutgoingMail
    var recipients: [String]
    var id: String
  }

  /// How many ids of a thread's mails are named: the first and the last ones.
  private static let referenceLimit = 11

  /// The mail of a delivery.
  ///
  /// - Throws: `Refusal`, or the `Failure` of an attachment.
  func compose(_ delivery: Delivery, at now: Timestamp) throws -> Mail {
    let address = try delivery.address()
    let recipients = address.channel.split(separator: ",").map { String($0) }
    guard !recipients.isEmpty, recipients.count <= 100 else { throw Refusal(reason: "nobody to send it to") }
    for recipient in recipients where EmailAccount.domain(of: recipient) == nil {
      throw Refusal(
        reason:
          "'\(recipient.prefix(100))' is no mail address (one beyond ASCII needs its domain in xn-- form)")
    }
    let origin = delivery.origin
    let cause = origin?["message_id"]?.string.flatMap(Self.checked)
    let id = try messageID(delivery, thread: address.thread)
    var fields = [
      "From: \(MailText.mailbox(name: name, address: account.address))\r\n",
      MailText.fold("To:", recipients.joined(separator: ", ")) ?? "",
      MailText.field("Subject", Self.subject(delivery, origin)),
      "Date: \(MailText.date(now))\r\n",
      "Message-ID: <\(id)>\r\n",
    ]
    if let cause {
      let earlier = (origin?["references"]?.array ?? []).compactMap { $0.string.flatMap(Self.checked) }
      var thread = earlier.filter { $0 != cause } + [cause]
      if thread.count > Self.referenceLimit { thread = [thread[0]] + thread.suffix(Self.referenceLimit - 1) }
      fields.append("In-Reply-To: <\(cause)>\r\n")
      fields.append(MailText.fold("References:", thread.map { "<\($0)>" }.joined(separator: " ")) ?? "")
    }
    if origin?["secret"]?.bool == true, let secret = account.secret {
      // An answer must come to the address that proves who it is from.
      let at = account.address.utf8.lastIndex(of: 0x40) ?? account.address.utf8.endIndex
      fields.append("Reply-To: \(account.address[..<at])+\(secret)\(account.address[at...])\r\n")
    }
    fields.append("Auto-Submitted: \(cause == nil ? "auto-generated" : "auto-replied")\r\n")
    fields.append("X-Auto-Response-Suppress: All\r\n")
    fields.append("MIME-Version: 1.0\r\n")
    var mail = OutgoingMail(text: "", fields: fields, boundary: try Self.boundary())
    try fill(&mail, delivery)
    return Mail(mail: mail, recipients: recipients + bcc.filter { !recipients.contains($0) }, id: id)
  }

  // MARK: - What it says

  private func fill(_ mail: inout OutgoingMail, _ delivery: Delivery) throws {
    var text = delivery.row.type == "request" ? delivery.text : delivery.words
    for attachment in delivery.attachments {
      if let place = attachment.place {
        text +=
          "\n\n\(attachment.name.isEmpty ? "" : "\(attachment.name): ")geo:\(place.latitude),\(place.longitude)"
      } else {
        mail.files.append(try delivery.open(attachment, limit: account.maxSize))
      }
    }
    guard delivery.row.type != "request" else {
      // What people decide about is shown as it is, in one form alone.
      mail.text = text
      return
    }
    let markdown = Markdown(text, clean: delivery.clean)
    let flowed = markdown.emailText
    let html = markdown.emailHTML
    mail.text = flowed.isEmpty ? text : flowed
    mail.isFlowed = !flowed.isEmpty
    mail.html = html.isEmpty ? nil : html
  }

  private static func subject(_ delivery: Delivery, _ origin: JSONObject?) -> String {
    if let own = delivery.member("subject"), !own.isEmpty { return String(own.prefix(500)) }
    if let theirs = origin?["subject"]?.string, !theirs.isEmpty {
      let isReply = theirs.utf8.prefix(3).map { $0 | 0x20 } == Array("re:".utf8)
      return isReply ? theirs : "Re: \(theirs)"
    }
    let first = delivery.words.split(whereSeparator: \.isNewline).lazy
      .map { $0.drop { "#*>` -".contains($0) } }.first { !$0.isEmpty }
    guard let first else { return "agim" }
    return first.count > 70 ? "\(first.prefix(69))…" : String(first)
  }

  // MARK: - Ids

  private func messageID(_ delivery: Delivery, thread: String?) throws -> String {
    let part = delivery.row.part > 1 ? "-\(delivery.row.part)" : ""
    if let id = MessageID(row: delivery.row.id + part, thread: thread, domain: account.domain) {
      return id.text
    }
    // An id of somebody else's stage, or a thread of ours that nobody made, may be any text.
    let row = String(try SHA256.hex(delivery.row.id).prefix(32)) + part
    let plain = try thread.map {
      MessageID(row: row, thread: $0, domain: "x") == nil ? String(try SHA256.hex($0).prefix(16)) : $0
    }
    guard let id = MessageID(row: row, thread: plain, domain: account.domain) else {
      throw Refusal(reason: "no Message-ID can be made for it")
    }
    return id.text
  }

  /// An id of somebody else as it may stand in a header; nil for what could end it.
  private static func checked(_ id: String) -> String? {
    let isPlain = id.utf8.allSatisfy {
      $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">")
    }
    return isPlain && !id.isEmpty && id.utf8.count <= 900 ? id : nil
  }

  private static func boundary() throws -> String {
    let digits = Array("0123456789abcdefghijklmnopqrstuv".utf8)
    return String(decoding: try RandomBytes.make(24).map { digits[Int($0 & 31)] }, as: UTF8.self)
  }
}

extension Delivery {
  /// Its words without those that stand for its attachments, which go along.
  fileprivate var words: String { member("text") ?? text }
}
