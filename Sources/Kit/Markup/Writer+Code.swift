extension Writer {
  /// A block of code.
  mutating func code(_ language: String, _ text: String) {
    let language = Self.name(language)
    switch dialect.codeBlocks {
    case .bare:
      let outer = prefix
      prefix += dialect.codeIndent
      show(dialect.codeIndent)
      let first = lineCount
      lines(text) { $0 }
      fixedLines.append(first..<(lineCount + 1))
      prefix = outer
    case .html:
      guard entities < mostEntities else { return lines(text, Escaper.html) }
      let outer = prefix
      flush()
      defer { prefix = outer }
      entities += 1
      mark(language.isEmpty ? "<pre>" : "<pre><code class=\"language-\(language)\">")
      lines(text, Escaper.html)
      mark(language.isEmpty ? "</pre>" : "</code></pre>")
    case .lines:
      var escaper = Escaper(dialect: dialect, isLineStart: true, isInCell: false, isInLink: false, last: "\n")
      lines(text) { line in
        let quiet = escaper.escape(line)
        let isCode = !line.utf8.contains(UInt8(ascii: "`")) && !line.utf8.allSatisfy { $0 == 0x20 || $0 == 9 }
        return isCode ? "`\(quiet)`" : quiet
      }
    case .fence(let hasLanguage):
      let outer = prefix
      if dialect.codeIsFlush { flush() }
      let fence = dialect.fenceIsFixed ? "```" : Self.fence(for: text)
      mark(fence + (hasLanguage ? language : ""))
      newLine()
      if !text.isEmpty {
        lines(text, codeLine)
        newLine()
      }
      mark(fence)
      prefix = outer
    }
    isLineStart = false
  }

  /// Code in a line.
  mutating func code(inLine text: String) {
    let text = isInCell ? TableText.oneLine(text) : text
    if case .html = dialect.escapes {
      // Neither may code stand in a link, nor in anything else.
      guard !isInLink, plainness < 3, entities < mostEntities else { return self.text(text) }
      let open = styles
      for style in open.reversed() { mark(pair(style).close) }
      styles = []
      entities += 1
      mark("<code>" + Escaper.html(text) + "</code>")
      visible += text
      for style in open where entities < mostEntities {
        entities += 1
        styles.append(style)
        mark(pair(style).open)
      }
      hasJustClosed = false
    } else if let pair = dialect.code {
      if pair.open == "`", text.utf8.contains(UInt8(ascii: "`")) || text.utf8.allSatisfy({ $0 == 0x20 }) {
        return self.text(text)
      }
      if pair.open == "`" {
        mark(pair.open + codeLine(text) + pair.close)
      } else {
        // A backtick that is a reference is no markup, and what it stands around is text.
        mark(pair.open)
        self.text(text)
        mark(pair.close)
      }
    } else {
      if last == "`" { mark(dialect.spacer.isEmpty ? "\u{200B}" : dialect.spacer) }
      let longest = Self.longestRun(text)
      let fence = String(repeating: "`", count: longest == 1 ? 2 : longest > 1 ? longest + 1 : 1)
      let pads =
        text.utf8.first == UInt8(ascii: "`") || text.utf8.last == UInt8(ascii: "`")
        || (text.utf8.first == 0x20 && text.utf8.last == 0x20 && !text.utf8.allSatisfy { $0 == 0x20 })
      let pad = pads ? " " : ""
      mark(fence + pad + (isInCell ? Escaper.pipes(codeLine(text)) : codeLine(text)) + pad + fence)
    }
    isLineStart = false
    last = "`"
  }

  /// A line of code as it may stand in a block of code or between backticks.
  private func codeLine(_ line: String) -> String {
    switch dialect.escapes {
    case .slack: Escaper.breakFences(Escaper.html(line))
    case .references: Escaper.breakMentions(line)
    default: dialect.fenceIsFixed ? Escaper.breakFences(line) : line
    }
  }

  /// Goes back to the beginning of the line, where nothing but its prefix stands in it, and does without.
  private mutating func flush() {
    if !isLineStart {
      prefix = ""
      newLine()
    } else if !prefix.isEmpty, out.utf8.suffix(prefix.utf8.count).elementsEqual(prefix.utf8) {
      out.unicodeScalars.removeLast(prefix.unicodeScalars.count)
      visible.unicodeScalars.removeLast(prefix.unicodeScalars.count)
    }
    prefix = ""
  }

  private mutating func lines(_ text: String, _ form: (String) -> String) {
    var isFirst = true
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if !isFirst { newLine() }
      isFirst = false
      let line = String(decoding: line, as: UTF8.self)
      out += form(line)
      visible += line
    }
    isLineStart = false
    last = "a"
  }

  /// A language's name, without what could end the tag or the line that it stands in.
  private static func name(_ language: String) -> String {
    let isName = language.utf8.allSatisfy {
      switch $0 {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "#"),
        UInt8(ascii: "."), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    return isName && language.utf8.count <= 32 ? language : ""
  }

  static func fence(for text: String) -> String {
    String(repeating: "`", count: max(3, longestRun(text) + 1))
  }

  private static func longestRun(_ text: String) -> Int {
    var longest = 0
    var run = 0
    for byte in text.utf8 {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }
}
