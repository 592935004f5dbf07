/// Cuts a text into the terms that are searched for: words folded and without their endings, and of scripts
/// without spaces every character and every pair of neighbours.
///
/// What is stored and what is asked go through the same, so a term never holds anything but letters and digits:
/// nothing of a text can become syntax of the full-text search.
package enum Terms {
  /// A text beyond this is searched by its beginning.
  package static let byteLimit = 64 << 10
  /// A term beyond this is cut.
  static let termLimit = 48

  /// The terms of a text in their order, with repetitions.
  package static func cut(_ text: String) -> [String] {
    var cutter = Cutter()
    var bytes = 0
    for scalar in text.unicodeScalars {
      bytes += UTF8.width(scalar)
      guard bytes <= byteLimit else { break }
      cutter.take(Letters.fold(scalar))
    }
    cutter.end()
    return cutter.terms
  }

  /// The terms that a question is searched by, each once: pairs of neighbours rather than single characters, and
  /// without words that say nothing, unless there is nothing else.
  package static func question(_ text: String, limit: Int = 32) -> [String] {
    var seen: Set<String> = []
    let all = cut(text).filter { seen.insert($0).inserted }
    let telling = all.filter { !isFiller($0) }
    let pairs = telling.filter { !isSingleCharacter($0) }
    // The single characters of a run are in its pairs already.
    let best = pairs.isEmpty ? (telling.isEmpty ? all : telling) : pairs + alone(telling, pairs)
    return Array(best.prefix(limit))
  }

  /// A text folded and with single spaces, for finding the whole of it in another.
  package static func plain(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var isGap = false
    for scalar in text.unicodeScalars.prefix(byteLimit) {
      let folded = Letters.fold(scalar)
      switch Letters.kind(folded) {
      case .mark: continue
      case .gap: isGap = !bytes.isEmpty
      case .word, .run:
        if isGap { bytes.append(0x20) }
        isGap = false
        bytes += UTF8.encode(folded) ?? .init()
      }
    }
    return bytes
  }

  /// Whether a message is too short to ask the memory with: fewer than two words or four characters.
  package static func isTrivial(_ text: String) -> Bool {
    var words = 0
    var characters = 0
    var isInWord = false
    for scalar in text.unicodeScalars.prefix(4096) {
      switch Letters.kind(Letters.fold(scalar)) {
      case .mark: continue
      case .gap: isInWord = false
      case .run:
        words += 1
        characters += 1
        isInWord = false
      case .word:
        characters += 1
        if !isInWord { words += 1 }
        isInWord = true
      }
    }
    return words < 2 || characters < 4
  }

  /// Whether a term is one character of a script without spaces.
  package static func isSingleCharacter(_ term: String) -> Bool {
    var scalars = term.unicodeScalars.makeIterator()
    guard let first = scalars.next(), scalars.next() == nil else { return false }
    return Letters.kind(first) == .run
  }

  /// Single characters that stand in none of the pairs: runs of one.
  private static func alone(_ terms: [String], _ pairs: [String]) -> [String] {
    let paired = Set(pairs.flatMap { $0.unicodeScalars.map { String($0) } })
    return terms.filter { isSingleCharacter($0) && !paired.contains($0) }
  }

  /// Collects terms, a folded scalar at a time.
  private struct Cutter {
    var terms: [String] = []
    private var word: [UInt8] = []
    private var before: Unicode.Scalar?

    mutating func take(_ scalar: Unicode.Scalar) {
      switch Letters.kind(scalar) {
      case .mark: return
      case .gap: end()
      case .word:
        before = nil
        if word.count < termLimit { word += UTF8.encode(scalar) ?? .init() }
      case .run:
        endWord()
        terms.append(String(Character(scalar)))
        if let before {
          var pair = String(Character(before))
          pair.unicodeScalars.append(scalar)
          terms.append(pair)
        }
        before = scalar
      }
    }

    mutating func end() {
      endWord()
      before = nil
    }

    private mutating func endWord() {
      guard !word.isEmpty else { return }
      terms.append(Stem.of(word))
      word.removeAll(keepingCapacity: true)
    }
  }
}
