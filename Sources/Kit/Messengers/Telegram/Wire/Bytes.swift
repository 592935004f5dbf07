/// Searching in texts, byte by byte.
package enum Bytes {
  /// Whether a text holds words, without regard to the case of ASCII letters.
  package static func contains(_ words: String, in text: String) -> Bool {
    let (needle, hay) = (words.utf8.map(lower), text.utf8.map(lower))
    guard !needle.isEmpty, hay.count >= needle.count else { return needle.isEmpty }
    return (0...(hay.count - needle.count)).contains { hay[$0...].starts(with: needle) }
  }

  /// Whether two words are the same but for the case of ASCII letters.
  package static func same(_ one: some StringProtocol, _ other: some StringProtocol) -> Bool {
    one.utf8.elementsEqual(other.utf8) { lower($0) == lower($1) }
  }

  static func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

  static func replace(_ words: String, by other: String, in text: String) -> String {
    let (needle, hay) = (Array(words.utf8), Array(text.utf8))
    guard !needle.isEmpty, hay.count >= needle.count else { return text }
    var out: [UInt8] = []
    var index = 0
    while index < hay.count {
      if hay[index] == needle[0], hay[index...].starts(with: needle) {
        out += Array(other.utf8)
        index += needle.count
      } else {
        out.append(hay[index])
        index += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
