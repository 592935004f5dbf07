internal import Console

extension Writer {
  /// A table, in the way of the dialect.
  mutating func table(_ table: Table) {
    switch dialect.tables {
    case .aligned(let most):
      if let lines = TableText.aligned(table, most: most) {
        code("", lines.joined(separator: "\n"))
      } else {
        records(table)
      }
    case .records: records(table)
    case .pipes: pipes(table)
    }
  }

  private mutating func pipes(_ table: Table) {
    isInCell = true
    defer { isInCell = false }
    row(table.header)
    newLine()
    for alignment in table.alignments {
      switch alignment {
      case .none: mark("| --- ")
      case .left: mark("| :-- ")
      case .center: mark("| :-: ")
      case .right: mark("| --: ")
      }
    }
    mark("|")
    for cells in table.rows {
      newLine()
      row(cells)
    }
  }

  private mutating func row(_ cells: [Table.Cell]) {
    for cell in cells {
      mark("| ")
      isLineStart = false
      last = " "
      inlines(cell.oneLine)
      hasJustClosed = false
      mark(" ")
    }
    mark("|")
    isLineStart = false
  }

  /// A line for each cell, with the head of its column before it; an empty line between two rows.
  private mutating func records(_ table: Table) {
    if table.rows.isEmpty {
      for (index, cell) in table.header.enumerated() {
        if index > 0 { text(", ") }
        inlines(cell.oneLine)
      }
    }
    // A head stands before every cell: it must be short.
    let heads = table.header.map { cell -> [Inline] in
      let words = cell.plainText
      guard words.utf8.count > 60 else { return cell.oneLine }
      return [.text(TableText.oneLine(Columns.prefix(words, 24)) + "…")]
    }
    var isFirst = true
    for row in table.rows {
      var isFirstOfRow = true
      for (column, cell) in row.enumerated() where !cell.isEmpty {
        if !isFirst {
          if isFirstOfRow { newLine() } else if dialect.lineBreak.utf8.count > 1 { mark("  ") }
          newLine()
        }
        (isFirst, isFirstOfRow) = (false, false)
        if !heads[column].isEmpty {
          inlines([.strong(heads[column])])
          text(": ")
        }
        inlines(cell.oneLine)
      }
    }
  }
}
