internal import CMarkdown

/// What the lines of a source belong to, as the library has parsed it: what a cut has to mend.
struct SourceMap {
  /// A block of code with a fence.
  struct Code {
    /// The lines of its content; the fence stands before them.
    var content: Range<Int>
    /// Where it ends, behind its closing fence if it has one.
    var end: Int
    /// The fence as it stands there, and what is to be said behind a new one.
    var fence: String
    var info: String
    /// A fence that is longer than all that stands in it.
    var ownFence: String
    /// Marks of quotes around it.
    var quote: String
    /// What stands before a fence that closes it where it was opened.
    var closing: String
    /// The content without what stands before it in its container.
    var lines: [Substring]
  }

  /// A table with at least one row.
  struct Grid {
    /// The lines of its rows; head and rule are the two before them.
    var rows: Range<Int>
    var quote: String
    /// Head and rule, with line feeds, without what stands before them in their container.
    var head: String
  }

  /// An item of a list.
  struct Item {
    var lines: Range<Int>
    /// How many blanks its further lines begin with.
    var indent: Int
    /// The item around it.
    var parent: Int?
  }

  let bytes: [UInt8]
  /// Where each line begins, and one more: the end.
  private(set) var starts: [Int] = [0]
  private(set) var codes: [Code] = []
  private(set) var grids: [Grid] = []
  private(set) var items: [Item] = []
  /// For each line the innermost item that it is in; -1 for none.
  private var itemOfLine: [Int32] = []

  init(_ source: String) {
    bytes = Array(source.utf8)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == 10 || byte == 13 && !(index < bytes.count && bytes[index] == 10) { starts.append(index) }
    }
    if starts[starts.count - 1] != bytes.count || bytes.isEmpty { starts.append(bytes.count) }
    MarkdownParser.walk(source, .standard) { read($0) }
    codes.removeAll { $0.content.isEmpty }
    grids.removeAll { $0.rows.isEmpty }
    itemOfLine = [Int32](repeating: -1, count: count)
    for (index, item) in items.enumerated() {
      for line in item.lines { itemOfLine[line] = Int32(index) }
    }
  }

  /// How many lines there are.
  var count: Int { starts.count - 1 }

  /// The line that a place is in.
  func line(at place: Int) -> Int {
    var low = 0
    var high = starts.count - 1
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= place { low = middle } else { high = middle }
    }
    return low
  }

  /// The block of code, or the table, in whose content a line is.
  func code(_ line: Int) -> Code? { Self.find(codes, line) { $0.content.lowerBound..<$0.end } }
  func grid(_ line: Int) -> Grid? { Self.find(grids, line, \.rows) }

  /// The items that a line is in, the innermost first.
  func items(around line: Int) -> [Item] {
    var found: [Item] = []
    var index = Int(itemOfLine[line])
    while index >= 0 {
      found.append(items[index])
      index = items[index].parent ?? -1
    }
    return found
  }

  private static func find<Part>(_ parts: [Part], _ line: Int, _ lines: (Part) -> Range<Int>) -> Part? {
    var low = 0
    var high = parts.count
    while low < high {
      let middle = (low + high) / 2
      let range = lines(parts[middle])
      if range.contains(line) { return parts[middle] }
      if line < range.lowerBound { high = middle } else { low = middle + 1 }
    }
    return nil
  }

  /// Whether a line holds nothing but blanks.
  func isEmpty(_ line: Int) -> Bool {
    bytes[starts[line]..<starts[line + 1]].allSatisfy { $0 == 0x20 || $0 == 9 || $0 == 10 || $0 == 13 }
  }

  private mutating func read(_ step: agim_md_step) {
    let first = Int(step.line) - 1
    guard first >= 0, first < count else { return }
    let end = min(max(first + 1, Int(step.end_line)), count)
    switch Int(step.kind) {
    case AGIM_MD_ITEM where !step.leaves:
      var parent = items.indices.last
      while let index = parent, !items[index].lines.contains(first) || end > items[index].lines.upperBound {
        parent = items[index].parent
      }
      items.append(Item(lines: first..<end, indent: 0, parent: parent))
    case AGIM_MD_CODE_BLOCK where step.flag: add(code: step, first, end)
    case AGIM_MD_TABLE where !step.leaves:
      grids.append(Grid(rows: first..<first, quote: "", head: ""))
    case AGIM_MD_ROW where !step.leaves && !step.flag: add(row: first, column: Int(step.column))
    default: break
    }
    // An item's first block says how far the item is indented.
    if step.kind != AGIM_MD_ITEM, !step.leaves, let last = items.indices.last, items[last].indent == 0,
      items[last].lines.contains(first)
    {
      items[last].indent = max(1, Int(step.column) - 1)
    }
  }

  private mutating func add(code step: agim_md_step, _ first: Int, _ end: Int) {
    let line = text(first)
    let column = max(0, Int(step.column) - 1)
    let marks = Array(line.utf8.dropFirst(column)).drop { $0 == 0x20 || $0 == 9 }
    guard let mark = marks.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else { return }
    let fence = String(decoding: marks.prefix { $0 == mark }, as: UTF8.self)
    let literal = step.text.map { String(cString: $0) } ?? ""
    var lines = literal.split(separator: "\n" as Character, omittingEmptySubsequences: false)
    if literal.isEmpty || literal.utf8.last == 10 { lines.removeLast() }
    var info = step.info.map { String(cString: $0) } ?? ""
    if info.utf8.count > 64 || info.utf8.contains(UInt8(ascii: "`")) { info = "" }
    let beginning = line.utf8.prefix(column)
    let closing = beginning.map { $0 == UInt8(ascii: ">") || $0 == 9 ? $0 : 0x20 }
    codes.append(
      Code(
        content: (first + 1)..<max(first + 1, min(first + 1 + lines.count, end)), end: end, fence: fence,
        info: info, ownFence: Writer.fence(for: literal), quote: Self.quote(line, upTo: column),
        closing: String(decoding: closing, as: UTF8.self), lines: lines))
  }

  private mutating func add(row line: Int, column: Int) {
    guard let last = grids.indices.last else { return }
    if grids[last].rows.isEmpty, line >= 2 {
      let quote = Self.quote(text(line), upTo: max(0, column - 1))
      var head = ""
      for own in [line - 2, line - 1] {
        // What stands before a head is blanks, marks of quotes, or the mark of an item.
        let bare = text(own).unicodeScalars.drop { " \t>".unicodeScalars.contains($0) }
        head += quote + String(unmarked(bare)) + "\n"
      }
      grids[last] = Grid(rows: line..<(line + 1), quote: quote, head: head)
    } else if grids[last].rows.upperBound == line {
      grids[last].rows = grids[last].rows.lowerBound..<(line + 1)
    }
  }

  private func unmarked(_ text: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
    var rest = text
    while let first = rest.first {
      var next = rest.dropFirst()
      if "0123456789".unicodeScalars.contains(first) {
        next = next.drop { "0123456789".unicodeScalars.contains($0) }
        guard let dot = next.first, dot == "." || dot == ")" else { return rest }
        next = next.dropFirst()
      } else if !"-*+>".unicodeScalars.contains(first) {
        return rest
      }
      guard let blank = next.first, blank == " " || blank == "\t" else { return rest }
      rest = next.drop { $0 == " " || $0 == "\t" }
    }
    return rest
  }

  /// A line without its end.
  func text(_ line: Int) -> String {
    var slice = bytes[starts[line]..<starts[line + 1]]
    while let last = slice.last, last == 10 || last == 13 { slice.removeLast() }
    return String(decoding: slice, as: UTF8.self)
  }

  /// The marks of quotes in the beginning of a line, up to the last of them and a blank.
  static func quote(_ line: String, upTo column: Int) -> String {
    guard column < 64 else { return "" }
    let beginning = line.utf8.prefix(column)
    guard let last = beginning.lastIndex(of: UInt8(ascii: ">")) else { return "" }
    let marks = beginning[...last].map { $0 == UInt8(ascii: ">") ? $0 : 0x20 }
    return String(decoding: marks, as: UTF8.self) + " "
  }

  /// The marks of quotes that a line of text begins with, if they are not many.
  func quote(_ line: Int) -> String {
    let beginning = bytes[starts[line]..<min(starts[line + 1], starts[line] + 64)]
    let marks = beginning.prefix { $0 == 0x20 || $0 == UInt8(ascii: ">") }
    if marks.count >= 64 { return "" }
    return Self.quote(String(decoding: marks, as: UTF8.self), upTo: marks.count)
  }
}
