/// A reply cut into what is new and what it quotes.
///
/// Programs mark quotes in many ways; what is not recognised stays with the new part.
package struct QuotedReply: Sendable, Equatable {
  /// What the person has written.
  package var text: String
  /// What it quotes; nil where nothing was found.
  package var quote: String?

  /// Cuts a text.
  package init(_ whole: String) {
    var lines = whole.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map {
      Self.withoutEnd($0)
    }
    var quoted: [Substring.UTF8View] = []
    if let cut = Self.cut(lines) {
      quoted = Array(lines[cut...])
      lines = Array(lines[..<cut])
    }
    lines = Self.withoutQuotesAtEnd(lines, &quoted)
    lines = Self.withoutSignature(lines)
    if lines.allSatisfy({ Self.isBlank($0) }), !quoted.isEmpty {
      // The answer stands below what it quotes.
      var below: [Substring.UTF8View] = []
      var above: [Substring.UTF8View] = []
      let all = Self.withoutSignature(quoted)
      for (index, line) in all.enumerated() {
        let isOld = Self.isQuote(line) || Self.isAttribution(line) || Self.isAttributionOfTwo(all, index)
        if isOld { above.append(line) } else { below.append(line) }
      }
      if !above.isEmpty {
        lines = below
        quoted = above
      }
    }
    text = Self.joined(lines)
    let rest = Self.joined(
      quoted.map { line in
        guard Self.isQuote(line) else { return line }
        let inner = line.drop { $0 == UInt8(ascii: ">") }
        return inner.first == 0x20 ? inner.dropFirst() : inner
      })
    quote = rest.isEmpty ? nil : rest
  }

  private static func withoutEnd(_ line: Substring.UTF8View) -> Substring.UTF8View {
    var line = line
    // The blank behind the two hyphens of a signature counts.
    while let last = line.last, last == 0x0D || last == 0x20 || last == 0x09, !line.elementsEqual("-- ".utf8)
    {
      line.removeLast()
    }
    return line
  }

  private static func isBlank(_ line: Substring.UTF8View) -> Bool { line.allSatisfy { $0 <= 0x20 } }

  private static func isQuote(_ line: Substring.UTF8View) -> Bool { line.first == UInt8(ascii: ">") }

  private static func joined(_ lines: [Substring.UTF8View]) -> String {
    var lines = lines[...]
    while let first = lines.first, isBlank(first) { lines.removeFirst() }
    while let last = lines.last, isBlank(last) { lines.removeLast() }
    return lines.map { String(Substring($0)) }.joined(separator: "\n")
  }

  /// Where a program has put the old mail: the line of its first mark.
  private static func cut(_ lines: [Substring.UTF8View]) -> Int? {
    for (index, line) in lines.enumerated() {
      if isSeparator(line) { return index }
      if isHeaderBlock(lines[index...]) { return index }
      guard isAttribution(line) || isAttributionOfTwo(lines, index) else { continue }
      // Somebody may write such a sentence: what follows it must be a quote, or all there is.
      let next = lines[(index + 1)...].first { !isBlank($0) && !isAttribution($0) }
      if next.map(isQuote) ?? true { return index }
    }
    return nil
  }

  private static func withoutQuotesAtEnd(
    _ lines: [Substring.UTF8View], _ quoted: inout [Substring.UTF8View]
  ) -> [Substring.UTF8View] {
    var end = lines.count
    while end > 0, isQuote(lines[end - 1]) || isBlank(lines[end - 1]) { end -= 1 }
    let tail = lines[end...]
    guard tail.contains(where: isQuote) else { return lines }
    quoted = Array(tail) + quoted
    return Array(lines[..<end])
  }

  private static func withoutSignature(_ lines: [Substring.UTF8View]) -> [Substring.UTF8View] {
    guard let cut = lines.firstIndex(where: { $0.elementsEqual("-- ".utf8) }) else { return lines }
    return Array(lines[..<cut])
  }

  private static let verbs = [
    "wrote", "schrieb", "a écrit", "escribió", "escreveu", "ha scritto", "schreef", "skrev", "写道", "寫道",
    "написал", "пишет", "napisał", "のメール", "書きました",
  ].map { Array($0.utf8) }

  /// `On … wrote:` in some languages.
  private static func isAttribution(_ line: Substring.UTF8View) -> Bool {
    guard line.count <= 1000, line.last == UInt8(ascii: ":") || line.suffix(3).elementsEqual("：".utf8) else {
      return false
    }
    return verbs.contains { contains($0, line) }
  }

  private static func isAttributionOfTwo(_ lines: [Substring.UTF8View], _ index: Int) -> Bool {
    guard index + 1 < lines.count, !lines[index].isEmpty, isAttribution(lines[index + 1]) else {
      return false
    }
    let starts = ["On ", "Am ", "Le ", "El ", "Em ", "Il ", "Op ", "Den ", "在"]
    return starts.contains { lines[index].starts(with: $0.utf8) }
  }

  /// A line like `-----Original Message-----`.
  private static func isSeparator(_ line: Substring.UTF8View) -> Bool {
    let inner = line.drop { $0 == 0x2D || $0 == 0x20 }
    guard line.count - inner.count >= 3, inner.last == 0x2D else { return false }
    let words = [
      "Original Message", "Original message", "Ursprüngliche Nachricht", "Message d'origine",
      "Mensaje original",
      "Messaggio originale", "原始邮件", "原始郵件", "Forwarded message", "元のメッセージ",
    ]
    return words.contains { inner.starts(with: $0.utf8) }
  }

  /// The block of fields that Outlook puts above the old mail, with or without a line above it.
  private static func isHeaderBlock(_ lines: ArraySlice<Substring.UTF8View>) -> Bool {
    var lines = lines
    if let first = lines.first, first.count >= 20, first.allSatisfy({ $0 == UInt8(ascii: "_") }) {
      lines = lines.dropFirst()
    }
    let names = [
      ["From:", "Von:", "De :", "De:", "发件人", "寄件者", "Da:", "Van:"],
      [
        "Sent:", "Date:", "Gesendet:", "Datum:", "Envoyé", "Enviado", "发送时间", "日期", "寄件日期", "Inviato:",
        "Verzonden:", "Fecha:",
      ],
      ["To:", "An:", "À :", "À:", "Para:", "收件人", "收件者", "A:", "Aan:"],
    ]
    var found = 0
    for line in lines.prefix(5) {
      let bare = line.drop { $0 == UInt8(ascii: "*") || $0 == 0x20 }
      guard found < names.count else { break }
      if names[found].contains(where: { bare.starts(with: $0.utf8) }) {
        found += 1
      } else if found == 0 {
        return false
      }
    }
    return found == names.count
  }

  private static func contains(_ word: [UInt8], _ line: Substring.UTF8View) -> Bool {
    var rest = line
    while rest.count >= word.count {
      if rest.starts(with: word) { return true }
      rest.removeFirst()
    }
    return false
  }
}
