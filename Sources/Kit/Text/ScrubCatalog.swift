/// All rules with the table that finds, from two bytes, which of them may begin there.
struct ScrubCatalog: Sendable {
  /// A line of steps that belongs to a rule.
  struct Line: Sendable {
    var rule: Int
    var steps: [ScrubStep]
    var left: ByteSet
    var right: ByteSet
    var check: ScrubShape.Check
    /// The first step without upper limit, or -1.
    var open: Int
  }

  /// What is to be tried where certain two bytes stand.
  struct Bucket: Sendable, Hashable {
    var lines: [Int] = []
    var special = Special.none
    /// Whether nothing in it may follow a letter, digit or underscore.
    var afterWord = true
  }

  /// What is found by code instead of a pattern.
  enum Special: Sendable {
    case none
    /// A colon or equals sign: assignments, headers, URLs, Telegram.
    case mark
    /// A private key block.
    case pem
    /// Possibly an escape sequence or an invisible character.
    case hidden
  }

  static let pem = 0
  static let exact = 1
  static let telegram = 2
  static let awsSecret = 3
  private static let head = ["pem", "exact", "telegram", "aws-secret"]
  private static let tail = ["auth-header", "cookie", "url-userinfo", "assignment"]

  /// The names of the rules; the place of a rule is its precedence.
  let names: [String]
  let lines: [Line]
  let buckets: [Bucket]
  /// For each pair of bytes the place of its bucket; 0 is the empty one.
  let table: [UInt16]

  var authHeader: Int { names.count - 4 }
  var cookie: Int { names.count - 3 }
  var urlUserinfo: Int { names.count - 2 }
  var assignment: Int { names.count - 1 }

  /// The catalog without exact secrets, built once.
  static let standard = ScrubCatalog(exact: [])

  init(exact: [[UInt8]]) {
    names = Self.head + ScrubShape.all.map(\.name) + Self.tail
    var lines: [Line] = []
    for secret in exact {
      for steps in [[ScrubStep.literal(secret)], [.encoded(secret)]] {
        lines.append(
          Line(
            rule: Self.exact, steps: steps, left: ByteSet(), right: ByteSet(), check: .none, open: -1))
      }
    }
    for (offset, shape) in ScrubShape.all.enumerated() {
      // A malformed pattern gives no line; a test checks that every shape has one.
      for steps in ScrubPattern.lines(shape.pattern) ?? [] {
        let open = steps.firstIndex { if case .run(_, _, .max) = $0 { true } else { false } }
        lines.append(
          Line(
            rule: Self.head.count + offset, steps: steps, left: shape.left.forbidden,
            right: shape.right.forbidden, check: shape.check, open: open ?? -1))
      }
    }
    self.lines = lines
    (buckets, table) = Self.dispatch(lines)
  }

  /// The part of a rule's name that is shown to people: the provider or, without one, the rule.
  func family(_ rule: Int) -> String {
    let name = names[rule]
    let whole = rule < Self.awsSecret || rule >= authHeader || name == "sk-compatible"
    return whole ? name : String(name.prefix { $0 != "-" })
  }

  private static func dispatch(_ lines: [Line]) -> ([Bucket], [UInt16]) {
    var pairs: [Int: Bucket] = [:]
    for (index, line) in lines.enumerated() {
      let (first, second) = beginnings(line.steps)
      for one in first {
        for two in second {
          let pair = Int(one) << 8 | Int(two)
          pairs[pair, default: Bucket()].lines.append(index)
          // Left boundaries other than the usual one are tested where the line is tried.
          if line.left != .word { pairs[pair]?.afterWord = false }
        }
      }
    }
    func add(_ special: Special, _ first: UInt8, _ second: ClosedRange<UInt8>) {
      for two in second {
        let pair = Int(first) << 8 | Int(two)
        pairs[pair, default: Bucket()].special = special
        pairs[pair]?.afterWord = false
      }
    }
    add(.mark, UInt8(ascii: ":"), 0...255)
    add(.mark, UInt8(ascii: "="), 0...255)
    add(.pem, UInt8(ascii: "-"), UInt8(ascii: "-")...UInt8(ascii: "-"))
    add(.hidden, 0x1B, 0...255)
    for (first, second) in [(0xC2, 0x90), (0xC2, 0x98), (0xC2, 0x9B)] as [(UInt8, UInt8)] {
      add(.hidden, first, second...second)
    }
    add(.hidden, 0xC2, 0x9D...0x9F)
    add(.hidden, 0xC2, 0xAD...0xAD)
    add(.hidden, 0xE2, 0x80...0x81)
    add(.hidden, 0xEF, 0xBB...0xBB)

    var buckets = [Bucket()]
    var places: [Bucket: UInt16] = [:]
    var table = [UInt16](repeating: 0, count: 65_536)
    for (pair, bucket) in pairs {
      let place = places[bucket] ?? UInt16(clamping: buckets.count)
      if places[bucket] == nil {
        places[bucket] = place
        buckets.append(bucket)
      }
      table[pair] = place
    }
    return (buckets, table)
  }

  /// The bytes with which a line can begin, and those that can come second.
  private static func beginnings(_ steps: [ScrubStep]) -> (first: [UInt8], second: [UInt8]) {
    let bytes = 0...255 as ClosedRange<UInt8>
    guard let step = steps.first else { return ([], []) }
    let first = bytes.filter(step.canBegin)
    switch step {
    case .encoded: return (first, Array(bytes))
    case .literal(let literal) where literal.count > 1:
      return (first, literal[1] == 0x2F ? [0x2F, 0x5C] : [literal[1]])
    case .run(_, _, 2...): return (first, Array(bytes))
    default:
      guard steps.count > 1 else { return (first, Array(bytes)) }
      return (first, bytes.filter(steps[1].canBegin))
    }
  }
}
