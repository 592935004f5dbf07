/// The rules that need more than a pattern, other than assignments.
extension ScrubScanner {
  /// Tries what has a colon or equals sign at this place.
  mutating func visitMark(at index: Int) {
    if bytes[index] == UInt8(ascii: ":") {
      visitTelegram(at: index)
      visitURL(at: index)
    }
    visitAWS(at: index)
    visitName(at: index)
  }

  /// A private key: everything up to its END line, or to the end of the text if there is none.
  mutating func visitPEM(at start: Int) {
    guard start >= resume[ScrubCatalog.pem] else { return }
    var end: Int
    switch label("-----BEGIN", at: start) {
    case .none: return
    case .more:
      held = min(held, start)
      return
    case .match(let after): end = after
    }
    while end < bytes.count {
      work += 1
      if bytes[end] == UInt8(ascii: "-"), case .match(let after) = label("-----END", at: end) {
        end = after
        break
      }
      end += 1
    }
    mark(start..<end, ScrubCatalog.pem)
  }

  private mutating func label(_ introduction: String, at start: Int) -> Outcome {
    let begin = literal(Array(introduction.utf8), at: start)
    guard case .match(let place) = begin else { return begin }
    let end = run(of: ByteSet(" ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), from: place, most: 57)
    if end == bytes.count { return .more }
    let kind = bytes[place..<end]
    let words = kind.suffix(6).elementsEqual(" BLOCK".utf8) ? kind.dropLast(6) : kind
    guard words.suffix(11).elementsEqual("PRIVATE KEY".utf8) else { return .none }
    return literal(Array("-----".utf8), at: end)
  }

  /// 8 to 16 digits, the colon, exactly 35 characters.
  ///
  /// A letter may precede: `…/bot123456789:…`.
  private mutating func visitTelegram(at colon: Int) {
    var start = colon
    while start > 0, colon - start <= 16, ByteSet.digit.contains(bytes[start - 1]) { start -= 1 }
    guard (8...16).contains(colon - start), start >= resume[ScrubCatalog.telegram] else { return }
    let end = run(of: .base64url, from: colon + 1, most: 36)
    guard end - colon == 36 else { return }
    mark(start..<end, ScrubCatalog.telegram)
  }

  /// The password of `scheme://user:password@host`.
  ///
  /// The user may be empty (Redis) or contain an at sign (mail); the password goes to the last at sign
  /// of the authority, since people forget to encode those in it.
  private mutating func visitURL(at colon: Int) {
    guard colon > 0, ByteSet.name.union(ByteSet("+")).contains(bytes[colon - 1]) else { return }
    guard case .match(let user) = literal([0x2F, 0x2F], at: colon + 1) else { return }
    let stop = ByteSet.white.union(ByteSet("/"))
    var password: Int?
    var at: Int?
    var place = user
    while place < bytes.count, !stop.contains(bytes[place]) {
      // The URL may stand in compact JSON: `{"url":"http://host:80","mail":"me@host"}`.
      if bytes[place] == UInt8(ascii: "\""),
        place + 1 == bytes.count || !ByteSet.word.contains(bytes[place + 1])
      {
        break
      }
      if password == nil, bytes[place] == UInt8(ascii: ":") { password = place + 1 }
      if password != nil, bytes[place] == UInt8(ascii: "@") { at = place }
      place += 1
    }
    work += place - user
    guard let password else { return }
    if place + 1 >= bytes.count { held = min(held, password) }
    guard let at, at > password else { return }
    if ScrubValue(bytes[password..<at]).isPlaceholder { return }
    mark(password..<at, catalog.urlUserinfo)
  }

  /// Forty characters after an equals sign or colon, if `aws` and `secret` or `access` precede it.
  private mutating func visitAWS(at index: Int) {
    var start = skipWhite(from: index + 1)
    if start < bytes.count, bytes[start] == UInt8(ascii: "\\") { start += 1 }
    if start < bytes.count, ByteSet.quote.contains(bytes[start]) { start += 1 }
    let end = run(of: ByteSet.alnum.union(ByteSet("/+")), from: start, most: 41)
    guard end - start == 40, isEdge(after: end, ByteSet.alnum.union(ByteSet("/+="))) else { return }
    guard hasAWSKeyword(before: index) else { return }
    mark(start..<end, ScrubCatalog.awsSecret)
  }

  private mutating func hasAWSKeyword(before index: Int) -> Bool {
    let lowest = max(0, index - 49)
    var second = index - 6
    while second >= lowest, index - second - 6 <= 20, !bytes[second..<index].contains(0x0A) {
      work += 1
      if hasWord("secret", at: second) || hasWord("access", at: second) {
        var first = second - 3
        while first >= 0, second - first - 3 <= 20, bytes[first] != 0x0A {
          work += 1
          if hasWord("aws", at: first) { return true }
          first -= 1
        }
      }
      second -= 1
    }
    return false
  }

  /// The value of an `Authorization` header with a scheme.
  mutating func visitAuthorization(from start: Int) {
    var place = skipWhite(from: start)
    if place < bytes.count, bytes[place] == UInt8(ascii: "\\") { place += 1 }
    if place < bytes.count, ByteSet.quote.contains(bytes[place]) { place += 1 }
    guard let end = scheme(at: place) else { return }
    let value = skipWhite(from: end)
    let after = run(of: ByteSet.base64url.union(ByteSet(".~+/=")), from: value)
    guard value > end, after - value >= 8 else { return }
    mark(value..<after, catalog.authHeader)
  }

  /// The end of the name of an authentication scheme at this place.
  func scheme(at place: Int) -> Int? {
    for name in ["bearer", "basic", "bot", "token"] as [StaticString] where hasWord(name, at: place) {
      return place + name.utf8CodeUnitCount
    }
    return nil
  }

  /// All cookies of a header, to the end of its line or of the string it stands in.
  mutating func visitCookie(from start: Int) {
    guard start >= resume[catalog.cookie] else { return }
    var place = start
    while place < bytes.count, bytes[place] == 0x20 { place += 1 }
    let first = place
    place = run(of: ByteSet.name, from: first, most: 64)
    if place == bytes.count { held = min(held, first) }
    guard place > first, place < bytes.count, bytes[place] == UInt8(ascii: "=") else { return }
    let stop = ByteSet.quote.union(ByteSet("\\\n\r"))
    while place < bytes.count, !stop.contains(bytes[place]) { place += 1 }
    work += place - first
    mark(first..<place, catalog.cookie)
  }

  /// The end of white space, real or written as `\n`, `\r`, `\t`.
  mutating func skipWhite(from start: Int) -> Int {
    var place = start
    while place < bytes.count {
      if ByteSet.white.contains(bytes[place]) {
        place += 1
      } else if bytes[place] == UInt8(ascii: "\\"), place + 1 < bytes.count,
        ByteSet("nrt").contains(bytes[place + 1])
      {
        place += 2
      } else {
        break
      }
    }
    work += place - start
    return place
  }

  /// Whether a word in lower case stands at a place, in any case.
  func hasWord(_ word: StaticString, at start: Int) -> Bool {
    guard start >= 0, start + word.utf8CodeUnitCount <= bytes.count else { return false }
    return word.withUTF8Buffer { word in
      for offset in 0..<word.count where bytes[start + offset].lowered != word[offset] { return false }
      return true
    }
  }
}
