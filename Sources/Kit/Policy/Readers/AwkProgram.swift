/// Whether a program of awk does nothing but read its input and print.
///
/// Where a regular expression ends and where a string does is not followed, for awks differ in it: what could
/// write, run, or read anything else is looked for everywhere in the text, and it counts also where it would
/// be a part of a string.
enum AwkProgram {
  /// Names that run programs, read what is not the input, or change what the input is.
  ///
  /// No name can be put together while it runs, but for `@`.
  private static let names = [
    "system", "getline", "environ", "argv", "argc", "argind", "procinfo", "symtab", "functab", "extension",
  ]

  static func onlyPrints(_ program: String) -> Bool {
    let bytes = Array(program.utf8)
    guard bytes.count <= 4096 else { return false }
    // `|` ends in a program unless there are two of them, `>` in a file where something is printed.
    var isGreater = false
    var index = 0
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "|"):
        guard index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "|") else { return false }
        index += 1
        if index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "|") { return false }
      case UInt8(ascii: ">"): isGreater = true
      case UInt8(ascii: "@"): return false
      case 0x5C:
        // A line that goes on, in the middle of a name perhaps.
        if index + 1 < bytes.count, bytes[index + 1] == 0x0A { return false }
      case 0x00..<0x20 where bytes[index] != 0x09 && bytes[index] != 0x0A: return false
      default: break
      }
      index += 1
    }
    let lower = bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    for name in names where holds(lower, name) { return false }
    return !isGreater || !holds(lower, "print")
  }

  private static func holds(_ bytes: [UInt8], _ name: String) -> Bool {
    let wanted = Array(name.utf8)
    guard bytes.count >= wanted.count else { return false }
    return (0...(bytes.count - wanted.count)).contains {
      bytes[$0..<$0 + wanted.count].elementsEqual(wanted)
    }
  }
}
