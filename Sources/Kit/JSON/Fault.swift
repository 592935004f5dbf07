/// A fault found while reading, before its offset is turned into a line and a column.
///
/// It is two words, so throwing it costs the hot loops nothing.
struct Fault: Error {
  let offset: Int
  let problem: Problem

  init(_ problem: Problem, at offset: Int) {
    self.offset = offset
    self.problem = problem
  }
}

/// The rules that input can break.
enum Problem {
  case needValue
  case needObject
  case needName
  case needNameOrEnd
  case needColon
  case needCommaOrBrace
  case needCommaOrBracket
  case needEnd
  case needDigit
  case leadingZero
  case unknownWord
  case unterminatedString
  case controlCharacter
  case unknownEscape
  case needHexDigit
  case loneSurrogate
  case invalidUTF8
  case byteOrderMark
  case duplicateName
  case unterminatedComment
  case notString
  case tooDeep(limit: Int)
  case tooLong(limit: Int)

  /// The sentence for this problem at an offset of the input.
  func message(at offset: Int, in bytes: Span<UInt8>) -> String {
    let found = Self.found(at: offset, in: bytes)
    switch self {
    case .needValue: return "expected a value, found \(found)"
    case .needObject: return "expected '{', found \(found)"
    case .needName: return "expected a member name in quotes, found \(found)"
    case .needNameOrEnd: return "expected a member name in quotes or '}', found \(found)"
    case .needColon: return "expected ':' after a member name, found \(found)"
    case .needCommaOrBrace: return "expected ',' or '}', found \(found)"
    case .needCommaOrBracket: return "expected ',' or ']', found \(found)"
    case .needEnd: return "expected nothing more after the value, found \(found)"
    case .needDigit: return "expected a digit of a number, found \(found)"
    case .leadingZero: return "expected no digit after a leading zero, found \(found)"
    case .unknownWord: return "expected true, false or null, found \(Self.word(at: offset, in: bytes))"
    case .unterminatedString: return "expected '\"' at the end of a string, found \(found)"
    case .controlCharacter: return "expected control characters in strings to be escaped, found \(found)"
    case .unknownEscape: return "expected one of \"\\/bfnrtu after a backslash, found \(found)"
    case .needHexDigit: return "expected four hexadecimal digits after \\u, found \(found)"
    case .loneSurrogate: return "expected a pair of surrogate escapes, found half of one"
    case .invalidUTF8: return "expected UTF-8, found \(found) that is not part of a valid sequence"
    case .byteOrderMark: return "expected JSON without a byte order mark, found one (bytes EF BB BF)"
    case .duplicateName:
      return "expected each member name once, found \(Self.name(at: offset, in: bytes)) again"
    case .unterminatedComment: return "expected '*/' at the end of a comment, found \(found)"
    case .notString: return "expected a string, found \(found)"
    case .tooDeep(let limit): return "expected at most \(limit) levels of nesting, found more"
    case .tooLong(let limit): return "expected at most \(limit) bytes, found \(bytes.count)"
    }
  }

  /// The byte at an offset in words.
  private static func found(at offset: Int, in bytes: Span<UInt8>) -> String {
    guard offset >= 0, offset < bytes.count else { return "the end of the input" }
    let byte = bytes[offset]
    switch byte {
    case Ascii.lineFeed: return "a line feed"
    case Ascii.quote: return "'\"'"
    case 0x21..<0x7f: return "'\(Character(Unicode.Scalar(byte)))'"
    case 0x20: return "a space"
    default: return "byte \(hex(byte))"
    }
  }

  /// At most 8 letters from an offset, in quotes.
  private static func word(at offset: Int, in bytes: Span<UInt8>) -> String {
    var text = ""
    var index = offset
    while index < bytes.count, text.utf8.count < 8, Ascii.isLetter(bytes[index]) {
      text.unicodeScalars.append(Unicode.Scalar(bytes[index]))
      index += 1
    }
    return text.isEmpty ? found(at: offset, in: bytes) : "'\(text)'"
  }

  /// At most 24 bytes of the string after the quote at an offset; bytes that are not plain are escaped.
  private static func name(at offset: Int, in bytes: Span<UInt8>) -> String {
    var text = "\""
    var index = offset + 1
    while index < bytes.count, index <= offset + 24, bytes[index] != Ascii.quote {
      let byte = bytes[index]
      if byte >= 0x20, byte < 0x7f {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "\\x" + hex(byte).dropFirst(2)
      }
      index += 1
    }
    return text + (index < bytes.count && bytes[index] != Ascii.quote ? "...\"" : "\"")
  }

  /// A byte as `0x0A`.
  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return byte < 16 ? "0x0\(digits)" : "0x\(digits)"
  }
}
