/// Whether a script of sed only prints and changes what is printed.
///
/// GNU sed can write files (`w`, `W`, the flag of `s`), read them (`r`, `R`) and run commands (`e`): only the
/// commands below are taken, and whatever is not understood is refused.
struct SedScript {
  private var rest: ArraySlice<UInt8>

  static func isHarmless(_ script: String) -> Bool {
    var sed = SedScript(rest: Array(script.utf8)[...])
    return sed.commands(depth: 0) && sed.rest.isEmpty
  }

  private mutating func commands(depth: Int) -> Bool {
    while true {
      skip { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == UInt8(ascii: ";") }
      guard let byte = rest.first else { return depth == 0 }
      if byte == UInt8(ascii: "}") {
        guard depth > 0 else { return false }
        rest.removeFirst()
        return true
      }
      guard addresses() else { return false }
      skip { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: "!") }
      guard let command = rest.popFirst() else { return false }
      switch command {
      case UInt8(ascii: "{"):
        guard depth < 16, commands(depth: depth + 1) else { return false }
      case UInt8(ascii: "s"):
        guard substitution() else { return false }
      case UInt8(ascii: "y"):
        guard let mark = rest.popFirst(), mark != 0x5C, mark != 0x0A, part(mark), part(mark) else {
          return false
        }
      case UInt8(ascii: "p"), UInt8(ascii: "P"), UInt8(ascii: "d"), UInt8(ascii: "D"), UInt8(ascii: "n"),
        UInt8(ascii: "N"), UInt8(ascii: "h"), UInt8(ascii: "H"), UInt8(ascii: "g"), UInt8(ascii: "G"),
        UInt8(ascii: "x"), UInt8(ascii: "="):
        break
      case UInt8(ascii: "q"), UInt8(ascii: "Q"), UInt8(ascii: "l"):
        skip { $0 == 0x20 }
        skip { $0 >= 0x30 && $0 <= 0x39 }
      default: return false
      }
      skip { $0 == 0x20 || $0 == 0x09 }
      guard let end = rest.first else { continue }
      guard end == UInt8(ascii: ";") || end == 0x0A || end == UInt8(ascii: "}") else { return false }
    }
  }

  private mutating func skip(_ isSkipped: (UInt8) -> Bool) {
    while let byte = rest.first, isSkipped(byte) { rest.removeFirst() }
  }

  private mutating func addresses() -> Bool {
    guard let isGiven = address() else { return false }
    guard isGiven else { return true }
    skip { $0 == 0x20 }
    guard rest.first == UInt8(ascii: ",") else { return true }
    rest.removeFirst()
    skip { $0 == 0x20 }
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "~") { rest.removeFirst() }
    return address() == true
  }

  /// Whether an address is here; nil when it is not understood.
  private mutating func address() -> Bool? {
    guard let byte = rest.first else { return false }
    switch byte {
    case 0x30...0x39:
      skip { $0 >= 0x30 && $0 <= 0x39 }
      if rest.first == UInt8(ascii: "~") {
        rest.removeFirst()
        skip { $0 >= 0x30 && $0 <= 0x39 }
      }
      return true
    case UInt8(ascii: "$"):
      rest.removeFirst()
      return true
    case UInt8(ascii: "/"):
      rest.removeFirst()
      guard part(byte) else { return nil }
      skip { $0 == UInt8(ascii: "I") || $0 == UInt8(ascii: "M") }
      return true
    case UInt8(ascii: "\\"): return nil
    default: return false
    }
  }

  private mutating func substitution() -> Bool {
    guard let mark = rest.popFirst(), mark != 0x5C, mark != 0x0A, mark < 0x80, part(mark), part(mark) else {
      return false
    }
    skip {
      $0 == UInt8(ascii: "g") || $0 == UInt8(ascii: "p") || $0 | 0x20 == UInt8(ascii: "i")
        || $0 >= 0x30 && $0 <= 0x39
    }
    return true
  }

  /// Text up to a mark that no backslash precedes.
  ///
  /// A bracket in a regular expression may hold the mark, to some seds: then nothing is understood.
  private mutating func part(_ mark: UInt8) -> Bool {
    var bracket = false
    while let byte = rest.popFirst() {
      if byte == mark {
        return !bracket
      }
      if byte == UInt8(ascii: "\\") {
        guard let next = rest.popFirst(), next != 0x0A else { return false }
      } else if byte == UInt8(ascii: "[") {
        bracket = true
      } else if byte == UInt8(ascii: "]") {
        bracket = false
      } else if byte == 0x0A {
        return false
      }
    }
    return false
  }
}
