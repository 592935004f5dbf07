/// What a text would cost to parse, found in one pass over its bytes.
///
/// The library's time is more than proportional to the length in a few known cases: containers in containers
/// with many lines behind them, brackets that never close, processing instructions that never end, and rows
/// of dashes that each might begin a table. (Footnotes and the library's own links are not used, and with
/// them others.) Nothing that a person or an agent writes comes near the limits.
struct MarkdownCost {
  /// How deep lists and quotes would stand in each other.
  private(set) var depth = 0
  /// Nanoseconds, about, for brackets, and for bytes to be looked at again for each unfinished piece of HTML.
  private(set) var inlines = 0
  /// Nanoseconds for cells of tables, and for bytes to be parsed again for each line that might begin one.
  private(set) var tables = 0

  // Of the lines since the last empty one.
  private var brackets = 0
  private var openings = 0
  private var rules = 0
  private var length = 0
  private var columns = 0
  private var lines = 0

  /// Looks at a text.
  init(_ text: some Collection<UInt8>) {
    var line: [UInt8] = []
    line.reserveCapacity(256)
    var previous: UInt8 = 0
    var prefix = Prefix()
    var shape = RowShape()
    for byte in text {
      length += 1
      switch byte {
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        endLine(prefix, shape)
        prefix = Prefix()
        shape = RowShape()
      default:
        prefix.take(byte)
        shape.take(byte)
        if byte == UInt8(ascii: "[") { brackets += 1 }
        if previous == UInt8(ascii: "<"), byte == UInt8(ascii: "?") || byte == UInt8(ascii: "!") {
          openings += 1
        }
      }
      previous = byte
    }
    endLine(prefix, shape)
    endParagraph()
  }

  private mutating func endLine(_ prefix: Prefix, _ shape: RowShape) {
    depth = max(depth, prefix.depth)
    lines += 1
    if shape.isEmpty {
      endParagraph()
    } else if shape.isRule {
      rules += 1
      columns = max(columns, shape.columns)
    }
  }

  private mutating func endParagraph() {
    inlines += brackets * brackets + openings * length
    if rules > 0 { tables += 200 * columns * lines + 80 * rules * length }
    (brackets, openings, rules, length, columns, lines) = (0, 0, 0, 0, 0, 0)
  }

  /// What stands before the words of a line.
  private struct Prefix {
    private(set) var depth = 0
    private var blanks = 0
    private var digits = 0
    private var isOver = false

    mutating func take(_ byte: UInt8) {
      if isOver { return }
      switch byte {
      case UInt8(ascii: " "): blanks += 1
      case UInt8(ascii: "\t"): blanks += 4
      case UInt8(ascii: ">"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "*"):
        depth += 1 + blanks / 2
        (blanks, digits) = (0, 0)
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
      case UInt8(ascii: "."), UInt8(ascii: ")"):
        if digits == 0 { isOver = true }
        depth += 1 + blanks / 2
        (blanks, digits) = (0, 0)
      default: isOver = true
      }
    }
  }

  /// Whether a line might be the one below a table's head.
  private struct RowShape {
    private(set) var isEmpty = true
    private(set) var columns = 1
    private var hasDash = false
    private var isOther = false
    var isRule: Bool { hasDash && !isOther }

    mutating func take(_ byte: UInt8) {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"): return
      case UInt8(ascii: "|"): columns += 1
      case UInt8(ascii: "-"): hasDash = true
      case UInt8(ascii: ":"), UInt8(ascii: ">"), UInt8(ascii: "*"), UInt8(ascii: "+"): break
      default: isOther = true
      }
      isEmpty = false
    }
  }
}
