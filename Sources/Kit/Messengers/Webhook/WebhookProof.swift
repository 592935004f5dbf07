package import Crypto
internal import Text

/// How a request proves that it comes from who knows the secret: looked at before anything is parsed.
package enum WebhookScheme: String, Sendable, CaseIterable {
  /// Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature`.
  case standard
  /// GitHub, and who does as it does: `X-Hub-Signature-256`.
  case github
  /// Slack's `X-Slack-Signature`, of a slash command or another request.
  case slack
  /// The secret itself, in `Authorization: Bearer` or a header of the account's choice.
  case token
}

/// Checks one request.
package struct WebhookProof: Sendable {
  /// What came of it.
  package enum Verdict: Equatable, Sendable {
    /// It is genuine; the id by which it is known when it comes again, nil where it has none.
    case genuine(id: String?)
    /// It is not: why, without a word of the secret.
    case refused(String)
  }

  /// How far a timestamp may be from our clock.
  package static let window: Int64 = 300_000

  private let scheme: WebhookScheme
  private let key: [UInt8]
  private let secret: String
  private let header: String

  /// Checks with a secret; `header` is where a token stands, nil for `Authorization`.
  ///
  /// nil where the secret is no key: `whsec_` with something behind it that is not Base64.
  package init?(_ scheme: WebhookScheme, secret: String, header: String?) {
    self.scheme = scheme
    self.secret = secret
    self.header = (header ?? "authorization").lowercased()
    if scheme == .standard, secret.hasPrefix("whsec_") {
      guard let key = Base64.decodeStandard(String(secret.dropFirst(6))), !key.isEmpty else { return nil }
      self.key = key
    } else {
      key = Array(secret.utf8)
    }
  }

  /// The verdict on a request: header lines by lower-case name, the body as it came, and the time in milliseconds.
  ///
  /// - Throws: `CryptoError` where libcrypto is missing.
  package func check(
    _ header: (String) -> String?, _ body: [UInt8], now: Int64
  ) throws(CryptoError) -> Verdict {
    switch scheme {
    case .standard: try standard(header, body, now)
    case .github: try github(header, body)
    case .slack: try slack(header, body, now)
    case .token: token(header)
    }
  }

  private func standard(
    _ header: (String) -> String?, _ body: [UInt8], _ now: Int64
  ) throws(CryptoError) -> Verdict {
    guard let id = header("webhook-id"), let stamp = header("webhook-timestamp"),
      let signatures = header("webhook-signature")
    else { return .refused("webhook-id, webhook-timestamp and webhook-signature are needed") }
    guard (1...256).contains(id.utf8.count), let seconds = Self.seconds(stamp) else {
      return .refused("webhook-id or webhook-timestamp is malformed")
    }
    let expected = try HMAC.sha256(key: key, Array("\(id).\(stamp).".utf8) + body)
    // Several may stand there while a secret is being changed.
    var isGenuine = false
    for word in signatures.split(separator: " ").prefix(16) {
      let parts = word.split(separator: ",", maxSplits: 1)
      guard parts.count == 2, parts[0] == "v1", let given = Base64.decodeStandard(String(parts[1])) else {
        continue
      }
      isGenuine = constantTimeEqual(given, expected) || isGenuine
    }
    guard isGenuine else { return .refused("the signature does not fit the secret") }
    // Said only to who knows the secret.
    guard isNow(seconds, now) else { return .refused(Self.isLate) }
    return .genuine(id: id)
  }

  private func github(_ header: (String) -> String?, _ body: [UInt8]) throws(CryptoError) -> Verdict {
    guard let given = header("x-hub-signature-256") else {
      return .refused("X-Hub-Signature-256 is needed: set the secret of the webhook there, too")
    }
    let expected = "sha256=\(hexadecimal(try HMAC.sha256(key: key, body)))"
    guard constantTimeEqual(given.lowercased(), expected) else {
      return .refused("the signature does not fit the secret")
    }
    // The id of the delivery is not signed, so that another would make an old request new; the signature
    // is the same whenever it comes again.
    return .genuine(id: String(expected.dropFirst(7)))
  }

  private func slack(
    _ header: (String) -> String?, _ body: [UInt8], _ now: Int64
  ) throws(CryptoError) -> Verdict {
    guard let stamp = header("x-slack-request-timestamp"), let given = header("x-slack-signature") else {
      return .refused("X-Slack-Request-Timestamp and X-Slack-Signature are needed")
    }
    guard let seconds = Self.seconds(stamp) else {
      return .refused("X-Slack-Request-Timestamp is malformed")
    }
    let expected = "v0=\(hexadecimal(try HMAC.sha256(key: key, Array("v0:\(stamp):".utf8) + body)))"
    guard constantTimeEqual(given, expected) else {
      return .refused("the signature does not fit the secret")
    }
    guard isNow(seconds, now) else { return .refused(Self.isLate) }
    // Time and body are signed: what comes again is the same request.
    return .genuine(id: String(expected.dropFirst(3)))
  }

  private static func seconds(_ stamp: String) -> Int64? {
    let isNumber = (1...12).contains(stamp.utf8.count) && stamp.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    return isNumber ? Int64(stamp) : nil
  }

  private func isNow(_ seconds: Int64, _ now: Int64) -> Bool { abs(seconds * 1000 - now) <= Self.window }

  private static let isLate =
    "the timestamp is more than \(window / 60_000) minutes from this machine's clock"

  private func token(_ header: (String) -> String?) -> Verdict {
    var given = header(self.header)
    if self.header == "authorization" {
      let words = given?.split(separator: " ", maxSplits: 1) ?? []
      given = words.count == 2 && words[0].lowercased() == "bearer" ? String(words[1]) : nil
    }
    guard let given, constantTimeEqual(given, secret) else {
      return .refused("the header \(self.header) does not hold the secret")
    }
    for name in ["webhook-id", "idempotency-key", "x-request-id", "x-gitlab-event-uuid"] {
      if let id = header(name), (1...256).contains(id.utf8.count) { return .genuine(id: id) }
    }
    return .genuine(id: nil)
  }
}
