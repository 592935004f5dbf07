/// Names and short values as they appear in messages: one line, nothing that a terminal acts on.
package enum Shown {
  /// A word in double quotes, no more of it than tells what it is.
  package static func quoted(_ text: String, limit: Int = 40) -> String {
    var shown = "\""
    var count = 0
    for scalar in text.unicodeScalars {
      if count == limit { return shown + "...\"" }
      count += 1
      switch scalar {
      case "\"": shown += "\\\""
      case "\\": shown += "\\\\"
      default: shown += isPlain(scalar) ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return shown + "\""
  }

  /// A path in double quotes, whole: half of one helps nobody.
  package static func path(_ path: String) -> String { quoted(path, limit: 4096) }

  /// A name in a key path: bare when it is a plain word.
  package static func name(_ text: String) -> String {
    let isWord =
      (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        Names.isLetter($0) || Names.isDigit($0) || [0x5F, 0x2D, 0x2E, 0x40, 0x25].contains($0)
      }
    return isWord ? text : quoted(text)
  }

  /// A path as a word of a shell command, for hints that can be pasted.
  package static func shellWord(_ path: String) -> String {
    let isWord =
      !path.isEmpty
      && path.utf8.allSatisfy {
        Names.isLetter($0) || Names.isDigit($0) || [0x2F, 0x5F, 0x2D, 0x2E].contains($0)
      }
    return isWord
      ? path
      : "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned,
      .spaceSeparator:
      return false
    default: return true
    }
  }
}
