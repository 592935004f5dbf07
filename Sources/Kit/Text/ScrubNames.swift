/// Assignments: a name with a keyword, an operator, a value.
extension ScrubScanner {
  private enum Keyword {
    case password
    case other
  }

  /// Tries whether the name before an operator asks for its value to be redacted.
  ///
  /// Recognised are `name = v`, `name: v`, `"name": "v"`, `\"name\": \"v\"`, `x["name"] = "v"`,
  /// `name: Type = v`, `name := v`, `name => v`, `name == v`, and `name: Bearer v`.
  mutating func visitName(at index: Int) {
    var end = index
    while end > 0, index - end < 32, ByteSet.white.contains(bytes[end - 1]) { end -= 1 }
    if end > 0, bytes[end - 1] == UInt8(ascii: "]") { end -= 1 }
    if end > 0, ByteSet.quote.contains(bytes[end - 1]) {
      end -= 1
      while end > 0, index - end < 48, bytes[end - 1] == UInt8(ascii: "\\") { end -= 1 }
    }
    guard end > 0, ByteSet.name.contains(bytes[end - 1]) else { return }
    var value = index + 1
    while value < bytes.count, value < index + 3, ByteSet("=>").contains(bytes[value]) { value += 1 }
    if hasName("authorization", endingAt: end) { return visitAuthorization(from: value) }
    if bytes[index] == UInt8(ascii: ":"), hasName("cookie", endingAt: end) { return visitCookie(from: value) }
    guard let keyword = keyword(before: end) else { return }
    let next = assign(from: value, keyword)
    if let scheme = schemeValue(from: value) { _ = assign(from: scheme, .other) }
    if bytes[index] == UInt8(ascii: ":"), let typed = typedValue(from: next) {
      _ = assign(from: typed, keyword)
    }
  }

  private func hasName(_ word: StaticString, endingAt end: Int) -> Bool {
    let start = end - word.utf8CodeUnitCount
    return hasWord(word, at: start) && isEdge(before: start, .word)
  }

  /// The last keyword of the name that ends here, at most 20 characters before its end.
  private mutating func keyword(before end: Int) -> Keyword? {
    var start = end - 1
    while start >= 0, end - start <= 32, ByteSet.name.contains(bytes[start]) {
      work += 1
      if let (keyword, after) = keyword(at: start), after <= end, end - after <= 20 {
        return keyword == .password && isAboutPassword(after..<end) ? .other : keyword
      }
      start -= 1
    }
    return nil
  }

  private func keyword(at start: Int) -> (Keyword, Int)? {
    func key(_ length: Int) -> (Keyword, Int)? {
      var place = start + length
      if place < bytes.count, ByteSet("_-.").contains(bytes[place]) { place += 1 }
      return hasWord("key", at: place) ? (.other, place + 3) : nil
    }
    switch bytes[start].lowered {
    case UInt8(ascii: "p"):
      if hasWord("password", at: start) { return (.password, start + 8) }
      if hasWord("passwd", at: start) { return (.password, start + 6) }
      return hasWord("private", at: start) ? key(7) : nil
    case UInt8(ascii: "s"): return hasWord("secret", at: start) ? (.other, start + 6) : nil
    case UInt8(ascii: "t"): return hasWord("token", at: start) ? (.other, start + 5) : nil
    case UInt8(ascii: "c"): return hasWord("credential", at: start) ? (.other, start + 10) : nil
    case UInt8(ascii: "a"):
      if hasWord("api", at: start) { return key(3) }
      return hasWord("access", at: start) ? key(6) : nil
    default: return nil
    }
  }

  /// Whether what follows the keyword says that the value is not the password but about it.
  private func isAboutPassword(_ suffix: Range<Int>) -> Bool {
    let about: [StaticString] = [
      "length", "min", "max", "file", "path", "hash", "field", "policy", "count", "limit", "hint",
      "label", "reset", "type", "rule", "url", "name", "expir", "regex", "pattern", "valid", "require",
    ]
    return suffix.contains { place in
      about.contains { place + $0.utf8CodeUnitCount <= suffix.upperBound && hasWord($0, at: place) }
    }
  }

  /// The place after an authentication scheme and white space, where a value is expected.
  private mutating func schemeValue(from start: Int) -> Int? {
    var place = skipWhite(from: start)
    while place < bytes.count, ByteSet("\\\"'").contains(bytes[place]), place - start < 64 { place += 1 }
    guard let end = scheme(at: place), end < bytes.count, ByteSet.white.contains(bytes[end]) else {
      return nil
    }
    return end
  }

  /// The place after `Type =`, where the value of a declaration stands.
  private mutating func typedValue(from start: Int) -> Int? {
    let type = ByteSet.word.union(ByteSet(".?!<>[]&"))
    var place = run(of: type, from: start, most: 48)
    guard place > start else { return nil }
    while place < bytes.count, place - start < 64, bytes[place] == 0x20 { place += 1 }
    guard place < bytes.count, bytes[place] == UInt8(ascii: "=") else { return nil }
    return place + 1
  }

  /// Judges the value after an operator and marks it; returns where the value begins.
  private mutating func assign(from operatorEnd: Int, _ keyword: Keyword) -> Int {
    let start = skipWhite(from: operatorEnd)
    var first = start
    while first < bytes.count, first - start < 7, bytes[first] == UInt8(ascii: "\\") { first += 1 }
    let slashes = first - start
    let quote = first < bytes.count && ByteSet.quote.contains(bytes[first]) ? bytes[first] : nil
    first = quote == nil ? start : first + 1
    guard first < bytes.count else {
      // Backslashes may turn out to be those of a quote, or be the beginning of a password.
      held = min(held, start)
      return first
    }
    // On the next line stands a password only if it looks like one: `password:` is also a heading.
    let newLine = bytes[operatorEnd..<start].contains { $0 == 0x0A || $0 == UInt8(ascii: "\\") }
    let lenient = keyword == .other || newLine
    guard !isReference(at: first, lenient: lenient) else { return first }
    var stop = ScrubValue.Stop.delimiter
    var end: Int?
    if !lenient {
      stop = .white
      if let quote { end = closing(quote, slashes: slashes, from: first) }
    }
    let last = end ?? stopping(at: stop, from: first)
    let covered = last <= resume[catalog.assignment]
    guard last > first, !covered else { return first }
    if last == bytes.count { held = min(held, first) }
    // A name that is called; a token before a parenthesis has more digits.
    let called =
      quote == nil && last < bytes.count && bytes[last] == UInt8(ascii: "(")
      && bytes[first..<last].prefix(ScrubValue.judged).count(where: ByteSet.digit.contains) <= 2
    let value = ScrubValue(bytes[first..<last].prefix(lenient ? ScrubValue.judged : last - first))
    work += lenient ? value.bytes.count : 1
    if lenient ? value.isSecret && !called : value.isPassword { mark(first..<last, catalog.assignment) }
    return first
  }

  /// Whether the value is a variable or placeholder, known from how it begins.
  private mutating func isReference(at first: Int, lenient: Bool) -> Bool {
    switch bytes[first] {
    case UInt8(ascii: "{"): return true
    case UInt8(ascii: ":"): return lenient  // `token::value` is no assignment
    case UInt8(ascii: "$"), UInt8(ascii: "*"), UInt8(ascii: "%"):
      if lenient { return true }
      return bytes[first] == UInt8(ascii: "$") && first + 1 < bytes.count
        && ByteSet("{(").contains(bytes[first + 1])
    case UInt8(ascii: "<"):
      if lenient { return true }
      let limit = min(bytes.count, first + 64)
      for place in first..<limit {
        if bytes[place] == UInt8(ascii: ">") { return true }
        if bytes[place] == 0x0A { return false }
      }
      if limit == bytes.count { held = min(held, first) }
      return false
    default:
      return hasWord("process.env", at: first) || hasWord("os.environ", at: first)
    }
  }

  /// The place of the quote that ends a quoted password on this line; it may contain white space.
  ///
  /// A quote within it has more backslashes than the one that began it: `\"` in plain text, `\\\"` in a
  /// JSON string that itself contains JSON.
  private mutating func closing(_ quote: UInt8, slashes: Int, from first: Int) -> Int? {
    let limit = min(bytes.count, first + 256)
    var count = 0
    for place in first..<limit {
      work += 1
      if bytes[place] == quote, count % (2 * (slashes + 1)) == slashes { return place - slashes }
      if bytes[place] == 0x0A { return nil }
      count = bytes[place] == UInt8(ascii: "\\") ? count + 1 : 0
    }
    // The closing quote may still come, and then the value is longer than its first word.
    if limit == bytes.count { held = min(held, first) }
    return nil
  }

  /// The end of an unquoted value.
  ///
  /// Every place in a run has the same end, so each run is read once.
  private mutating func stopping(at stop: ScrubValue.Stop, from first: Int) -> Int {
    if let known = valueRuns[stop], known.contains(first) { return known.upperBound }
    var end = first
    while end < bytes.count, !isStop(stop, at: end, first: first) { end += 1 }
    work += end - first
    valueRuns[stop] = first..<end
    if stop == .white, end < bytes.count, ByteSet.quote.contains(bytes[end]) {
      while end > first, bytes[end - 1] == UInt8(ascii: "\\") { end -= 1 }
    }
    return end
  }

  private mutating func isStop(_ stop: ScrubValue.Stop, at place: Int, first: Int) -> Bool {
    let byte = bytes[place]
    guard stop == .white else { return !ScrubValue.characters.contains(byte) }
    if ByteSet.white.contains(byte) { return true }
    guard ByteSet.quote.contains(byte) else { return false }
    // A quote in the middle of a word belongs to the password.
    guard place + 1 < bytes.count else {
      held = min(held, first)
      return true
    }
    return !ByteSet.word.contains(bytes[place + 1])
  }
}
