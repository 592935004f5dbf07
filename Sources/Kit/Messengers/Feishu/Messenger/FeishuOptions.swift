internal import Console

internal import class Delivery.Account

/// How an account wants its messages.
struct FeishuOptions {
  /// In what form texts go out.
  enum Format: String, CaseIterable {
    /// As text where nothing in it is a markup, else as cards.
    case auto
    /// Always as cards.
    case card
    /// Always as posts without markup, for clients that show no cards of schema 2.0.
    case post
  }

  /// How replies are shown while they grow.
  enum Streaming: String, CaseIterable {
    /// With cards that stream where the app may have them, else by editing.
    case auto
    /// By editing a card.
    case edit
    /// Not at all.
    case off
  }

  let format: Format
  let streaming: Streaming
  /// What is shown on a message while work goes on; nil for nothing.
  let reaction: String?

  /// The options of an account.
  ///
  /// - Throws: `Failure` with status 78.
  init(_ account: Account) throws {
    format = try Self.one(account, "format") ?? .auto
    streaming = try Self.one(account, "streaming") ?? .auto
    let wanted = try account.text("reaction") ?? "OnIt"
    guard wanted.utf8.count <= 64, wanted.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw account.failure("reaction", "expected a name of Feishu's such as OnIt, or off")
    }
    reaction = wanted == "off" ? nil : wanted
  }

  private static func one<Choice: RawRepresentable & CaseIterable>(
    _ account: Account, _ key: String
  ) throws -> Choice? where Choice.RawValue == String {
    guard let text = try account.text(key) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw account.failure(key, "expected one of \(words), and not \"\(text)\"")
    }
    return choice
  }
}
