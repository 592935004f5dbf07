internal import Text

/// Words of other character sets in header fields (RFC 2047).
package enum EncodedWords {
  /// The text of a field's value, with its encoded words decoded.
  ///
  /// What is no such word stays as it is; bytes beyond ASCII are taken for UTF-8, then for Latin-1.
  package static func decode(_ bytes: some Collection<UInt8>) -> String {
    let bytes = Array(bytes)
    var out = ""
    var plain: [UInt8] = []
    // Words in a row of one set are decoded together: some programs cut inside a character.
    var pending: (charset: String, bytes: [UInt8])?
    func flush() {
      if let word = pending { out += Charset.decode(word.bytes, word.charset) }
      pending = nil
    }
    var place = 0
    while place < bytes.count {
      if bytes[place] == 0x3D, let (word, end) = word(at: place, bytes) {
        // White space between two words means nothing.
        if pending == nil || !plain.allSatisfy({ MailBytes.isBlank($0) || $0 == 0x0D || $0 == 0x0A }) {
          flush()
          out += Charset.decode(plain, "UTF-8")
        }
        plain = []
        if pending?.charset == word.charset {
          pending?.bytes += word.bytes
        } else {
          flush()
          pending = word
        }
        place = end
        continue
      }
      plain.append(bytes[place])
      place += 1
    }
    flush()
    out += Charset.decode(plain, "UTF-8")
    return clean(out)
  }

  /// A field's value is one line, whatever stood encoded in it.
  private static func clean(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return text }
    return String(
      decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
  }

  private static let longest = 300

  private static func word(at start: Int, _ bytes: [UInt8]) -> (
    (charset: String, bytes: [UInt8]), Int
  )? {
    guard start + 1 < bytes.count, bytes[start + 1] == 0x3F else { return nil }
    func mark(_ from: Int) -> Int? {
      var place = from
      while place < bytes.count, place - start < longest {
        if bytes[place] == 0x3F { return place }
        if bytes[place] == 0x0A || bytes[place] == 0x0D { return nil }
        place += 1
      }
      return nil
    }
    guard let first = mark(start + 2), first > start + 2, let second = mark(first + 1), second == first + 2,
      let third = mark(second + 1), third + 1 < bytes.count, bytes[third + 1] == 0x3D
    else { return nil }
    let names = bytes[(start + 2)..<first]
    guard !names.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) else { return nil }
    // A language may follow the set (RFC 2231).
    let charset = MailBytes.lower(names.prefix { $0 != UInt8(ascii: "*") })
    let content = bytes[(second + 1)..<third]
    switch bytes[first + 1] | 0x20 {
    case UInt8(ascii: "b"): return ((charset, Base64.decodeLoosely(content)), third + 2)
    case UInt8(ascii: "q"): return ((charset, quoted(content)), third + 2)
    default: return nil
    }
  }

  private static func quoted(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var place = bytes.startIndex
    while place < bytes.endIndex {
      let byte = bytes[place]
      if byte == 0x3D, place + 2 < bytes.endIndex, let high = MailBytes.hex(bytes[place + 1]),
        let low = MailBytes.hex(bytes[place + 2])
      {
        out.append(high << 4 | low)
        place += 3
        continue
      }
      out.append(byte == 0x5F ? 0x20 : byte)
      place += 1
    }
    return out
  }
}
