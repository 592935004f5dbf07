/// Cuts a Markdown source into parts that a platform takes.
///
/// A cut is made, in this order, at an empty line, a line feed, the end of a sentence, a blank, or between
/// two characters; never inside a character as people see it (however many code points it is made of), and
/// never inside a table row, unless the character or the row alone is too long. A block of code that is cut
/// is closed at the end of its part and begun again in the next with the same language; a table's head is
/// repeated; what stood in a quote still does, and what stood in a list is where the list's text began.
package struct TextSplitter {
  /// How long a part may be, as `measure` measures it.
  package let limit: Int
  /// Whether each part says which it is, `(2/3)`, where there are several.
  package let isNumbered: Bool
  /// How long a part's Markdown is in the form in which it is sent.
  package let measure: (String) -> Int

  /// A splitter with a measure of its own.
  ///
  /// Parts are not numbered where there is hardly room for text.
  package init(limit: Int, isNumbered: Bool = true, measure: @escaping (String) -> Int) {
    (self.limit, self.measure) = (max(1, limit), measure)
    self.isNumbered = isNumbered && limit >= 100
  }

  /// A splitter that measures a rendered form in a platform's unit, for example
  /// `TextSplitter(limit: 2000, unit: .utf16) { $0.discord }`.
  package init(
    limit: Int, unit: TextUnit, isNumbered: Bool = true, render: @escaping (Markdown) -> String
  ) {
    self.init(limit: limit, isNumbered: isNumbered) { unit.count(render(Markdown($0))) }
  }

  /// The parts of a text; one, unchanged and without a number, if it fits.
  package func split(_ source: String) -> [TextPart] { split(source, most: .max) ?? [] }

  /// The parts of a text or, if it has more than `most`, that it is to be sent as a file.
  ///
  /// - Parameters:
  ///   - source: the Markdown.
  ///   - most: how many messages a person wants to get.
  ///   - note: what is said below the beginning, for example "(all of it is in the file)".
  /// - Returns: the plan.
  package func plan(_ source: String, most: Int, note: String) -> TextPlan {
    if let parts = split(source, most: max(1, most)) { return .parts(parts) }
    return .file(beginning: beginning(source, ending: "…\n\n\(note)"))
  }

  /// The beginning of a growing text that fits into one message, with `…` where it goes on.
  package func beginning(_ source: String) -> String { beginning(source, ending: "…") }

  private func beginning(_ source: String, ending: String) -> String {
    if fits(source) { return source }
    var cutter = PartCutter(SourceMap(source), self)
    return cutter.next(label: "", ending: "\n\n" + ending)?.markdown ?? ending
  }

  /// Whether a text is one part.
  private func fits(_ source: String) -> Bool {
    // A form is hardly ever a hundredth of its source: what is that long need not be rendered.
    source.utf8.count / 100 <= limit && measure(source) <= limit
  }

  /// The parts; nil if there are more than `most`.
  private func split(_ source: String, most: Int) -> [TextPart]? {
    if fits(source) { return [TextPart(markdown: source, slice: source, number: 1, count: 1)] }
    let map = SourceMap(source)
    var digits = isNumbered ? String(1 + source.utf8.count / limit).utf8.count : 0
    while true {
      let number = String(repeating: "9", count: digits)
      var cutter = PartCutter(map, self)
      var parts: [TextPart] = []
      while let part = cutter.next(label: digits > 0 ? "(\(number)/\(number))\n\n" : "", ending: "") {
        parts.append(part)
        if parts.count > most { return nil }
      }
      guard digits == 0 || String(parts.count).utf8.count <= digits else {
        digits += 1
        continue
      }
      for index in parts.indices {
        (parts[index].number, parts[index].count) = (index + 1, parts.count)
        guard digits > 0, parts.count > 1 else { continue }
        parts[index].markdown = "(\(index + 1)/\(parts.count))\n\n" + parts[index].markdown
      }
      return parts
    }
  }
}

/// A part of a text.
package struct TextPart: Equatable, Sendable {
  /// The Markdown to render: the slice with its number, its code fences and table heads made whole.
  package var markdown: String
  /// What it is of the source: all slices together are the source.
  package var slice: String
  /// Which part it is, from 1.
  package var number: Int
  /// How many parts there are.
  package var count: Int
}

/// How a text goes out.
package enum TextPlan: Equatable, Sendable {
  /// As so many messages.
  case parts([TextPart])
  /// As a file, because it would be more messages than a person wants to get: the Markdown of the message
  /// that stands with it, which is the beginning of the text and says that the rest is in the file.
  case file(beginning: String)
}
