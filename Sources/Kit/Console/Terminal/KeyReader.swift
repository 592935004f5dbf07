/// Makes keys of the bytes that a terminal sends.
///
/// A sequence may come in pieces; what is not complete yet is kept for the next bytes.
package struct KeyReader {
  /// Text from a clipboard past this is cut off.
  package static let pasteLimit = 16 << 20

  private var bytes: [UInt8] = []
  private var at = 0
  private var pasted: [UInt8]?
  private static let pasteEnd = Array("\u{1B}[201~".utf8)

  /// A reader that has seen nothing.
  package init() {}

  /// Whether a lone escape waits, which may be the key or the beginning of a sequence.
  package var isUnsure: Bool { pasted == nil && bytes.count - at == 1 && bytes[at] == 0x1B }

  /// The keys in these bytes, and in those that waited.
  package mutating func read(_ more: [UInt8]) -> [Key] {
    bytes += more
    var keys: [Key] = []
    var typed: [UInt8] = []
    while at < bytes.count {
      if pasted != nil {
        guard let text = takePasted() else { break }
        keys.append(.paste(text))
        continue
      }
      let byte = bytes[at]
      if byte >= 0x20, byte != 0x7F {
        guard let length = characterLength() else { break }
        typed += bytes[at..<at + length]
        at += length
        continue
      }
      Self.flush(&typed, into: &keys)
      guard let key = takeControl(byte) else { break }
      if pasted == nil || key != .other { keys.append(key) }
    }
    Self.flush(&typed, into: &keys)
    bytes.removeFirst(at)
    at = 0
    return keys
  }

  /// What a lone escape is when nothing follows it.
  package mutating func settle() -> [Key] {
    guard isUnsure else { return [] }
    bytes = []
    at = 0
    return [.escape]
  }

  private static func flush(_ typed: inout [UInt8], into keys: inout [Key]) {
    guard !typed.isEmpty else { return }
    keys.append(.text(String(decoding: typed, as: UTF8.self)))
    typed = []
  }

  /// The length of the character that begins here, nil while some of it is missing.
  private func characterLength() -> Int? {
    let first = bytes[at]
    let length = first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 1
    for offset in 1..<max(1, length) {
      guard at + offset < bytes.count else { return nil }
      // Not a continuation: what came so far is no character, and is shown as a replacement.
      if bytes[at + offset] & 0xC0 != 0x80 { return offset }
    }
    return length
  }

  private mutating func takeControl(_ byte: UInt8) -> Key? {
    if byte == 0x1B { return takeEscape() }
    at += 1
    switch byte {
    case 0x0D, 0x0A: return .enter
    case 0x7F, 0x08: return .backspace
    case 0x01...0x1A: return .control(Unicode.Scalar(byte + 0x40))
    default: return .other
    }
  }

  private mutating func takeEscape() -> Key? {
    guard at + 1 < bytes.count else { return nil }
    let second = bytes[at + 1]
    switch second {
    case UInt8(ascii: "["): return takeSequence()
    case UInt8(ascii: "O"):
      guard at + 2 < bytes.count else { return nil }
      let final = bytes[at + 2]
      at += 3
      return Self.key(final: final, parameters: [])
    case 0x1B:
      // The first one was the key itself.
      at += 1
      return .escape
    default:
      at += 2
      switch second {
      case 0x0D, 0x0A: return .newline
      case 0x7F, 0x08: return .deleteWordLeft
      case UInt8(ascii: "b"), UInt8(ascii: "B"): return .wordLeft
      case UInt8(ascii: "f"), UInt8(ascii: "F"): return .wordRight
      case UInt8(ascii: "d"), UInt8(ascii: "D"): return .deleteWordRight
      default: return .other
      }
    }
  }

  /// A control sequence: parameters, intermediate bytes, and a final byte that says what it is.
  private mutating func takeSequence() -> Key? {
    var end = at + 2
    while end < bytes.count, (0x20...0x3F).contains(bytes[end]) { end += 1 }
    guard end < bytes.count else {
      // Longer than any sequence that a keyboard has: not a sequence.
      if end - at > 64 {
        at = end
        return .other
      }
      return nil
    }
    let parameters = bytes[(at + 2)..<end].split(
      separator: UInt8(ascii: ";"), omittingEmptySubsequences: false
    )
    .map { Int(String(decoding: $0, as: UTF8.self)) ?? 0 }
    let final = bytes[end]
    at = end + 1
    if final == UInt8(ascii: "~"), parameters.first == 200 {
      pasted = []
      return .other
    }
    return Self.key(final: final, parameters: parameters)
  }

  private static func key(final: UInt8, parameters: [Int]) -> Key {
    // The second parameter is one more than the sum of shift 1, alt 2, control 4.
    let isByWord = parameters.count > 1 && (parameters[1] - 1) & 6 != 0
    switch final {
    case UInt8(ascii: "A"): return .up
    case UInt8(ascii: "B"): return .down
    case UInt8(ascii: "C"): return isByWord ? .wordRight : .right
    case UInt8(ascii: "D"): return isByWord ? .wordLeft : .left
    case UInt8(ascii: "H"): return .home
    case UInt8(ascii: "F"): return .end
    case UInt8(ascii: "M"): return .enter
    case UInt8(ascii: "~"):
      switch parameters.first {
      case 1, 7: return .home
      case 4, 8: return .end
      case 3: return isByWord ? .deleteWordRight : .delete
      default: return .other
      }
    default: return .other
    }
  }

  /// What was pasted, once its end is here.
  private mutating func takePasted() -> String? {
    var end: Int?
    var index = at
    while index + Self.pasteEnd.count <= bytes.count {
      if bytes[index] == 0x1B, bytes[index..<index + Self.pasteEnd.count].elementsEqual(Self.pasteEnd) {
        end = index
        break
      }
      index += 1
    }
    // All but what may be the beginning of the end.
    let upTo = end ?? max(at, bytes.count - Self.pasteEnd.count + 1)
    let room = Self.pasteLimit - (pasted?.count ?? 0)
    pasted?.append(contentsOf: bytes[at..<min(upTo, at + max(0, room))])
    at = upTo
    guard end != nil, let whole = pasted else { return nil }
    at += Self.pasteEnd.count
    pasted = nil
    return String(decoding: Self.lines(whole), as: UTF8.self)
  }

  /// Terminals send the line ends of a clipboard as carriage returns.
  private static func lines(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var last: UInt8 = 0
    for byte in bytes {
      if byte == 0x0D {
        result.append(0x0A)
      } else if !(byte == 0x0A && last == 0x0D), byte != 0 {
        result.append(byte)
      }
      last = byte
    }
    return result
  }
}
