/// The languages that agim speaks in chats.
package enum Language: String, CaseIterable, Sendable {
  /// English.
  case en
  /// Chinese.
  case zh

  /// The language of a locale such as `zh_CN.UTF-8`: English unless it is Chinese.
  package static func of(locale: String) -> Language {
    locale.lowercased().utf8.starts(with: "zh".utf8) ? .zh : .en
  }
}
