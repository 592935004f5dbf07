internal import Console

extension Markdown {
  /// For the text/plain part of an e-mail with `format=flowed` (RFC 3676); lines end in LF.
  ///
  /// Paragraphs are folded at blanks behind at most 76 columns, so that a reader can unfold them; code and
  /// tables keep their lines. Quotes have `>` in front of them.
  package var emailText: String {
    var writer = Writer(.mail)
    writer.blocks(blocks)
    var out = ""
    var number = 0
    var fixed = writer.fixedLines[...]
    for bytes in writer.out.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      defer { number += 1 }
      while let first = fixed.first, first.upperBound <= number { fixed.removeFirst() }
      let isFixed = fixed.first?.contains(number) == true
      if number > 0 { out += "\n" }
      let line = String(decoding: bytes, as: UTF8.self)
      Self.fold(line, depth: writer.lineDepths[number], isFixed: isFixed, to: &out)
    }
    return out
  }

  private static let mostColumns = 76

  /// Writes a line of text as one or more lines.
  private static func fold(_ line: String, depth: Int, isFixed: Bool, to out: inout String) {
    var rest = Substring(line)
    // A blank at the end would mean that the next line belongs to this one.
    while let last = rest.unicodeScalars.last, last == " " { rest.unicodeScalars.removeLast() }
    var quote = ""
    while quote.utf8.count < depth, rest.utf8.first == UInt8(ascii: ">") {
      quote += ">"
      rest = rest.dropFirst()
      if rest.utf8.first == 0x20 { rest = rest.dropFirst() }
    }
    var isFirst = true
    while true {
      if !isFirst { out += "\n" }
      isFirst = false
      out += quote
      // What could be taken for a quote, for the beginning of another message, or for this blank gets one.
      let looksOther =
        rest.utf8.first == 0x20 || rest.utf8.first == UInt8(ascii: ">")
        || rest.utf8.starts(with: "From ".utf8)
      if !quote.isEmpty && !rest.isEmpty || looksOther { out += " " }
      guard !isFixed, let cut = cut(rest, from: quote.utf8.count) else {
        out += rest
        return
      }
      out += rest[..<cut]
      rest = rest[cut...]
    }
  }

  /// Behind which blank a line is folded that begins in a column.
  private static func cut(_ line: Substring, from column: Int) -> Substring.Index? {
    guard column + line.utf8.count > mostColumns else { return nil }
    // The marks of a quote have a blank behind them.
    var columns = column == 0 ? 0 : column + 1
    var cut: Substring.Index?
    var hasWord = false
    for index in line.indices {
      let character = line[index]
      columns += Columns.of(character)
      if columns > mostColumns + 1, cut != nil { return cut }
      if character != " " { hasWord = true }
      let next = line.index(after: index)
      if character == " ", hasWord, next < line.endIndex, line[next] != " " { cut = next }
    }
    return columns > mostColumns ? cut : nil
  }
}
