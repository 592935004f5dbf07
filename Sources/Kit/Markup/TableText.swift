internal import Console

/// A table as text in which every character has the same width.
enum TableText {
  /// The rows with their columns aligned, the head set off by dashes; nil where they would be wider than
  /// `most`.
  ///
  /// Columns are those that a terminal shows: two for an ideograph or an emoji. A cell's own lines become
  /// one.
  static func aligned(_ table: Table, most: Int) -> [String]? {
    var widths = [Int](repeating: 0, count: table.alignments.count)
    // Three columns of text are the least that a column takes, with what stands between two.
    guard !widths.isEmpty, widths.count * 3 <= most + 3 else { return nil }
    var rows: [[(text: String, width: Int)]] = []
    for row in [table.header] + table.rows {
      var cells: [(text: String, width: Int)] = []
      for (column, cell) in row.enumerated() {
        let text = oneLine(cell.plainText)
        guard text.utf8.count <= most * 8 else { return nil }
        let width = Columns.of(text)
        widths[column] = max(widths[column], width)
        cells.append((text, width))
      }
      // Given up as soon as it is too wide, so that a few wide rows do not cost what many do.
      guard widths.reduce(0, +) + 3 * (widths.count - 1) <= most else { return nil }
      rows.append(cells)
    }
    var lines: [String] = []
    lines.reserveCapacity(rows.count + 1)
    for (index, row) in rows.enumerated() {
      var line = ""
      for (column, cell) in row.enumerated() {
        if column > 0 { line += " | " }
        let room = widths[column] - cell.width
        let isLast = column == row.count - 1
        switch table.alignments[column] {
        case .none, .left: line += cell.text + (isLast ? "" : blanks(room))
        case .right: line += blanks(room) + cell.text
        case .center:
          line += blanks(room / 2) + cell.text + (isLast ? "" : blanks(room - room / 2))
        }
      }
      lines.append(line)
      if index == 0 {
        lines.append(widths.map { String(repeating: "-", count: $0) }.joined(separator: "-+-"))
      }
    }
    return lines
  }

  private static func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }

  static func oneLine(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == 0x0A || $0 == 9 }) else { return text }
    return String(decoding: text.utf8.map { $0 == 0x0A || $0 == 9 ? 0x20 : $0 }, as: UTF8.self)
  }
}
