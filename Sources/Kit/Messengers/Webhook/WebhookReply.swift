internal import Console
internal import Delivery
internal import JSON
internal import Journal
internal import Stage
internal import System
internal import Text

internal import class Delivery.Account

/// Finds the address for answers in what is posted.
struct WebhookReply {
  private let rules: ReplyRules
  private let address: WebhookTemplate
  private let account: String

  /// What an account says about it; nil where it says nothing.
  ///
  /// - Throws: `Failure` with status 78.
  init?(_ account: Account) throws {
    guard let rules = try ReplyRules(account) else { return nil }
    self.rules = rules
    self.account = account.name
    do throws(WebhookTemplate.Fault) {
      address = try WebhookTemplate(rules.url)
    } catch {
      throw account.failure("reply", "\"url\": \(error.reason)")
    }
  }

  /// The address in a body, whether it may be posted to or not; nil where there is none.
  func address(in body: JSONValue, header: (String) -> String?) -> String? {
    let url = address.text(body, header: header)
    return url.isEmpty ? nil : url
  }

  /// The right to answer that an address is; nil where nothing may be posted to it.
  func handle(_ url: String, now: Timestamp) -> ReplyHandle? {
    if let why = rules.refusal(of: url) {
      Log.warning("an address for answers is not kept", [("account", account), ("reason", why)])
      return nil
    }
    return ReplyHandle(value: url, expires: now + rules.expires, uses: rules.uses)
  }

  /// A text in which the address does not stand, nor its token alone.
  static func hide(_ url: String, in text: String) -> String {
    let secrets = [url] + AddressSecrets.pieces(of: url, least: 16)
    // All else that is said is nobody's secret of ours.
    guard secrets.contains(where: { stands($0, in: text) }) else { return text }
    return Scrubber(exact: secrets).scrub(text).text
  }

  private static func stands(_ piece: String, in text: String) -> Bool {
    let piece = Array(piece.utf8)
    var rest = Array(text.utf8)[...]
    while let first = piece.first, let index = rest.firstIndex(of: first) {
      rest = rest[index...]
      if rest.starts(with: piece) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
