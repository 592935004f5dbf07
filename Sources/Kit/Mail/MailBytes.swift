/// Bytes of mail, which is ASCII where it means something.
enum MailBytes {
  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

  /// Without blanks and line ends on both sides.
  static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { isBlank(byte) || byte == 0x0D || byte == 0x0A }
    var bytes = bytes.drop(while: isSpace)
    while let last = bytes.last, isSpace(last) { bytes.removeLast() }
    return bytes
  }

  /// Text of bytes that may be anything.
  static func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

  /// Lower case in ASCII.
  static func lower(_ bytes: some Sequence<UInt8>) -> String {
    text(bytes.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 })
  }

  /// Whether bytes stand at a place, whatever the case of their letters; `word` is lower case.
  static func stands(_ word: StaticString, at place: Int, in bytes: ArraySlice<UInt8>) -> Bool {
    let count = word.utf8CodeUnitCount
    guard place >= bytes.startIndex, place + count <= bytes.endIndex else { return false }
    return word.withUTF8Buffer { word in
      for index in 0..<count {
        let byte = bytes[place + index]
        if (byte &- 0x41 < 26 ? byte | 0x20 : byte) != word[index] { return false }
      }
      return true
    }
  }

  /// Where bytes begin in others, at `from` or later; nil where they do not stand there.
  static func find(_ word: StaticString, in bytes: ArraySlice<UInt8>, from: Int? = nil) -> Int? {
    var place = from ?? bytes.startIndex
    let last = bytes.endIndex - word.utf8CodeUnitCount
    while place <= last {
      if stands(word, at: place, in: bytes) { return place }
      place += 1
    }
    return nil
  }

  static func hex(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  /// A number of at most nine digits; nil when it is something else.
  static func number(_ digits: some Collection<UInt8>) -> Int? {
    guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy(isDigit) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// Lines with either kind of end, without it.
  ///
  /// The last has none where the text ends with one.
  static func lines(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = bytes.startIndex
    for index in bytes.indices where bytes[index] == 0x0A {
      let end = index > start && bytes[index - 1] == 0x0D ? index - 1 : index
      lines.append(bytes[start..<end])
      start = index + 1
    }
    if start < bytes.endIndex { lines.append(bytes[start...]) }
    return lines
  }
}
