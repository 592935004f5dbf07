extension [Inline] {
  /// The words alone, lines apart.
  var plainText: String {
    var text = ""
    for inline in self { inline.appendPlain(to: &text) }
    return text
  }
}

extension Inline {
  fileprivate func appendPlain(to text: inout String) {
    switch self {
    case .text(let own), .code(let own), .url(let own): text += own
    case .emphasis(let inner), .strong(let inner), .strike(let inner), .link(_, let inner),
      .image(_, let inner):
      for inline in inner { inline.appendPlain(to: &text) }
    case .lineBreak: text += "\n"
    }
  }

  /// The targets of links and pictures in it.
  fileprivate func targets(_ found: inout [String]) {
    switch self {
    case .text, .code, .url, .lineBreak: break
    case .emphasis(let inner), .strong(let inner), .strike(let inner):
      for inline in inner { inline.targets(&found) }
    case .link(let url, let inner), .image(let url, let inner):
      found.append(url)
      for inline in inner { inline.targets(&found) }
    }
  }
}

extension Block {
  /// The block with what `clean` leaves of its words.
  func cleaned(_ clean: (String) -> String) -> Block {
    switch self {
    case .paragraph(let inlines): .paragraph(inlines.cleaned(clean))
    case .heading(let level, let inlines): .heading(level: level, inlines.cleaned(clean))
    case .code(let language, let text): .code(language: clean(language), text: clean(text))
    case .quote(let blocks): .quote(blocks.map { $0.cleaned(clean) })
    case .list(var list):
      .list(
        {
          for index in list.items.indices {
            list.items[index].blocks = list.items[index].blocks.map { $0.cleaned(clean) }
          }
          return list
        }())
    case .table(let table):
      .table(
        Table(
          alignments: table.alignments, header: table.header.map { $0.cleaned(clean) },
          rows: table.rows.map { $0.map { $0.cleaned(clean) } }))
    case .rule: .rule
    }
  }
}

extension [Inline] {
  /// The words as they are if nothing has to be taken out of them, else what is left of them, without markup.
  fileprivate func cleaned(_ clean: (String) -> String) -> [Inline] {
    let words = plainText
    let left = clean(words)
    var targets: [String] = []
    for inline in self { inline.targets(&targets) }
    if left == words, targets.allSatisfy({ clean($0) == $0 }) { return self }
    var result: [Inline] = []
    for line in left.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if !result.isEmpty { result.append(.lineBreak(isHard: true)) }
      result.append(.text(String(decoding: line, as: UTF8.self)))
    }
    return result
  }
}
