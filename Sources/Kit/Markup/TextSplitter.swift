/// Cuts a Markdown source into parts that a platform takes.
///
/// A cut is made, in this order, at an empty line, a line feed, the end of a sentence, a blank, or between two
/// characters; never inside a character as people see it (however many code points it is made of), and never
/// inside a table row unless the row alone is too long. A code block that is cut is closed at the end of its part
/// and begun again in the next with the same language; a table's head is repeated; what stood in a list or in a
/// quote still does.
package struct TextSplitter {
  /// How long a part may be, as `measure` measures it.
  package let limit: Int
  /// Whether each part says which it is, `(2/3)`, where there are several.
  package let isNumbered: Bool
  /// How long a part's Markdown is in the form in which it is sent.
  package let measure: (String) -> Int

  /// A splitter with a measure of its own.
  package init(limit: Int, isNumbered: Bool = true, measure: @escaping (String) -> Int) {
    (self.limit, self.isNumbered, self.measure) = (max(1, limit), isNumbered, measure)
  }

  /// A splitter that measures a rendered form in a platform's unit, for example
  /// `TextSplitter(limit: 2000, unit: .utf16) { $0.discord }`.
  package init(
    limit: Int, unit: TextUnit, isNumbered: Bool = true, render: @escaping (Markdown) -> String
  ) {
    self.init(limit: limit, isNumbered: isNumbered) { unit.count(render(Markdown($0))) }
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
  /// As a file, because it would be more messages than a person wants to get: the Markdown of the message that
  /// stands with it, which is the beginning of the text and says that the rest is in the file.
  case file(beginning: String)
}

extension TextSplitter {
  /// The parts of a text; one, unchanged and without a number, if it fits.
  package func split(_ source: String) -> [TextPart] {
    []
  }

  /// The parts of a text or, if it has more than `most`, that it is to be sent as a file.
  ///
  /// - Parameter note: what is said below the beginning, for example "(all of it is in the file)".
  package func plan(_ source: String, most: Int, note: String) -> TextPlan {
    .parts(split(source))
  }

  /// The beginning of a growing text that fits into one message, with `…` where it goes on.
  package func beginning(_ source: String) -> String { source }
}
