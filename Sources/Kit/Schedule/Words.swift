/// A text that is read from its beginning: words in English and Chinese, and numbers in digits and in words.
///
/// Letters count as lower case, and wide forms of digits and signs as the usual ones; each scalar stands for
/// one of the text, so that what is left can be given back as it was.
struct Words {
  private let original: [Unicode.Scalar]
  private let plain: [Unicode.Scalar]
  /// The place of the next scalar.
  var at = 0

  init(_ text: String) {
    original = Array(text.unicodeScalars)
    plain = original.map(Self.plain)
  }

  var isAtEnd: Bool { at == plain.count }
  var count: Int { plain.count }
  var peek: Unicode.Scalar? { at < plain.count ? plain[at] : nil }

  /// The text from a place on, as it was written.
  func rest(from place: Int) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: original[place...])
    return String(view)
  }

  subscript(_ place: Int) -> Unicode.Scalar { plain[place] }

  mutating func skipBlanks() { while let next = peek, Self.isBlank(next) { at += 1 } }

  /// Takes a word, after blanks; letters of the alphabet must not go on behind it.
  mutating func take(_ word: String) -> Bool {
    let start = at
    skipBlanks()
    for scalar in word.unicodeScalars {
      guard peek == scalar else {
        at = start
        return false
      }
      at += 1
    }
    if let last = word.unicodeScalars.last, Self.isLetter(last), let next = peek, Self.isLetter(next) {
      at = start
      return false
    }
    return true
  }

  /// Takes the first of some words that is there.
  mutating func take(any words: [String]) -> Bool {
    for word in words where take(word) { return true }
    return false
  }

  /// Takes the longest of some words that is there, with what it stands for.
  mutating func take<Value>(_ table: [(word: String, value: Value)]) -> Value? {
    var best: (end: Int, value: Value)?
    let start = at
    for (word, value) in table {
      at = start
      if take(word), at > best?.end ?? -1 { best = (at, value) }
    }
    at = best?.end ?? start
    return best?.value
  }

  /// Takes the first of some forms that fits; the place stays where none does.
  mutating func first<Value>(_ forms: (inout Words) -> Value?...) -> Value? {
    let start = at
    for form in forms {
      if let value = form(&self) { return value }
      at = start
    }
    return nil
  }

  /// The same for forms of which one may be begun and go on wrongly.
  mutating func firstOrProblem<Value>(_ forms: (inout Words) throws -> Value?...) throws -> Value? {
    let start = at
    for form in forms {
      if let value = try form(&self) { return value }
      at = start
    }
    return nil
  }

  /// Digits that follow at once, at most so many.
  mutating func digits(_ counts: ClosedRange<Int>) -> Int? {
    let start = at
    var value = 0
    while let next = peek, Self.isDigit(next), at - start < counts.upperBound {
      value = value * 10 + Int(next.value - 0x30)
      at += 1
    }
    let isWhole = peek.map { !Self.isDigit($0) } ?? true
    guard at - start >= counts.lowerBound, isWhole else {
      at = start
      return nil
    }
    return value
  }

  /// Whether what was taken may end here: no letter or digit of the alphabet goes on with it.
  var isBoundary: Bool {
    guard at > 0, let next = peek else { return true }
    let last = plain[at - 1]
    guard Self.isLetter(last) || Self.isDigit(last) else { return true }
    return !Self.isLetter(next) && !Self.isDigit(next)
  }

  /// A number in digits or in Chinese, after blanks.
  mutating func number() -> Int? {
    let start = at
    skipBlanks()
    if let value = digits(1...6) { return value }
    if let value = chineseNumber() { return value }
    at = start
    return nil
  }

  private mutating func chineseNumber() -> Int? {
    let start = at
    var (total, digit, isEmpty) = (0, 0, true)
    while let next = peek, let part = Self.numerals[next] {
      if part < 10 {
        // 二〇二六: a digit after another.
        digit = digit * 10 + part
      } else {
        total += (digit == 0 ? 1 : digit) * part
        digit = 0
      }
      isEmpty = false
      at += 1
      if at - start > 8 { break }
    }
    guard !isEmpty else { return nil }
    return total + digit
  }

  private static let numerals: [Unicode.Scalar: Int] = [
    "〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "兩": 2, "俩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7,
    "八": 8, "九": 9, "十": 10, "百": 100, "千": 1000,
  ]

  static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= 0x30 && scalar.value <= 0x39 }
  static func isLetter(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= 0x61 && scalar.value <= 0x7A }
  static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar.value == 0xA0
      || scalar.value == 0x3000
  }
  static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x3400 && scalar.value <= 0x9FFF
  }

  private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0x41...0x5A: Unicode.Scalar(scalar.value + 0x20) ?? scalar
    // Wide forms of ASCII.
    case 0xFF01...0xFF5E:
      Unicode.Scalar(scalar.value - 0xFEE0).map(plain) ?? scalar
    default: scalar
    }
  }
}
