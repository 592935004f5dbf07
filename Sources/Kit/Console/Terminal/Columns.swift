/// How many columns of a terminal text takes.
package enum Columns {
  /// The columns of one scalar on its own: 0, 1 or 2.
  package static func of(_ scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 { return value < 0x20 || (0x7F...0x9F).contains(value) ? 0 : 1 }
    if isIn(WidthTable.zero, value) { return 0 }
    return isIn(WidthTable.wide, value) ? 2 : 1
  }

  /// The columns of what a person sees as one character, however many scalars it is made of.
  package static func of(_ character: Character) -> Int {
    var widest = 0
    var isFirst = true
    for scalar in character.unicodeScalars {
      if !isFirst {
        // The selector that asks for a picture instead of a sign makes it as wide as pictures are.
        if scalar.value == 0xFE0F, widest == 1 { return 2 }
        if isRegional(scalar) { return 2 }
      }
      widest = max(widest, of(scalar))
      isFirst = false
    }
    return widest
  }

  /// The columns of a text without line feeds.
  package static func of(_ text: some StringProtocol) -> Int {
    var sum = 0
    for character in text { sum += character.isASCII ? of(ascii: character) : of(character) }
    return sum
  }

  /// The beginning of a text that fits into so many columns.
  package static func prefix(_ text: String, _ columns: Int) -> String {
    var room = columns
    var kept = ""
    for character in text {
      let width = of(character)
      guard width <= room else { return kept }
      room -= width
      kept.append(character)
    }
    return kept
  }

  /// Cuts a text without line feeds into rows of at most so many columns, after blanks where there are some.
  package static func wrap(_ text: String, _ columns: Int) -> [String] {
    var rows: [String] = []
    var row: [(character: Character, width: Int)] = []
    var used = 0
    for character in text {
      let width = of(character)
      if used + width > columns, !row.isEmpty {
        // A word goes to the next row as a whole if it leaves this one at least half full.
        let blank = row.lastIndex { $0.character == " " }.map { $0 + 1 } ?? row.count
        let cut = blank > row.count / 2 ? blank : row.count
        rows.append(String(row[..<cut].map(\.character)))
        row.removeFirst(cut)
        used = row.reduce(0) { $0 + $1.width }
        if row.isEmpty, character == " " { continue }
      }
      row.append((character, width))
      used += width
    }
    rows.append(String(row.map(\.character)))
    return rows
  }

  private static func of(ascii character: Character) -> Int {
    character.asciiValue.map { $0 < 0x20 || $0 == 0x7F ? 0 : 1 } ?? 1
  }

  private static func isRegional(_ scalar: Unicode.Scalar) -> Bool {
    (0x1F1E6...0x1F1FF).contains(scalar.value)
  }

  private static func isIn(_ table: [UInt32], _ value: UInt32) -> Bool {
    var low = 0
    var high = table.count / 2
    while low < high {
      let middle = (low + high) / 2
      if value > table[2 * middle + 1] {
        low = middle + 1
      } else if value < table[2 * middle] {
        high = middle
      } else {
        return true
      }
    }
    return false
  }
}
