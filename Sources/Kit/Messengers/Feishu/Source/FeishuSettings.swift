internal import Console
internal import Delivery
internal import FeishuWire
internal import JSON

internal import class Delivery.Account

/// What an account says about receiving.
struct FeishuSettings {
  /// When messages of groups are taken.
  enum Groups: String, CaseIterable { case mentioned, all, none }
  /// How events come.
  enum Way: String, CaseIterable { case connection, webhook }

  /// Which of their ids people are known by.
  let people: FeishuIDKind
  /// When messages of groups are taken, where nothing is said about one.
  private var usual = Groups.mentioned
  /// The same for single groups.
  private var single: [String: Groups] = [:]
  /// How events come; nil where the command line decides.
  let way: Way?
  /// How many bytes a file may have that came with a message.
  let downloadLimit: Int

  init(_ account: Account) throws {
    people = try Self.word(account, "people") ?? .openID
    way = try Self.word(account, "receive")
    downloadLimit = try account.number("download_limit", in: 0...100 << 20) ?? 32 << 20
    try readGroups(account)
  }

  /// When messages of a group are taken.
  func rule(_ chat: String) -> Groups { single[chat] ?? usual }

  /// A word for all groups, or an object with one for each.
  private mutating func readGroups(_ account: Account) throws {
    guard let object = account.value("groups")?.object else {
      usual = try Self.word(account, "groups") ?? .mentioned
      return
    }
    for (chat, value) in object.members {
      guard let rule = value.string.flatMap(Groups.init(rawValue:)) else {
        let words = Groups.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        throw account.failure("groups", "expected one of \(words) for \(chat)")
      }
      guard chat == "*" || FeishuID.isValid(chat) && chat.hasPrefix("oc_") else {
        throw account.failure("groups", "'\(chat)' is neither the id of a group (oc_…) nor \"*\"")
      }
      if chat == "*" { usual = rule } else { single[chat] = rule }
    }
  }

  private static func word<Word: RawRepresentable & CaseIterable>(
    _ account: Account, _ key: String
  ) throws -> Word? where Word.RawValue == String {
    guard let text = try account.text(key) else { return nil }
    guard let word = Word(rawValue: text) else {
      let words = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      let near = Nearest.match(text, among: Word.allCases.map(\.rawValue))
      throw account.failure(
        key, "'\(text)' is none of \(words)", hint: near.map { "did you mean \"\($0)\"?" })
    }
    return word
  }
}
