/// Makes strong text of Chinese, Japanese and Korean that CommonMark does not see.
///
/// There words are not set apart by blanks, so that in `**注意：**文字` the second pair of asterisks, behind
/// punctuation and before a letter, can only begin. Agents write this all the time. A sign of punctuation
/// that the text does not have is put between, and taken out again of what has been parsed.
enum WideEmphasis {
  /// What is put between: RING POINT.
  static let sign = Array("\u{2E30}".utf8)

  /// A text with the sign where it is needed; nil where it is not.
  static func marked(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var places: [Int] = []
    var isOpen = false
    var index = 0
    let star = UInt8(ascii: "*")
    while index + 1 < bytes.count {
      switch bytes[index] {
      case star where bytes[index + 1] == star:
        var end = index + 2
        while end < bytes.count, bytes[end] == star { end += 1 }
        let isEscaped = index > 0 && bytes[index - 1] == UInt8(ascii: "\\")
        if end == index + 2, !isEscaped {
          let (before, after) = (scalar(bytes, before: index), scalar(bytes, at: end))
          if isOpen {
            if isMark(before), isWord(after), isWide(before) || isWide(after) { places.append(end) }
          } else if isWord(before), isMark(after), isWide(before) || isWide(after) {
            places.append(index)
          }
          isOpen = !isOpen
        }
        index = end
      case UInt8(ascii: "\n"):
        // Emphasis ends with its paragraph.
        if bytes[index + 1] == UInt8(ascii: "\n") { isOpen = false }
        index += 1
      default: index += 1
      }
    }
    guard !places.isEmpty, !contains(bytes, sign) else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + places.count * sign.count)
    var copied = 0
    for place in places {
      result += bytes[copied..<place]
      result += sign
      copied = place
    }
    result += bytes[copied...]
    return result
  }

  /// A text without the sign.
  static func unmarked(_ text: String) -> String {
    guard text.utf8.contains(sign[0]), text.unicodeScalars.contains("\u{2E30}") else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\u{2E30}" }))
  }

  private static func contains(_ bytes: UnsafeBufferPointer<UInt8>, _ piece: [UInt8]) -> Bool {
    var index = 0
    while index + piece.count <= bytes.count {
      if bytes[index] == piece[0], bytes[index..<(index + piece.count)].elementsEqual(piece) { return true }
      index += 1
    }
    return false
  }

  private static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, before index: Int) -> Unicode.Scalar? {
    var start = index - 1
    guard start >= 0 else { return nil }
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return scalar(bytes, at: start)
  }

  private static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Unicode.Scalar? {
    guard index < bytes.count else { return nil }
    return String(decoding: bytes[index..<min(bytes.count, index + 4)], as: UTF8.self).unicodeScalars.first
  }

  private static func isWide(_ scalar: Unicode.Scalar?) -> Bool { (scalar?.value ?? 0) >= 0x2E80 }

  private static func isWord(_ scalar: Unicode.Scalar?) -> Bool {
    guard let scalar, !scalar.properties.isWhitespace else { return false }
    return Writer.isLetter(scalar)
  }

  private static func isMark(_ scalar: Unicode.Scalar?) -> Bool {
    guard let scalar, !scalar.properties.isWhitespace else { return false }
    return !Writer.isLetter(scalar)
  }
}
