/// What a server says about a mail that it could not deliver (RFC 3464).
package struct BounceReport: Sendable, Equatable {
  /// What became of it for one recipient.
  package struct Recipient: Sendable, Equatable {
    /// The address.
    package var address: String
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    package var action: String
    /// Its status, as `5.1.1`.
    package var status: String
    /// The words of the server that was asked last; empty where it has none.
    package var words: String
  }

  /// The recipients, at most 100.
  package var recipients: [Recipient] = []
  /// The id of the mail that is meant, without its brackets; nil where it is not told.
  package var messageID: String?

  /// Reads a mail that is a report; nil where it reports no delivery.
  package init?(header: MailHeader, body: ArraySlice<UInt8>) {
    guard let value = header.first("content-type") else { return nil }
    let type = MailParameters(value)
    guard type.value == "multipart/report",
      type["report-type"].map({ MailBytes.lower($0.utf8) }) == "delivery-status"
    else { return nil }
    let files = MailContent(header: header, body: body).files
    // Its parts are files to people: what programs read, and the mail or its header.
    for file in files {
      switch file.mime {
      case "message/delivery-status", "message/global-delivery-status": readStatus(file.bytes)
      case "message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
        let head = MailHeader.split(file.bytes[...]).header
        messageID = messageID ?? (try? MailHeader(head))?.ids("message-id").first
      default: break
      }
    }
    guard !recipients.isEmpty else { return nil }
  }

  private mutating func readStatus(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty, recipients.count < 100 {
      let (head, body) = MailHeader.split(rest)
      rest = body
      guard let fields = try? MailHeader(head) else { continue }
      guard let final = fields.first("final-recipient") ?? fields.first("original-recipient") else {
        continue
      }
      recipients.append(
        Recipient(
          address: Self.afterType(final), action: MailBytes.lower(fields.first("action") ?? []),
          status: String((fields.plain("status") ?? "").prefix(20)),
          words: String(Self.afterType(fields.first("diagnostic-code") ?? []).prefix(500))))
    }
  }

  /// What stands behind `rfc822;` or `smtp;`.
  private static func afterType(_ value: [UInt8]) -> String {
    let rest = value.firstIndex(of: 0x3B).map { value[($0 + 1)...] } ?? value[...]
    return EncodedWords.decode(MailBytes.trimmed(rest))
  }
}
