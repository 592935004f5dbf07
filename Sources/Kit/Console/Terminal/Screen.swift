/// What stands at the lower end of a terminal and changes, below text that stays.
///
/// The screen makes bytes; who has it writes them to the terminal. Text that stays is printed above the
/// area and scrolls away as usual. The terminal wraps that text itself, so that it follows a change of
/// the window's size; the area's rows are cut by us, because their number must be known.
package struct Screen: Sendable {
  /// The rows that change, and the cursor.
  package struct Area: Equatable, Sendable {
    /// The rows, none wider than the screen; they may hold colours.
    package var rows: [String]
    /// The cursor's row among them.
    package var cursorRow: Int
    /// What stands before the cursor in its row; nil for the end of the row.
    package var beforeCursor: String?
    /// The columns that each row takes.
    package var widths: [Int]

    /// An area without rows.
    package init() {
      rows = []
      cursorRow = 0
      widths = []
    }

    /// Adds a row.
    package mutating func add(_ row: String, width: Int) {
      rows.append(row)
      widths.append(width)
      cursorRow = rows.count - 1
      beforeCursor = nil
    }
  }

  /// The width of the terminal.
  package private(set) var columns: Int
  /// The height of the terminal.
  package private(set) var rows: Int
  private var drawn: Area?
  /// How many rows the cursor stands below the first of the area.
  private var below = 0

  /// A terminal of a size, with nothing drawn.
  package init(rows: Int, columns: Int) {
    (self.rows, self.columns) = (max(1, rows), max(1, columns))
  }

  /// Notes that the window has another size; the area is to be drawn again.
  package mutating func resize(rows: Int, columns: Int) {
    (self.rows, self.columns) = (max(1, rows), max(1, columns))
    guard let area = drawn else { return }
    // Terminals wrap what has become too long.
    below = 0
    for width in area.widths.prefix(area.cursorRow) {
      below += max(1, (width + self.columns - 1) / self.columns)
    }
    let before = area.beforeCursor.map { Columns.of($0) } ?? area.widths.last ?? 0
    below += max(0, before - 1) / self.columns
    below = min(below, self.rows - 1)
    isStale = true
  }

  private var isStale = false

  /// Prints text that stays, which ends with a line feed if there is any, and draws the area below it.
  package mutating func update(above: [UInt8], area: Area) -> [UInt8] {
    if above.isEmpty, !isStale, let drawn, drawn == area { return [] }
    var bytes = erase()
    // The terminal's own end of line needs no carriage return: output processing stays on.
    bytes += above
    guard !area.rows.isEmpty else { return bytes }
    // Should a terminal find a row wider than we do, it must not become two.
    bytes += "\u{1B}[?7l".utf8
    for (index, row) in area.rows.enumerated() {
      if index > 0 { bytes += "\r\n".utf8 }
      bytes += row.utf8
    }
    bytes += "\u{1B}[?7h".utf8
    let up = area.rows.count - 1 - area.cursorRow
    if up > 0 || area.beforeCursor != nil {
      bytes += "\r".utf8
      if up > 0 { bytes += "\u{1B}[\(up)A".utf8 }
      // Printed again rather than counted: the cursor is then right on every terminal.
      bytes += (area.beforeCursor ?? area.rows[area.cursorRow]).utf8
    }
    drawn = area
    below = area.cursorRow
    isStale = false
    return bytes
  }

  /// Takes the area away; the cursor is where it began.
  package mutating func erase() -> [UInt8] {
    guard drawn != nil else { return [] }
    drawn = nil
    isStale = false
    var bytes = Array("\r".utf8)
    if below > 0 { bytes += "\u{1B}[\(below)A".utf8 }
    bytes += "\u{1B}[J".utf8
    below = 0
    return bytes
  }

  /// Notes that others have written there: the area is drawn anew where the cursor is.
  package mutating func forget() {
    drawn = nil
    below = 0
  }

  /// Clears the whole screen; the area is to be drawn again.
  package mutating func clear() -> [UInt8] {
    drawn = nil
    below = 0
    return Array("\u{1B}[H\u{1B}[2J".utf8)
  }
}
