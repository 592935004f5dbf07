/// In what a platform counts how long a text is.
package enum TextUnit: Sendable {
  /// UTF-16 code units: Telegram's entities, Discord, Slack.
  case utf16
  /// Unicode code points.
  case codePoints
  /// Bytes of UTF-8: DingTalk, WeCom, ntfy.
  case bytes

  /// How long a text is.
  package func count(_ text: String) -> Int {
    switch self {
    case .utf16: text.utf16.count
    case .codePoints: text.unicodeScalars.count
    case .bytes: text.utf8.count
    }
  }
}
