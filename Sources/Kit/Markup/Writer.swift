internal import Console

/// Writes a text in a platform's dialect.
struct Writer {
  let dialect: Dialect
  /// What is sent.
  var out = ""
  /// What is seen of it, where the platform counts that.
  var visible = ""
  /// How many entities a platform would make of it.
  var entities = 0
  /// What is left out to have fewer of them: 1 emphasis, 2 strong text, too, 3 code in lines and links, too.
  var plainness = 0
  /// How many there may be.
  var mostEntities = Int.max

  /// How many quotes each line stands in, and which lines are to stay as they are.
  private(set) var lineDepths = [0]
  var lineCount: Int { lineDepths.count - 1 }
  var fixedLines: [Range<Int>] = []

  /// What stands at the beginning of every line: of quotes and lists around it.
  var prefix = ""
  /// Whether nothing but the prefix stands in the line.
  var isLineStart = true
  var listDepth = 0
  var quoteDepth = 0
  /// What is open in running text.
  var styles: [Style] = []
  var isInLink = false
  var isInCell = false
  /// What the last character of running text was, for what follows it.
  var last: Unicode.Scalar = "\n"
  /// Whether strong or emphasized text has just ended, behind punctuation.
  var hasJustClosed = false

  /// How running text may look.
  enum Style {
    case strong, emphasis, strike
  }

  init(_ dialect: Dialect) { self.dialect = dialect }

  /// Writes blocks with an empty line between them, or none.
  mutating func blocks(_ blocks: [Block], isTight: Bool = false) {
    for (index, block) in blocks.enumerated() {
      if index > 0 {
        var isClose = isTight
        if isTight, case .code = block { isClose = !dialect.codeIsFlush }
        separate(isTight: isClose)
      }
      write(block)
    }
  }

  private mutating func write(_ block: Block) {
    switch block {
    case .paragraph(let inlines): self.inlines(inlines)
    case .heading(let level, let inlines): heading(level, inlines)
    case .code(let language, let text): code(language, text)
    case .quote(let blocks): quote(blocks)
    case .list(let list): self.list(list)
    case .table(let table): self.table(table)
    case .rule:
      mark(dialect.rule)
      visible += dialect.rule
      isLineStart = false
    }
  }

  /// A line feed, and the prefix of the next line.
  mutating func newLine() {
    out += "\n" + prefix
    visible += "\n" + prefix
    lineDepths.append(quoteDepth)
    isLineStart = true
    last = "\n"
    hasJustClosed = false
  }

  private mutating func separate(isTight: Bool) {
    if !isTight {
      // No blanks at the end of an otherwise empty line.
      var bare = Substring(prefix)
      while let end = bare.unicodeScalars.last, end == " " || end == "\u{A0}" || end == "\u{3000}" {
        bare.unicodeScalars.removeLast()
      }
      out += "\n" + bare
      visible += "\n" + bare
      lineDepths.append(quoteDepth)
    }
    newLine()
  }

  /// Markup, which is not seen.
  mutating func mark(_ text: String) { out += text }

  /// What is seen, and means nothing to the platform.
  mutating func show(_ text: String) {
    out += text
    visible += text
  }

  private mutating func heading(_ level: Int, _ inlines: [Inline]) {
    // A heading is one line.
    let line = inlines.oneLine
    if level <= dialect.headings {
      mark(String(repeating: "#", count: level) + " ")
      self.inlines(line)
    } else {
      self.inlines([.strong(line)])
    }
    if dialect.hasUnderlines, level <= 2 {
      newLine()
      fixedLines.append(lineCount..<(lineCount + 1))
      let width = min(60, Columns.of(line.plainText))
      show(String(repeating: level == 1 ? "=" : "-", count: max(3, width)))
    }
  }

  private mutating func quote(_ blocks: [Block]) {
    quoteDepth += 1
    defer { quoteDepth -= 1 }
    let outer = prefix
    switch dialect.quotes {
    case .prefix(let mark, let nests):
      if nests || quoteDepth == 1 {
        prefix += mark
        show(mark)
        lineDepths[lineDepths.count - 1] = quoteDepth
      }
      self.blocks(blocks)
    case .tags(let pair):
      if quoteDepth == 1 {
        let isCounted = open(pair.open)
        self.blocks(blocks)
        if isCounted { mark(pair.close) }
      } else {
        prefix += "┃ "
        show("┃ ")
        self.blocks(blocks)
      }
    }
    prefix = outer
  }

  /// Begins an entity if there may be another.
  mutating func open(_ tag: String) -> Bool {
    guard entities < mostEntities else { return false }
    entities += 1
    mark(tag)
    return true
  }

  private mutating func list(_ list: List) {
    listDepth += 1
    defer { listDepth -= 1 }
    let outer = prefix
    let isSpacious = !list.isTight && list.items.contains { $0.blocks.isLong }
    let bullet = dialect.bullets[min(listDepth, dialect.bullets.count) - 1]
    for (index, item) in list.items.enumerated() {
      if index > 0 { separate(isTight: !isSpacious) }
      var marker = list.start.map { "\($0 + index). " } ?? bullet
      show(marker)
      if let isDone = item.isDone {
        let task = isDone ? dialect.tasks.open : dialect.tasks.close
        if list.start == nil, dialect.bullets.count > 1 {
          // The box stands for the bullet.
          out.unicodeScalars.removeLast(marker.unicodeScalars.count)
          visible.unicodeScalars.removeLast(marker.unicodeScalars.count)
          marker = task
        }
        show(task)
      }
      prefix = outer + (dialect.indent ?? String(repeating: " ", count: marker.unicodeScalars.count))
      self.item(item.blocks, isSpacious: isSpacious)
      prefix = outer
    }
  }

  private mutating func item(_ blocks: [Block], isSpacious: Bool) {
    if dialect.codeIsFlush, case .code? = blocks.first { newLine() }
    isLineStart = true
    last = "\n"
    self.blocks(blocks, isTight: !isSpacious)
  }
}

extension [Block] {
  /// Whether an item's blocks are more than a paragraph and lists below it.
  fileprivate var isLong: Bool {
    dropFirst().contains { if case .list = $0 { false } else { true } }
  }
}

extension [Inline] {
  /// The same in one line.
  var oneLine: [Inline] {
    guard contains(where: { if case .lineBreak = $0 { true } else { false } }) else { return self }
    return map { if case .lineBreak = $0 { .text(" ") } else { $0 } }
  }
}
