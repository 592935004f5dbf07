/// A step from a JSON value to one inside it.
enum Step: Equatable, Sendable {
  case name(String)
  case index(Int)
}

/// The way from the top of the configuration to a value.
typealias Place = [Step]

extension [Step] {
  /// The place as messages name it: `agents.claude.command[0]`.
  var words: String {
    var text = ""
    for step in self {
      switch step {
      case .name(let name): text += (text.isEmpty ? "" : ".") + Shown.name(name)
      case .index(let index): text += "[\(index)]"
      }
    }
    return text.isEmpty ? "configuration" : text
  }
}

/// Finds where a value stands in a JSON text, for messages.
///
/// Values keep no positions, because only the rare mistake needs one. The text is one that the reader
/// has accepted; for any other, the position is somewhere in it.
struct Locator: Sendable {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The line and column, from 1, of a value, or of its name.
  func position(of place: Place, atName: Bool) -> (line: Int, column: Int) {
    var cursor = JSONCursor(bytes: bytes)
    cursor.skipBlanks()
    var start = cursor.offset
    for step in place {
      guard let found = cursor.enter(step) else { break }
      start = atName ? found : cursor.offset
    }
    let before = bytes.prefix(start)
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return (before.count { $0 == 0x0A } + 1, start - lineStart + 1)
  }
}
