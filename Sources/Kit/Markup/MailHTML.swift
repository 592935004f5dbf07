extension Markdown {
  /// For the text/html part of an e-mail: a whole document with styles inside the elements.
  ///
  /// Nothing is loaded from anywhere, pictures are links; links lead to http, https and mailto only.
  package var emailHTML: String {
    var writer = HTMLWriter()
    writer.out = """
      <!DOCTYPE html>
      <html><head><meta charset="utf-8"></head>
      <body style="font-family:sans-serif;font-size:14px;line-height:1.5">

      """
    writer.blocks(blocks)
    writer.out += "</body></html>\n"
    return writer.out
  }
}

/// Writes HTML.
struct HTMLWriter {
  var out = ""
  private var isInLink = false

  /// Writes blocks; a tight list's paragraphs are no paragraphs.
  mutating func blocks(_ blocks: [Block], isTight: Bool = false) {
    for block in blocks { write(block, isTight) }
  }

  private mutating func write(_ block: Block, _ isTight: Bool) {
    switch block {
    case .paragraph(let inlines):
      out += isTight ? "" : "<p style=\"margin:0 0 1em\">"
      self.inlines(inlines)
      out += isTight ? "\n" : "</p>\n"
    case .heading(let level, let inlines):
      out += "<h\(level) style=\"margin:1em 0 .5em\">"
      self.inlines(inlines)
      out += "</h\(level)>\n"
    case .code(_, let text):
      out += "<pre style=\"background:#f4f4f4;padding:.7em;overflow:auto\"><code>"
      out += Self.escape(text) + "</code></pre>\n"
    case .quote(let blocks):
      out += "<blockquote style=\"margin:0 0 1em;padding-left:1em;border-left:3px solid #ccc\">\n"
      self.blocks(blocks)
      out += "</blockquote>\n"
    case .list(let list): self.list(list)
    case .table(let table): self.table(table)
    case .rule: out += "<hr>\n"
    }
  }

  private mutating func list(_ list: List) {
    let tag = list.start == nil ? "ul" : "ol"
    let start = list.start.map { $0 == 1 ? "" : " start=\"\($0)\"" } ?? ""
    out += "<\(tag)\(start) style=\"margin:0 0 1em\">\n"
    for item in list.items {
      out += "<li>"
      if let isDone = item.isDone { out += isDone ? "\u{2611} " : "\u{2610} " }
      blocks(item.blocks, isTight: list.isTight)
      out += "</li>\n"
    }
    out += "</\(tag)>\n"
  }

  private mutating func table(_ table: Table) {
    out += "<table style=\"border-collapse:collapse;margin:0 0 1em\">\n"
    row(table.header, table, "th")
    for cells in table.rows { row(cells, table, "td") }
    out += "</table>\n"
  }

  private mutating func row(_ cells: [Table.Cell], _ table: Table, _ tag: String) {
    out += "<tr>"
    for (column, cell) in cells.enumerated() {
      let side =
        switch table.alignments[column] {
        case .none, .left: "left"
        case .center: "center"
        case .right: "right"
        }
      out += "<\(tag) style=\"border:1px solid #ccc;padding:.2em .6em;text-align:\(side)\">"
      inlines(cell)
      out += "</\(tag)>"
    }
    out += "</tr>\n"
  }

  private mutating func inlines(_ inlines: [Inline]) {
    for inline in inlines {
      switch inline {
      case .text(let text): out += Self.escape(text)
      case .code(let text):
        out += "<code style=\"background:#f4f4f4\">" + Self.escape(text) + "</code>"
      case .emphasis(let inner): tagged("em", inner)
      case .strong(let inner): tagged("strong", inner)
      case .strike(let inner): tagged("del", inner)
      case .link(let url, let words): link(url, words)
      case .url(let url): link(url, [])
      case .image(let url, let words): link(url, words)
      case .lineBreak: out += "<br>\n"
      }
    }
  }

  private mutating func tagged(_ tag: String, _ inner: [Inline]) {
    out += "<\(tag)>"
    inlines(inner)
    out += "</\(tag)>"
  }

  private mutating func link(_ url: String, _ words: [Inline]) {
    let bare = SafeLink.isWeb(url) ? url : String(url.unicodeScalars.drop { $0 != ":" }.dropFirst())
    let isLink = !isInLink && SafeLink.scheme(url) != "tel:"
    if isLink {
      out += "<a href=\"\(Self.escape(url))\">"
      isInLink = true
    }
    if words.isEmpty { out += Self.escape(bare) } else { inlines(words) }
    if isLink {
      out += "</a>"
      isInLink = false
    } else if !words.isEmpty, words.plainText != bare {
      out += " (\(Self.escape(bare)))"
    }
  }

  /// Text, also as it may stand in an attribute.
  static func escape(_ text: String) -> String {
    guard
      text.utf8.contains(where: {
        $0 < 0x20 || $0 == 0x22 || $0 == 0x26 || $0 == 0x3C || $0 == 0x3E || $0 == 0x7F
      })
    else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count + 16)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): result += "&amp;".utf8
      case UInt8(ascii: "<"): result += "&lt;".utf8
      case UInt8(ascii: ">"): result += "&gt;".utf8
      case UInt8(ascii: "\""): result += "&quot;".utf8
      case 9, 10: result.append(byte)
      // Characters that HTML does not have.
      case 0..<0x20, 0x7F: result += "\u{FFFD}".utf8
      default: result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
