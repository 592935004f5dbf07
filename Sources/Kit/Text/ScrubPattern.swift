/// One step of a linear pattern.
enum ScrubStep: Sendable, Equatable {
  /// These bytes; a slash may be written `\/`, as some JSON writers do.
  case literal([UInt8])
  /// Between `min` and `max` bytes of a set, as many as there are.
  case run(ByteSet, min: Int, max: Int)
  /// These bytes, each one plain, percent-encoded or JSON-escaped.
  case encoded([UInt8])

  /// The bytes with which this step may begin.
  func canBegin(with byte: UInt8) -> Bool {
    switch self {
    case .literal(let bytes): bytes.first == byte || (bytes.first == 0x2F && byte == 0x5C)
    case .run(let set, _, _): set.contains(byte)
    case .encoded(let bytes): bytes.first == byte || byte == 0x25 || byte == 0x5C
    }
  }
}

/// Reads the notation of the rule table, the part of regular expressions that needs no backtracking:
/// characters, `\.`, sets, `(?:a|b)`, and the repetitions `?`, `+`, `*`, `{n}`, `{m,}`, `{m,n}`.
///
/// Alternatives and optional groups are multiplied out, so that each result is a straight line of
/// steps which begins with a literal: that makes the search by first bytes and the linear time easy.
struct ScrubPattern {
  private var rest: Substring.UnicodeScalarView
  private var failed = false

  /// All lines that the pattern stands for, in order of preference; nil when it is malformed.
  static func lines(_ pattern: String) -> [[ScrubStep]]? {
    var parser = ScrubPattern(rest: Substring(pattern).unicodeScalars)
    let lines = parser.alternatives()
    return parser.failed || !parser.rest.isEmpty ? nil : lines.map(joined)
  }

  private init(rest: Substring.UnicodeScalarView) { self.rest = rest }

  private mutating func alternatives() -> [[ScrubStep]] {
    var result: [[ScrubStep]] = []
    repeat { result += sequence() } while take("|")
    return result
  }

  private mutating func sequence() -> [[ScrubStep]] {
    var lines: [[ScrubStep]] = [[]]
    while let next = rest.first, next != "|", next != ")", !failed {
      let pieces = piece()
      lines = lines.flatMap { line in pieces.map { line + $0 } }
    }
    return lines
  }

  private mutating func piece() -> [[ScrubStep]] {
    if take("(") {
      guard take("?"), take(":") else { return fail() }
      let group = alternatives()
      guard take(")") else { return fail() }
      return take("?") ? group + [[]] : group
    }
    guard let set = atom() else { return fail() }
    let (min, max) = repetition()
    return [[.run(set, min: min, max: max)]]
  }

  private mutating func atom() -> ByteSet? {
    guard let first = rest.popFirst() else { return nil }
    if first == "[" { return members() }
    if first == "\\" { return rest.popFirst().map { ByteSet(String($0)) } }
    return ByteSet(String(first))
  }

  private mutating func members() -> ByteSet? {
    var set = ByteSet()
    while let first = rest.popFirst(), first != "]" {
      var last = first
      // A hyphen at the end of a set stands for itself.
      if rest.first == "-", rest.dropFirst().first != "]" {
        _ = rest.popFirst()
        last = rest.popFirst() ?? first
      }
      guard first.isASCII, last.isASCII, first <= last else { return nil }
      for value in UInt8(ascii: first)...UInt8(ascii: last) { set.insert(value) }
    }
    return set
  }

  private mutating func repetition() -> (min: Int, max: Int) {
    if take("?") { return (0, 1) }
    if take("+") { return (1, .max) }
    if take("*") { return (0, .max) }
    guard take("{") else { return (1, 1) }
    let min = number() ?? 0
    let max = take(",") ? number() ?? .max : min
    if !take("}") || max < min { failed = true }
    return (min, Swift.max(min, max))
  }

  private mutating func number() -> Int? {
    var digits = ""
    while let next = rest.first, ("0"..."9").contains(next) {
      digits.unicodeScalars.append(next)
      _ = rest.popFirst()
    }
    return Int(digits)
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard rest.first == scalar else { return false }
    _ = rest.popFirst()
    return true
  }

  private mutating func fail() -> [[ScrubStep]] {
    failed = true
    return []
  }

  /// Single characters in a row become one literal.
  private static func joined(_ line: [ScrubStep]) -> [ScrubStep] {
    var result: [ScrubStep] = []
    for step in line {
      guard case .run(let set, 1, 1) = step, let byte = set.only else {
        result.append(step)
        continue
      }
      if case .literal(let bytes)? = result.last {
        result[result.count - 1] = .literal(bytes + [byte])
      } else {
        result.append(.literal([byte]))
      }
    }
    return result
  }
}

extension ByteSet {
  /// The member of a set of one.
  fileprivate var only: UInt8? {
    let members = (0..<128 as Range<UInt8>).filter(contains)
    return members.count == 1 ? members.first : nil
  }
}
