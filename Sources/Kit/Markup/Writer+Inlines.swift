extension Writer {
  /// Running text.
  mutating func inlines(_ inlines: [Inline]) {
    for inline in inlines { write(inline) }
  }

  private mutating func write(_ inline: Inline) {
    switch inline {
    case .text(let text): self.text(text)
    case .code(let text): code(inLine: text)
    case .emphasis(let inner): styled(.emphasis, inner)
    case .strong(let inner): styled(.strong, inner)
    case .strike(let inner): styled(.strike, inner)
    case .link(let url, let words): link(url, words)
    case .url(let url): self.url(url)
    case .image(let url, let words): image(url, words)
    case .lineBreak:
      if dialect.lineBreak.utf8.count > 1 { mark("  ") }
      newLine()
    }
  }

  /// Text, escaped.
  mutating func text(_ text: String) {
    guard let first = text.unicodeScalars.first, let end = text.unicodeScalars.last else { return }
    if hasJustClosed, Self.isLetter(first) { mark(dialect.spacer) }
    hasJustClosed = false
    visible += text
    var escaper = Escaper(
      dialect: dialect, isLineStart: isLineStart, isInCell: isInCell, isInLink: isInLink, last: last)
    out += escaper.escape(text)
    isLineStart = isLineStart && text.utf8.allSatisfy { $0 == 0x20 }
    last = end
  }

  func pair(_ style: Style) -> Dialect.Pair {
    switch style {
    case .strong: dialect.strong
    case .emphasis: dialect.emphasis
    case .strike: dialect.strike
    }
  }

  private mutating func styled(_ style: Style, _ inner: [Inline]) {
    let pair = pair(style)
    let words = inner.plainText.unicodeScalars
    guard !styles.contains(style), !pair.open.isEmpty, let first = words.first, let end = words.last else {
      return inlines(inner)
    }
    if case .html = dialect.escapes {
      guard plainness < (style == .strong ? 2 : 1), entities < mostEntities else { return inlines(inner) }
      entities += 1
      mark(pair.open)
      styles.append(style)
      inlines(inner)
      // It may be that code inside has ended it, and there were too many to begin it again.
      if let index = styles.lastIndex(of: style) {
        styles.remove(at: index)
        mark(pair.close)
      }
      return
    }
    // Markup of the others needs a visible character next to it.
    guard !first.properties.isWhitespace, !end.properties.isWhitespace,
      !inner.contains(where: { if case .lineBreak = $0 { dialect.isSlack } else { false } })
    else { return inlines(inner) }
    begin(pair.open, first)
    styles.append(style)
    inlines(inner)
    styles.removeLast()
    mark(pair.close)
    isLineStart = false
    hasJustClosed = dialect.isSlack || !Self.isLetter(end)
    last = pair.close.unicodeScalars.last ?? "*"
  }

  /// Begins strong or emphasized text so that it is seen as such.
  private mutating func begin(_ open: String, _ first: Unicode.Scalar) {
    if last == open.unicodeScalars.first {
      mark("\u{200B}")
    } else if Self.isLetter(last), dialect.isSlack || !Self.isLetter(first) || hasJustClosed {
      mark(dialect.spacer)
    }
    hasJustClosed = false
    mark(open)
    isLineStart = false
    last = open.unicodeScalars.last ?? "*"
  }

  private mutating func link(_ url: String, _ words: [Inline]) {
    let url = Escaper.quiet(url, dialect)
    let outer = isInLink
    let isLink = SafeLink.isWeb(url) || dialect.hasOtherLinks
    guard !isInLink, isLink, plainness < 3, entities < mostEntities else {
      inlines(words)
      if !outer { show(behind: words, url) }
      return
    }
    isInLink = true
    defer { isInLink = outer }
    switch dialect.links {
    case .words:
      inlines(words)
      show(behind: words, url)
    case .html:
      entities += 1
      mark("<a href=\"\(Escaper.attribute(url))\">")
      inlines(words)
      mark("</a>")
    case .markdown:
      mark("[")
      isLineStart = false
      last = "["
      inlines(words.oneLine)
      mark("](\(Escaper.destination(url, dialect)))")
      last = ")"
      hasJustClosed = false
    case .slack:
      mark("<\(Escaper.html(url))|")
      out += Escaper.slackLabel(words.oneLine.plainText)
      visible += words.plainText
      mark(">")
      isLineStart = false
      last = ">"
    }
  }

  /// A target behind its words, where they do not say it themselves.
  private mutating func show(behind words: [Inline], _ url: String) {
    let bare = SafeLink.isWeb(url) ? url : String(url.unicodeScalars.drop { $0 != ":" }.dropFirst())
    let text = words.plainText
    guard text != url, text != bare else { return }
    self.text(text.isEmpty ? "" : " (")
    self.url(bare)
    self.text(text.isEmpty ? "" : ")")
  }

  private mutating func url(_ url: String) {
    guard SafeLink.isWeb(url), !isInLink, plainness < 3 else {
      let bare = SafeLink.scheme(url) == nil || SafeLink.isWeb(url)
      let shown = bare ? url : String(url.unicodeScalars.drop { $0 != ":" }.dropFirst())
      return text(shown)
    }
    if hasJustClosed { mark(dialect.spacer) }
    hasJustClosed = false
    let url = Escaper.quiet(url, dialect)
    visible += url
    switch dialect.urls {
    case .words:
      if case .html = dialect.escapes { out += Escaper.html(url) } else { out += url }
    case .html: out += "<\(url)>"
    case .markdown:
      mark("[")
      var escaper = Escaper(
        dialect: dialect, isLineStart: false, isInCell: isInCell, isInLink: true, last: "[")
      out += escaper.escape(url)
      mark("](\(Escaper.destination(url, dialect)))")
    case .slack: out += "<\(Escaper.html(url))>"
    }
    isLineStart = false
    last = "a"
  }

  private mutating func image(_ url: String, _ words: [Inline]) {
    let url = Escaper.quiet(url, dialect)
    if dialect.hasPictures, SafeLink.isWeb(url), !isInLink {
      mark("![")
      isInLink = true
      last = "["
      text(TableText.oneLine(words.plainText))
      isInLink = false
      mark("](\(Escaper.destination(url, dialect)))")
      isLineStart = false
      last = ")"
    } else if words.isEmpty {
      self.url(url)
    } else {
      link(url, words)
    }
  }

  /// Whether a character is one that CommonMark takes for a part of a word.
  static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return scalar.value >= 0x30 && scalar.value <= 0x39 || scalar.value >= 0x41 && scalar.value <= 0x5A
        || scalar.value >= 0x61 && scalar.value <= 0x7A
    }
    if scalar.properties.isWhitespace { return false }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return false
    default: return true
    }
  }
}

extension Dialect {
  var isSlack: Bool { if case .slack = escapes { true } else { false } }
}
