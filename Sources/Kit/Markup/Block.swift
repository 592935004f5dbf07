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
  package var items: [Item]

  /// One item of a list.
  package struct Item: Equatable, Sendable {
    /// Whether it is a task, and one that is done.
    package var isDone: Bool?
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
  package var alignments: [Alignment]
  package var header: [Cell]
  package var rows: [[Cell]]
}

/// A piece of running text.
package indirect enum Inline: Equatable, Sendable {
  /// Text without line feeds; raw HTML of the source is text, too.
  case text(String)
  case code(String)
  case emphasis([Inline])
  case strong([Inline])
  case strike([Inline])
  /// A link to http, https, mailto or tel; what links elsewhere is text.
  case link(url: String, [Inline])
  /// A picture: its description, and where it is.
  case image(url: String, [Inline])
  /// The end of a line in the source; `isHard` where it was asked for.
  case lineBreak(isHard: Bool)
}
