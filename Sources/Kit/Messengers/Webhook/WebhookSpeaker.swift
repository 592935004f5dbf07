internal import Console
internal import Delivery
internal import JSON
internal import Settings
internal import Wire

internal import class Delivery.Account

/// Who speaks by what is posted, and in which session.
struct WebhookSpeaker {
  /// Who says something where.
  struct Said {
    let session: Address
    let from: Heard.Person
    /// Whether several people speak there.
    let isGroup: Bool
  }

  /// Whether something of it stands in the body.
  let isPosted: Bool
  private let session: Address?
  private let account: String
  private let from: WebhookTemplate
  private let name: WebhookTemplate?
  private let channel: WebhookTemplate?

  /// What an account says about it; `answersBack` where answers go to addresses that come with messages.
  ///
  /// - Throws: `Failure` with status 78.
  init(_ account: Account, _ settings: Settings, answersBack: Bool) throws {
    self.account = account.account
    let words = [try account.text("from"), try account.text("name"), try account.text("channel")]
    isPosted = words.contains { $0?.utf8.contains(UInt8(ascii: "{")) == true }
    let standard = account.account.isEmpty ? "webhook" : account.account
    from = try Self.template(words[0] ?? standard, "from", account)
    name = try words[1].map { try Self.template($0, "name", account) }
    channel = try words[2].map { try Self.template($0, "channel", account) }
    guard answersBack else {
      guard channel == nil else {
        throw account.failure("channel", "only accounts with \"reply\" have channels of their own")
      }
      let target = try account.need("session")
      guard let session = Address(settings.addresses[target] ?? target) else {
        throw account.failure(
          "session", "expected an address or the name of one", hint: "see agim-address(7)")
      }
      self.session = session
      return
    }
    guard !account.isGiven("session") else {
      throw account.failure(
        "session", "with \"reply\" there is no \"session\": answers go back to who posts",
        hint: "leave one of them out")
    }
    session = nil
  }

  /// Who says something in a request; nil where that cannot be the name of somebody, or of a channel.
  func said(_ body: JSONValue, header: (String) -> String?) -> Said? {
    let id = from.text(body, header: header)
    guard Self.isName(id) else { return nil }
    let known = name?.text(body, header: header)
    let person = Heard.Person(id: id, name: known?.isEmpty == false ? known : nil)
    if let session { return Said(session: session, from: person, isGroup: false) }
    let place = channel?.text(body, header: header) ?? id
    guard Self.isName(place) else { return nil }
    return Said(
      session: Address(platform: "webhook", account: account, channel: place), from: person,
      isGroup: place != id)
  }

  private static func isName(_ text: String) -> Bool {
    (1...256).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }

  private static func template(_ text: String, _ key: String, _ account: Account) throws -> WebhookTemplate {
    do throws(WebhookTemplate.Fault) {
      return try WebhookTemplate(text)
    } catch {
      throw account.failure(key, error.reason)
    }
  }
}
