internal import CMarkdown

/// Makes the tree of a text from the steps of the library.
struct MarkdownParser {
  /// A block or inline that is open, with what it holds so far.
  private struct Frame {
    var step: agim_md_step
    var blocks: [Block] = []
    var inlines: [Inline] = []
    var items: [List.Item] = []
    var cells: [Table.Cell] = []
    var rows: [[Table.Cell]] = []
    var alignments: [Table.Alignment] = []
    var url = ""
    /// Text that the next piece may still go on.
    var pending = ""
    /// What stands too deep is taken for a part of what is around it.
    var isFlat = false
  }

  private var frames: [Frame] = []
  private var depth = 0
  private let limits: MarkdownLimits
  /// Whether `WideEmphasis` has put its sign into the text.
  private var isMarked = false

  private init(limits: MarkdownLimits) { self.limits = limits }

  static var unavailable: String? {
    var message = [CChar](repeating: 0, count: 256)
    guard let parsed = agim_md_parse("", 0, false, &message, message.count) else {
      return String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    agim_md_free(parsed)
    return nil
  }

  /// The blocks of a text; nil where it is too long or costs too much, or the library is missing.
  static func parse(_ source: String, _ limits: MarkdownLimits) -> [Block]? {
    var parser = MarkdownParser(limits: limits)
    var source = source
    if let marked = source.withUTF8({ WideEmphasis.marked($0) }) {
      source = String(decoding: marked, as: UTF8.self)
      parser.isMarked = true
    }
    let isParsed = walk(source, limits) { step in
      if step.kind != AGIM_MD_DOCUMENT || !step.leaves { parser.take(step) }
    }
    return isParsed ? parser.frames.first?.blocks : nil
  }

  /// Goes through the steps of a parsed text; false where there are none.
  @discardableResult
  static func walk(_ source: String, _ limits: MarkdownLimits, _ take: (agim_md_step) -> Void) -> Bool {
    var source = source
    return source.withUTF8 { bytes in
      guard bytes.count <= limits.bytes else { return false }
      let cost = MarkdownCost(bytes)
      let most = limits.nanoseconds.0 + limits.nanoseconds.1 * bytes.count
      guard cost.depth <= limits.nesting, cost.inlines <= most else { return false }
      var message = [CChar](repeating: 0, count: 256)
      let parsed = bytes.withMemoryRebound(to: CChar.self) {
        agim_md_parse($0.baseAddress, $0.count, cost.tables <= most, &message, message.count)
      }
      guard let parsed else { return false }
      defer { agim_md_free(parsed) }
      var step = agim_md_step()
      while agim_md_next(parsed, &step) { take(step) }
      return true
    }
  }

  /// A text as it is, in paragraphs.
  static func plain(_ source: String) -> [Block] {
    var blocks: [Block] = []
    var inlines: [Inline] = []
    for line in source.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let text = clean(String(decoding: line, as: UTF8.self))
      if text.utf8.allSatisfy({ $0 == 0x20 || $0 == 9 }) {
        if !inlines.isEmpty { blocks.append(.paragraph(inlines)) }
        inlines = []
      } else {
        if !inlines.isEmpty { inlines.append(.lineBreak(isHard: true)) }
        inlines.append(.text(text))
      }
    }
    if !inlines.isEmpty { blocks.append(.paragraph(inlines)) }
    return blocks
  }

  private static func clean(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == 0 || $0 == 13 }) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars where scalar.value != 13 {
      result.append(scalar.value == 0 ? "\u{FFFD}" : scalar)
    }
    return String(result)
  }

  private mutating func take(_ step: agim_md_step) {
    switch Int(step.kind) {
    case AGIM_MD_TEXT: frames[frames.count - 1].pending += text(step.text)
    case AGIM_MD_HTML:
      // Its line feeds are the only ones that a literal may have.
      add(lines: text(step.text))
    case AGIM_MD_SOFT_BREAK: add(.lineBreak(isHard: false))
    case AGIM_MD_LINE_BREAK: add(.lineBreak(isHard: true))
    case AGIM_MD_CODE: add(.code(text(step.text)))
    case AGIM_MD_CODE_BLOCK:
      var text = self.text(step.text)
      if text.utf8.last == UInt8(ascii: "\n") { text.unicodeScalars.removeLast() }
      let info = self.text(step.info)
      let language = info.utf8.prefix { $0 != 0x20 && $0 != 9 }
      add(.code(language: String(decoding: language, as: UTF8.self), text: text))
    case AGIM_MD_HTML_BLOCK:
      frames.append(Frame(step: step))
      add(lines: text(step.text))
      let inlines = endInlines()
      frames.removeLast()
      add(.paragraph(inlines))
    case AGIM_MD_RULE: add(.rule)
    default:
      if step.leaves { leave() } else { enter(step) }
    }
  }

  private mutating func enter(_ step: agim_md_step) {
    var frame = Frame(step: step)
    switch Int(step.kind) {
    case AGIM_MD_LINK, AGIM_MD_IMAGE: frame.url = text(step.text)
    case AGIM_MD_TABLE:
      for column in 0..<Int(step.number) {
        switch step.alignments?[column] ?? 0 {
        case UInt8(ascii: "l"): frame.alignments.append(.left)
        case UInt8(ascii: "c"): frame.alignments.append(.center)
        case UInt8(ascii: "r"): frame.alignments.append(.right)
        default: frame.alignments.append(.none)
        }
      }
    default: break
    }
    switch Int(step.kind) {
    case AGIM_MD_QUOTE, AGIM_MD_LIST, AGIM_MD_EMPHASIS, AGIM_MD_STRONG, AGIM_MD_STRIKE, AGIM_MD_LINK,
      AGIM_MD_IMAGE:
      depth += 1
      frame.isFlat = depth > limits.depth
    case AGIM_MD_ITEM: frame.isFlat = frames.last?.isFlat == true
    default: break
    }
    frames.append(frame)
  }

  private mutating func leave() {
    let inlines = endInlines()
    let frame = frames.removeLast()
    switch Int(frame.step.kind) {
    case AGIM_MD_QUOTE, AGIM_MD_LIST, AGIM_MD_EMPHASIS, AGIM_MD_STRONG, AGIM_MD_STRIKE, AGIM_MD_LINK,
      AGIM_MD_IMAGE:
      depth -= 1
    default: break
    }
    if frame.isFlat {
      frames[frames.count - 1].blocks += frame.blocks
      for inline in inlines { add(inline) }
      return
    }
    switch Int(frame.step.kind) {
    case AGIM_MD_PARAGRAPH: add(.paragraph(inlines))
    case AGIM_MD_HEADING: add(.heading(level: Int(frame.step.number), inlines))
    case AGIM_MD_QUOTE: add(.quote(frame.blocks))
    case AGIM_MD_ITEM:
      let isDone = frame.step.task == 0 ? nil : frame.step.task == 2
      frames[frames.count - 1].items.append(List.Item(isDone: isDone, blocks: frame.blocks))
    case AGIM_MD_LIST:
      let start = frame.step.ordered ? Int(frame.step.number) : nil
      add(.list(List(start: start, isTight: frame.step.flag, items: frame.items)))
    case AGIM_MD_CELL: frames[frames.count - 1].cells.append(inlines)
    case AGIM_MD_ROW: frames[frames.count - 1].rows.append(frame.cells)
    case AGIM_MD_TABLE: add(table: frame)
    case AGIM_MD_EMPHASIS: add(.emphasis(inlines))
    case AGIM_MD_STRONG: add(.strong(inlines))
    case AGIM_MD_STRIKE: add(.strike(inlines))
    case AGIM_MD_LINK: add(link: frame.url, inlines)
    case AGIM_MD_IMAGE:
      if let url = SafeLink.target(frame.url) {
        add(.image(url: url, inlines))
      } else {
        add(link: frame.url, inlines)
      }
    default:
      frames[frames.count - 1].blocks += frame.blocks
      for inline in inlines { add(inline) }
    }
  }

  private mutating func add(table frame: Frame) {
    let count = frame.alignments.count
    let rows = frame.rows.map { row in
      row.prefix(count) + [Table.Cell](repeating: [], count: max(0, count - row.count))
    }
    guard let header = rows.first else { return }
    add(
      .table(
        Table(alignments: frame.alignments, header: Array(header), rows: rows.dropFirst().map(Array.init))))
  }

  /// A link, or its words and behind them where it would have led.
  private mutating func add(link url: String, _ words: [Inline]) {
    let text = words.plainText
    if let target = SafeLink.target(url) {
      if text == url || text == target || "mailto:" + text == url {
        add(.url(target))
      } else {
        add(words.isEmpty ? .url(target) : .link(url: target, words))
      }
      return
    }
    for word in words { add(word) }
    if !url.isEmpty, text != url { frames[frames.count - 1].pending += text.isEmpty ? url : " (\(url))" }
  }

  private mutating func add(_ block: Block) { frames[frames.count - 1].blocks.append(block) }

  private mutating func add(_ inline: Inline) {
    if case .text(let text) = inline {
      frames[frames.count - 1].pending += text
      return
    }
    flush()
    frames[frames.count - 1].inlines.append(inline)
  }

  private mutating func add(lines text: String) {
    var isFirst = true
    let bytes = text.utf8.last == UInt8(ascii: "\n") ? text.utf8.dropLast() : text.utf8[...]
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if !isFirst { add(.lineBreak(isHard: true)) }
      isFirst = false
      frames[frames.count - 1].pending += String(decoding: line, as: UTF8.self)
    }
  }

  /// Ends the text that is pending, with the URLs in it set apart.
  private mutating func flush() {
    let text = frames[frames.count - 1].pending
    guard !text.isEmpty else { return }
    frames[frames.count - 1].pending = ""
    guard text.utf8.contains(UInt8(ascii: ":")), !frames.contains(where: { !$0.url.isEmpty }) else {
      frames[frames.count - 1].inlines.append(.text(text))
      return
    }
    let bytes = Array(text.utf8)
    var place = 0
    while let found = SafeLink.find(in: bytes, from: place) {
      if found.lowerBound > place {
        let before = String(decoding: bytes[place..<found.lowerBound], as: UTF8.self)
        frames[frames.count - 1].inlines.append(.text(before))
      }
      let url = String(decoding: bytes[found], as: UTF8.self)
      frames[frames.count - 1].inlines.append(SafeLink.target(url).map { .url($0) } ?? .text(url))
      place = found.upperBound
    }
    if place < bytes.count {
      frames[frames.count - 1].inlines.append(.text(String(decoding: bytes[place...], as: UTF8.self)))
    }
  }

  private mutating func endInlines() -> [Inline] {
    flush()
    return frames[frames.count - 1].inlines
  }

  private func text(_ pointer: UnsafePointer<CChar>?) -> String {
    guard let pointer else { return "" }
    let text = String(cString: pointer)
    return isMarked ? WideEmphasis.unmarked(text) : text
  }
}
