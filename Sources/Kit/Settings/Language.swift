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

extension Language {
  /// The language of a person: Chinese where the text has Chinese characters, else what the configuration says.
  package static func of(text: String, standard: Language) -> Language {
    text.unicodeScalars.prefix(2000).contains { scalar in
      switch scalar.value {
      case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF: true
      default: false
      }
    } ? .zh : standard
  }
}
