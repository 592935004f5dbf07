/// A text that is being typed as rows of a screen, and where the cursor is in them.
package struct EditorRows: Equatable, Sendable {
  /// The rows that are shown, each without its line end.
  package private(set) var rows: [String] = []
  /// The cursor's row among them.
  package private(set) var cursorRow = 0
  /// What stands before the cursor in its row.
  package private(set) var beforeCursor = ""

  /// Lays a text out.
  ///
  /// Of a text with more rows than `height` those around the cursor are shown.
  ///
  /// - Parameters:
  ///   - text: the characters.
  ///   - cursor: before which of them the cursor stands.
  ///   - prompt: what stands before the text; other rows are indented as far.
  ///   - columns: the width of the screen.
  ///   - height: the most rows to show.
  package init(_ text: [Character], cursor: Int, prompt: String, columns: Int, height: Int) {
    let indent = min(Columns.of(prompt), max(0, columns - 4))
    let room = max(2, columns - indent)
    // Where each row begins; only those that are shown become text.
    var starts = [0]
    var used = 0
    var cursorAt = 0
    for index in text.indices {
      if index == cursor { cursorAt = starts.count - 1 }
      if text[index] == "\n" {
        starts.append(index + 1)
        used = 0
        continue
      }
      let width = Self.width(text[index])
      if used + width > room {
        starts.append(index)
        used = 0
        if index == cursor { cursorAt = starts.count - 1 }
      }
      used += width
    }
    if cursor >= text.count {
      // Behind a full row the cursor has no place but in the next one.
      if used >= room { starts.append(text.count) }
      cursorAt = starts.count - 1
    }
    let first = max(0, min(cursorAt - height / 2, starts.count - height))
    let last = min(starts.count, first + max(1, height))
    let blank = String(repeating: " ", count: indent)
    for row in first..<last {
      let end = row + 1 < starts.count ? starts[row + 1] : text.count
      let lead = row == 0 ? Columns.prefix(prompt, indent) : row == first ? Self.more(blank) : blank
      rows.append(lead + Self.shown(text[starts[row]..<end]))
      if row == cursorAt {
        cursorRow = row - first
        beforeCursor = lead + Self.shown(text[starts[row]..<min(cursor, end)])
      }
    }
  }

  /// The mark of a text that goes on above.
  private static func more(_ blank: String) -> String { blank.isEmpty ? "" : "^" + blank.dropFirst() }

  private static func width(_ character: Character) -> Int {
    if let ascii = character.asciiValue, ascii >= 0x20, ascii != 0x7F { return 1 }
    return character == "\t" ? 4 : Columns.of(shown(character))
  }

  private static func shown(_ characters: ArraySlice<Character>) -> String {
    var text = ""
    for character in characters where character != "\n" {
      if let ascii = character.asciiValue, ascii >= 0x20, ascii != 0x7F {
        text.append(character)
      } else {
        text += shown(character)
      }
    }
    return text
  }

  /// A character as it can be shown without acting on the terminal.
  private static func shown(_ character: Character) -> String {
    if character == "\t" { return "    " }
    guard character.unicodeScalars.contains(where: isActing) else { return String(character) }
    var text = ""
    for scalar in character.unicodeScalars {
      if scalar.value < 0x20 {
        text += "^" + String(Unicode.Scalar(UInt8(scalar.value + 0x40)))
      } else if isActing(scalar) {
        text += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  private static func isActing(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF:
      true
    default: false
    }
  }
}
