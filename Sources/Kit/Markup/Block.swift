/// A block of a parsed text.
package indirect enum Block: Equatable, Sendable {
  case paragraph([Inline])
  case heading(level: Int, [Inline])
  /// A block of code, without a line feed at its end, and the language it says it is in.
  case code(language: String, text: String)
  case quote([Block])
  case list(List)
  case table(Table)
  case rule
}

/// A list with its items.
package struct List: Equatable, Sendable {
  /// The first item's number; nil for a list with bullets.
  package var start: Int?
  /// Whether no empty lines stand between the items.
  package var isTight: Bool
  /// What is listed.
  package var items: [Item]

  /// One item of a list.
  package struct Item: Equatable, Sendable {
    /// Whether a task is done; nil where it is none.
    package var isDone: Bool?
    /// What it says.
    package var blocks: [Block]
  }
}

/// A table: every row has a cell for each column.
package struct Table: Equatable, Sendable {
  /// Where a column's text stands.
  package enum Alignment: Sendable {
    case none, left, center, right
  }

  package typealias Cell = [Inline]
  /// One for each column.
  package var alignments: [Alignment]
  package var header: [Cell]
  package var rows: [[Cell]]
}

/// A piece of running text.
package indirect enum Inline: Equatable, Sendable {
  /// Text without line feeds; raw HTML of the source is text, too.
  case text(String)
  /// Code, without line feeds.
  case code(String)
  case emphasis([Inline])
  case strong([Inline])
  case strike([Inline])
  /// Words that lead to http, https, mailto or tel; what leads elsewhere is text.
  case link(url: String, [Inline])
  /// A URL that stands for itself.
  case url(String)
  /// A picture: its description, and where it is.
  case image(url: String, [Inline])
  /// The end of a line in the source; `isHard` where it was asked for.
  case lineBreak(isHard: Bool)
}
