internal import Console
internal import Delivery
internal import FeishuWire

/// What an account says about receiving.
struct FeishuSettings {
  /// When messages of groups are taken.
  enum Groups: String, CaseIterable { case mentioned, all, none }
  /// How events come.
  enum Way: String, CaseIterable { case connection, webhook }

  /// Which of their ids people are known by.
  let people: FeishuIDKind
  /// When messages of groups are taken.
  let groups: Groups
  /// How events come; nil where the command line decides.
  let way: Way?
  /// How many bytes a file may have that came with a message.
  let downloadLimit: Int

  init(_ account: Account) throws {
    people = try Self.word(account, "people") ?? .openID
    groups = try Self.word(account, "groups") ?? .mentioned
    way = try Self.word(account, "receive")
    downloadLimit = try account.number("download_limit", in: 0...100 << 20) ?? 32 << 20
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
