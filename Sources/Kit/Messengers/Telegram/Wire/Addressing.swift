/// Who the bot is, as `getMe` tells.
package struct BotIdentity: Equatable, Sendable {
  /// Its number.
  package var id: Int64
  /// Its user name, without the @.
  package var username: String
  /// What is shown as its name.
  package var name: String
  /// Whether it gets everything that is said in groups.
  package var readsGroups: Bool

  /// A bot.
  package init(id: Int64, username: String, name: String, readsGroups: Bool) {
    self.id = id
    self.username = username
    self.name = name
    self.readsGroups = readsGroups
  }
}

/// To whom a message of a group speaks, and its words without that.
package struct Addressing: Equatable, Sendable {
  /// Whether the bot is mentioned, commanded, or answered.
  package var isToBot = false
  /// Whether it is a command for another bot.
  package var isToAnotherBot = false
  /// The words, without the bot's name in front of them or in a command.
  package var text: String

  /// Looks whom a message speaks to.
  package init(_ message: ChatMessage, bot: BotIdentity) {
    text = message.text
    var units = Array(message.text.utf16)
    func part(_ mark: ChatMessage.Mark) -> String? {
      guard mark.offset <= units.count, mark.length <= units.count - mark.offset else { return nil }
      return String(decoding: units[mark.offset..<mark.offset + mark.length], as: UTF16.self)
    }
    let name = "@\(bot.username)"
    var cut: Range<Int>?
    for mark in message.marks {
      guard let words = part(mark) else { continue }
      switch mark.type {
      case "mention":
        guard Bytes.same(words, name) else { continue }
        isToBot = true
        if mark.offset == 0 { cut = 0..<mark.length }
      case "text_mention":
        guard mark.user == bot.id else { continue }
        isToBot = true
        if mark.offset == 0 { cut = 0..<mark.length }
      case "bot_command" where mark.offset == 0:
        guard let at = words.utf8.firstIndex(of: UInt8(ascii: "@")) else {
          isToBot = true
          continue
        }
        let start = words.utf16.distance(from: words.startIndex, to: at)
        if Bytes.same(words[at...], name) {
          isToBot = true
          cut = start..<mark.length
        } else {
          isToAnotherBot = true
        }
      default: break
      }
    }
    if let from = message.quote?.from, from.id == bot.id { isToBot = true }
    guard let cut else { return }
    units.removeSubrange(cut)
    let rest = String(decoding: units, as: UTF16.self)
    text = cut.lowerBound > 0 ? rest : Self.trimmed(rest)
  }

  /// Without the blanks, commas and colons that follow a name.
  private static func trimmed(_ text: String) -> String {
    String(text.unicodeScalars.drop { [" ", "\u{A0}", "\n", "\t", ",", ":", "，", "：", "、"].contains($0) })
  }
}
