internal import Settings

/// A text in both languages.
struct Phrase: Sendable {
  let english: String
  let chinese: String
  init(_ english: String, _ chinese: String) { (self.english, self.chinese) = (english, chinese) }

  func of(_ language: Language) -> String {
    switch language {
    case .en: english
    case .zh: chinese
    }
  }
}

/// A chat platform as `agim setup` asks about it.
struct ChatPlatform: Sendable {
  /// One kind of account.
  struct Way: Sendable {
    /// What it is, where there are several.
    var label = Phrase("", "")
    /// Where to click to get what is asked.
    var steps: [Phrase]
    /// What is asked.
    var keys: [Key]
    /// Whether people write to it, so that the first who does can be let in.
    var talks = false
    /// Whether a message needs to be told where to go.
    var needsChat = false
  }

  /// One thing that is asked.
  struct Key: Sendable {
    enum Kind: Sendable {
      case text, secret
      /// The address of a robot, or the token in one.
      case robot
      case url
      /// A number, a colon, and at least thirty letters.
      case botToken
      case mail
    }
    let name: String
    let question: Phrase
    var kind: Kind = .text
    var isOptional = false
    var standard = ""

    var isSecret: Bool { [.secret, .robot, .botToken].contains(kind) }
  }

  let name: String
  let title: String
  let ways: [Way]

  /// All of them.
  static let all: [ChatPlatform] =
    [telegram, feishu, email] + robots + services

  /// The platform of a name; `lark` is Feishu.
  static func of(_ name: String) -> ChatPlatform? {
    let known = ["lark": "feishu", "mail": "email", "gchat": "googlechat"][name] ?? name
    return all.first { $0.name == known }
  }
}
