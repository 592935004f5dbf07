/// Finds what is to be redacted in one version of a text.
struct ScrubScanner {
  /// A range to be replaced.
  struct Mark {
    var start: Int
    var end: Int
    var rule: Int
  }

  enum Outcome {
    case none
    /// The text ends where the pattern goes on.
    case more
    case match(end: Int)
  }

  /// The longest tail of visible ASCII that is held back for the sake of rules that look behind.
  static let longestTail = 600

  let bytes: [UInt8]
  /// The place of each byte in the original, if anything has been left out.
  let places: [Int]?
  let catalog: ScrubCatalog

  var marks: [Mark] = []
  /// Whether there is an escape sequence or invisible character.
  var hasHidden = false
  /// Where the part begins that more text can change.
  var held: Int
  /// For each rule where its last match ends: the next one begins there or later.
  var resume: [Int]
  /// For each line the end of a run without upper limit after which the rest did not match.
  ///
  /// A later start within the same run leads to the same place and fails too; so each run is read once.
  var dead: [Int]
  /// Ends of the runs that generic values consist of, each valid for all places in the run.
  var valueRuns: [ScrubValue.Stop: Range<Int>] = [:]
  /// How many bytes the rules have looked at, for the test of the time bound.
  var work = 0

  init(_ bytes: [UInt8], places: [Int]?, catalog: ScrubCatalog) {
    self.bytes = bytes
    self.places = places
    self.catalog = catalog
    held = bytes.count
    resume = [Int](repeating: 0, count: catalog.names.count)
    dead = [Int](repeating: 0, count: catalog.lines.count)
  }

  /// Looks at every pair of bytes; nothing shorter is a secret.
  mutating func scan() {
    let bytes = bytes
    let table = catalog.table
    guard var first = bytes.first else { return }
    var index = 0
    for second in bytes.dropFirst() {
      let place = table[Int(first) << 8 | Int(second)]
      if place != 0 { visit(index, catalog.buckets[Int(place)]) }
      first = second
      index += 1
    }
    if first == 0x1B { hasHidden = true }
    holdTail()
  }

  private mutating func visit(_ index: Int, _ bucket: ScrubCatalog.Bucket) {
    if bucket.afterWord, !isEdge(before: index, .word) { return }
    for number in bucket.lines {
      work += 1
      attempt(number, at: index)
    }
    switch bucket.special {
    case .none: break
    case .mark: visitMark(at: index)
    case .pem: visitPEM(at: index)
    case .hidden: if ScrubCleaner.hidden(bytes, at: index) != index { hasHidden = true }
    }
  }

  private mutating func attempt(_ number: Int, at start: Int) {
    let line = catalog.lines[number]
    guard start >= resume[line.rule] else { return }
    guard line.left == .word || isEdge(before: start, line.left) else { return }
    switch match(line, number, at: start) {
    case .none: break
    case .more: held = min(held, start)
    case .match(let end):
      guard isEdge(after: end, line.right) else { return }
      // A check depends on all of the match; while that can grow the verdict can change.
      if end == bytes.count { held = min(held, start) }
      if passes(line.check, start..<end) { mark(start..<end, line.rule) }
    }
  }

  /// Notes a range; one that ends with the text may grow and is therefore held back.
  mutating func mark(_ range: Range<Int>, _ rule: Int) {
    guard !range.isEmpty else { return }
    marks.append(Mark(start: range.lowerBound, end: range.upperBound, rule: rule))
    resume[rule] = max(resume[rule], range.upperBound)
    if range.upperBound == bytes.count { held = min(held, range.lowerBound) }
  }

  private mutating func match(_ line: ScrubCatalog.Line, _ number: Int, at start: Int) -> Outcome {
    var place = start
    var open: Int?
    for (index, step) in line.steps.enumerated() {
      var outcome: Outcome
      switch step {
      case .literal(let literal): outcome = self.literal(literal, at: place)
      case .encoded(let plain): outcome = encoded(plain, at: place)
      case .run(let set, let least, let most):
        if index == line.open, place < dead[number] { return .none }
        let end = run(of: set, from: place, most: most)
        if index == line.open { open = end }
        outcome =
          end - place >= least ? .match(end: end) : end == bytes.count ? .more : .none
      }
      guard case .match(let end) = outcome else {
        if let open { dead[number] = open }
        return outcome
      }
      place = end
    }
    return .match(end: place)
  }

  /// The end of the bytes of a set that begin at a place.
  mutating func run(of set: ByteSet, from start: Int, most: Int = .max) -> Int {
    let limit = most < bytes.count - start ? start + most : bytes.count
    var end = start
    while end < limit, set.contains(bytes[end]) { end += 1 }
    work += end - start
    return end
  }

  mutating func literal(_ literal: [UInt8], at start: Int) -> Outcome {
    var place = start
    for byte in literal {
      guard place < bytes.count else { return .more }
      work += 1
      if bytes[place] == byte {
        place += 1
      } else if byte == 0x2F, bytes[place] == 0x5C {
        guard place + 1 < bytes.count else { return .more }
        guard bytes[place + 1] == 0x2F else { return .none }
        place += 2
      } else {
        return .none
      }
    }
    return .match(end: place)
  }

  /// Holds back the last word: some rules recognise a token from a character in its middle.
  private mutating func holdTail() {
    var start = bytes.count
    let limit = max(0, bytes.count - Self.longestTail)
    while start > limit, (0x21...0x7E).contains(bytes[start - 1]) { start -= 1 }
    held = min(held, start)
  }

  private func passes(_ check: ScrubShape.Check, _ range: Range<Int>) -> Bool {
    switch check {
    case .none: return true
    case .digit: return bytes[range].dropFirst(2).contains { ByteSet.digit.contains($0) }
    case .discordID:
      let decoded = Base64.decode(bytes[range].prefix { $0 != 0x2E })
      return decoded?.allSatisfy { ByteSet.digit.contains($0) } ?? false
    }
  }
}
