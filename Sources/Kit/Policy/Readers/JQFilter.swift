/// What a filter of jq reads besides its input.
enum JQFilter {
  /// Whether it reads nothing else: no modules, no environment.
  static func isPlain(_ filter: String) -> Bool {
    !words(filter).contains {
      ["env", "$ENV", "import", "include", "input_filename", "modulemeta", "get_search_list", "$__prog_args"]
        .contains($0)
    }
  }

  /// Whether it would show the whole environment.
  static func dumpsEnvironment(_ filter: String) -> Bool {
    let bytes = Array(filter.utf8)
    for name in ["$ENV", "env"] {
      let wanted = Array(name.utf8)
      guard bytes.count >= wanted.count else { continue }
      for start in 0...(bytes.count - wanted.count)
      where bytes[start..<start + wanted.count].elementsEqual(wanted) {
        let end = start + wanted.count
        if start > 0, isNamePart(bytes[start - 1]) || bytes[start - 1] == 0x2E || bytes[start - 1] == 0x24 {
          continue
        }
        if end < bytes.count, isNamePart(bytes[end]) || bytes[end] == 0x2E || bytes[end] == 0x3A { continue }
        // `env` as a plain word of another meaning is only found between quotes.
        if start > 0, bytes[start - 1] == 0x22 || bytes[start - 1] == 0x2D || bytes[start - 1] == 0x2F {
          continue
        }
        return true
      }
    }
    return false
  }

  private static func words(_ filter: String) -> [String] {
    var all: [String] = []
    var word: [UInt8] = []
    var before: UInt8 = 0
    var start: UInt8 = 0
    for byte in Array(filter.utf8) + [0x20] {
      if isNamePart(byte) || byte == 0x24 && word.isEmpty {
        if word.isEmpty { start = before }
        word.append(byte)
      } else if !word.isEmpty {
        if start != 0x2E { all.append(String(decoding: word, as: UTF8.self)) }
        word = []
      }
      before = byte
    }
    return all
  }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == 0x5F
  }
}
