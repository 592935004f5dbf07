internal import JSON

/// Writes a Feishu post: paragraphs of elements, which are JSON.
struct PostWriter {
  private var paragraphs: [[JSONValue]] = []
  private var line: [JSONValue] = []
  private var styles: [String] = []
  /// What stands before every line of a quote or a list.
  private var prefix = ""
  private var depth = 0

  /// All paragraphs.
  mutating func finished() -> [[JSONValue]] {
    endLine()
    return paragraphs
  }

  /// Writes blocks; an empty line stands between two.
  mutating func blocks(_ blocks: [Block], isTight: Bool = false) {
    for (index, block) in blocks.enumerated() {
      if index > 0 {
        endLine()
        if !isTight { paragraphs.append([Self.text("", [])]) }
        begin()
      }
      write(block)
    }
  }

  private mutating func write(_ block: Block) {
    switch block {
    case .paragraph(let inlines): self.inlines(inlines)
    case .heading(_, let inlines): self.inlines([.strong(inlines.oneLine)])
    case .code(let language, let text): code(language, text)
    case .quote(let blocks):
      let outer = prefix
      prefix += "┃ "
      line.append(Self.text("┃ ", []))
      self.blocks(blocks)
      prefix = outer
    case .list(let list): self.list(list)
    case .table(let table):
      if let lines = TableText.aligned(table, most: 64) {
        code("", lines.joined(separator: "\n"))
      } else {
        var writer = Writer(.plain)
        writer.table(table)
        text(writer.out)
      }
    case .rule:
      endLine()
      paragraphs.append([["tag": "hr"]])
    }
  }

  private mutating func code(_ language: String, _ text: String) {
    endLine()
    var element = JSONObject([("tag", "code_block"), ("text", .string(text))])
    if !language.isEmpty { element["language"] = .string(language) }
    paragraphs.append([.object(element)])
  }

  private mutating func list(_ list: List) {
    let outer = prefix
    depth += 1
    for (index, item) in list.items.enumerated() {
      if index > 0 {
        endLine()
        begin()
      }
      var marker = list.start.map { "\($0 + index). " } ?? ["• ", "◦ ", "▪ "][min(depth, 3) - 1]
      if let isDone = item.isDone { marker = isDone ? "☑ " : "☐ " }
      line.append(Self.text(marker, []))
      prefix = outer + "    "
      blocks(item.blocks, isTight: true)
      prefix = outer
    }
    depth -= 1
  }

  private mutating func inlines(_ inlines: [Inline]) {
    for inline in inlines {
      switch inline {
      case .text(let own), .code(let own): line.append(Self.text(own, styles))
      case .emphasis(let inner): styled("italic", inner)
      case .strong(let inner): styled("bold", inner)
      case .strike(let inner): styled("lineThrough", inner)
      case .link(let url, let words), .image(let url, let words): link(url, words.oneLine.plainText)
      case .url(let url): link(url, url)
      case .lineBreak:
        endLine()
        begin()
      }
    }
  }

  private mutating func styled(_ style: String, _ inner: [Inline]) {
    let isNew = !styles.contains(style)
    if isNew { styles.append(style) }
    inlines(inner)
    if isNew { styles.removeLast() }
  }

  private mutating func link(_ url: String, _ words: String) {
    if SafeLink.isWeb(url) {
      line.append(["tag": "a", "text": .string(words.isEmpty ? url : words), "href": .string(url)])
    } else {
      let target = String(url.unicodeScalars.drop { $0 != ":" }.dropFirst())
      line.append(Self.text(words == url || words == target ? target : "\(words) (\(target))", styles))
    }
  }

  private mutating func text(_ text: String) {
    var isFirst = true
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if !isFirst {
        endLine()
        begin()
      }
      isFirst = false
      self.line.append(Self.text(String(decoding: line, as: UTF8.self), []))
    }
  }

  private mutating func begin() {
    if !prefix.isEmpty { line.append(Self.text(prefix, [])) }
  }

  private mutating func endLine() {
    if !line.isEmpty { paragraphs.append(line) }
    line = []
  }

  private static func text(_ text: String, _ styles: [String]) -> JSONValue {
    var element = JSONObject([("tag", "text"), ("text", .string(text))])
    if !styles.isEmpty { element["style"] = .array(styles.map { .string($0) }) }
    return .object(element)
  }
}
