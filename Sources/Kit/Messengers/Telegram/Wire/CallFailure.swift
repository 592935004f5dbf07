package import JSON
package import Network

/// Why a call of the Bot API did not do what it was to do.
package struct CallFailure: Error, Equatable, Sendable {
  /// What kind of failure it is, as far as it decides what to do next.
  package enum Kind: Equatable, Sendable {
    /// The token is not, or no longer, accepted.
    case unauthorized
    /// Another poller or a webhook has the updates.
    case conflict
    /// Too much at once: wait so many milliseconds.
    case flood(Int64)
    /// The group is a supergroup now, with this id.
    case migrated(Int64)
    /// The markup of the text is not accepted.
    case markup
    /// An edit that would change nothing.
    case notModified
    /// The message to edit or delete is gone, or is not ours.
    case messageGone
    /// The message that is answered is gone.
    case replyGone
    /// The topic is gone.
    case threadGone
    /// The text or caption is too long.
    case tooLong
    /// The file is larger than the server takes or gives.
    case tooLarge
    /// A picture that cannot be shown as one.
    case notAPhoto
    /// Nothing can be sent to this chat: unknown, blocked, kicked, without the right.
    case chatClosed
    /// A button was pressed too long ago.
    case queryTooOld
    /// The method is not known to this server.
    case methodUnknown
    /// Something else is wrong with the call.
    case badCall
    /// The server has a fault of its own, or what answered is not the server.
    case server
    /// No answer.
    case network
  }

  /// What kind it is.
  package let kind: Kind
  /// The platform's or the network's words, without secrets, shortened.
  package let words: String
  /// The status of the answer; 0 without one.
  package let status: Int
  /// Whether the server may have done it nevertheless.
  package let mayHaveArrived: Bool
  /// Whether it may work later without anybody doing anything.
  package let isTemporary: Bool

  /// A failure of its parts.
  package init(
    _ kind: Kind, _ words: String, status: Int, mayHaveArrived: Bool = false, isTemporary: Bool = false
  ) {
    self.kind = kind
    self.words = words
    self.status = status
    self.mayHaveArrived = mayHaveArrived
    self.isTemporary = isTemporary
  }

  /// The failure that an answer of the server is.
  ///
  /// - Parameters:
  ///   - status: The HTTP status.
  ///   - answer: The parsed body; nil when it is not what the Bot API answers with.
  ///   - retryAfter: Milliseconds of the Retry-After header.
  package init(status: Int, answer: JSONObject?, retryAfter: Int64?) {
    guard let answer, answer["ok"]?.bool == false else {
      self.init(
        status == 429 ? .flood(retryAfter ?? 5000) : .server,
        status == 200
          ? "the server's answer is not one of the Bot API"
          : "status \(status), and the answer is not one of the Bot API",
        // A proxy that answers in place of the server may have passed the call on.
        status: status, mayHaveArrived: status >= 500 || status < 300, isTemporary: true)
      return
    }
    let words = answer["description"]?.string ?? "status \(status)"
    let code = answer["error_code"]?.int ?? status
    let parameters = answer["parameters"]?.object
    let wait = parameters?["retry_after"]?.int.map { Int64(min(max($0, 0), 86_400)) * 1000 } ?? retryAfter
    let migrated = parameters?["migrate_to_chat_id"]?.int
    let kind = Self.kind(code, words, wait: wait, migrated: migrated.map { Int64($0) })
    var isTemporary = false
    switch kind {
    case .flood, .server, .conflict: isTemporary = true
    default: break
    }
    // A server that says itself that it failed has not done it.
    self.init(kind, Self.shortened(words), status: code, isTemporary: isTemporary)
  }

  /// The failure that a request without an answer is.
  package init(_ error: HTTPError, token: BotToken) {
    let words = token.removed(from: error.reason + (error.hint.map { ": \($0)" } ?? ""))
    self.init(
      .network, words, status: 0, mayHaveArrived: error.mayHaveArrived, isTemporary: error.isTemporary)
  }

  private static func kind(_ code: Int, _ words: String, wait: Int64?, migrated: Int64?) -> Kind {
    func says(_ part: String) -> Bool { Bytes.contains(part, in: words) }
    if let migrated { return .migrated(migrated) }
    switch code {
    case 401: return .unauthorized
    case 403: return .chatClosed
    case 404: return says("method not found") ? .methodUnknown : .unauthorized
    case 409: return .conflict
    case 413: return .tooLarge
    case 429: return .flood(wait ?? 5000)
    case 500...599: return .server
    default: return table.first { says($0.words) }?.kind ?? .badCall
    }
  }

  /// The server tells its reasons by words alone.
  private static let table: [(words: String, kind: Kind)] = [
    ("can't parse entities", .markup), ("message is not modified", .notModified),
    ("message to edit not found", .messageGone), ("message can't be edited", .messageGone),
    ("MESSAGE_ID_INVALID", .messageGone), ("message to be replied not found", .replyGone),
    ("replied message not found", .replyGone), ("message thread not found", .threadGone),
    ("TOPIC_DELETED", .threadGone), ("TOPIC_CLOSED", .chatClosed), ("is too long", .tooLong),
    ("MESSAGE_TOO_LONG", .tooLong), ("file is too big", .tooLarge), ("PHOTO_", .notAPhoto),
    ("IMAGE_PROCESS_FAILED", .notAPhoto), ("wrong type of the web page content", .notAPhoto),
    ("chat not found", .chatClosed), ("query is too old", .queryTooOld),
    ("not enough rights", .chatClosed), ("have no rights", .chatClosed),
    ("CHAT_WRITE_FORBIDDEN", .chatClosed),
    ("PEER_ID_INVALID", .chatClosed), ("group chat was deactivated", .chatClosed),
  ]

  private static func shortened(_ words: String) -> String {
    let scalars = words.unicodeScalars.prefix(300).map { scalar in
      scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
