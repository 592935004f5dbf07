/// Judges the value of an assignment.
///
/// The policy, with what it decides for the known weak spots:
///
/// - After `password` and `passwd` everything is redacted up to white space or the closing quote (in
///   quotes white space belongs to it), from four bytes on, unless it is a variable, a call, a type
///   name, or a placeholder. So `password: correct-horse-battery-staple` is redacted, and prose like
///   `password: must be long` loses a word. On the line after the operator, and after names such as
///   `password_file`, the stricter policy of the other keywords holds.
/// - After the other keywords a value of ten bytes or more is redacted unless it begins like a variable
///   or consists of digits (`token_count: 1234567890` stays), of letters with an entropy below 3.5 bits,
///   or is a path, a version, a URL, a dotted identifier (`secret_name = com.example.package.ClassName`
///   stays), or a placeholder.
/// - A value is redacted to its end, however long: a limit would show the rest of a long secret.
struct ScrubValue {
  /// Where an unquoted value ends.
  enum Stop: Hashable {
    /// At a character that tokens do not contain.
    case delimiter
    /// At white space or a quote that is followed by no word.
    case white
  }

  /// The characters of tokens: those of Base64, JWT and client secrets of all providers.
  static let characters = ByteSet.name.union(ByteSet("=+/~!#$%^*@:"))
  /// How much of a long value is judged; more would take too long where keywords follow each other.
  static let judged = 160

  let bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// Whether the value after `password` is one.
  var isPassword: Bool {
    guard bytes.count >= 4, !isPlaceholder else { return false }
    let rest = bytes.drop { ByteSet.name.contains($0) }
    let isCall = rest.starts(with: "()".utf8) && rest.dropFirst().allSatisfy(ByteSet(");,").contains)
    return !isCall
  }

  /// Whether the value after another keyword is a secret.
  var isSecret: Bool {
    guard bytes.count >= 10 else { return false }
    // The end of a sentence is not a part of the value.
    let end = bytes.lastIndex { !ByteSet(".:!").contains($0) } ?? bytes.startIndex
    return ScrubValue(bytes[...end]).isToken
  }

  private var isToken: Bool {
    guard bytes.count >= 10, !isPlaceholder else { return false }
    if all(.digit) || (all(.letter) && entropy < 3.5) { return false }
    return !isDottedName && !isVersion && !isPath && !isURL
  }

  /// Whether the whole value is a variable or a word that stands for a secret.
  var isPlaceholder: Bool {
    guard let first = bytes.first else { return true }
    let rest = bytes.dropFirst()
    let isWord = rest.allSatisfy { ByteSet.word.contains($0) }
    switch first {
    case UInt8(ascii: "$"):
      if isWord { return true }
      return (rest.first == UInt8(ascii: "{") && rest.last == UInt8(ascii: "}"))
        || (rest.first == UInt8(ascii: "(") && rest.last == UInt8(ascii: ")"))
    case UInt8(ascii: "<"): return bytes.last == UInt8(ascii: ">")
    case UInt8(ascii: "{"): return bytes.last == UInt8(ascii: "}")
    case UInt8(ascii: "*"): return rest.allSatisfy(ByteSet("*);,.").contains)
    case UInt8(ascii: "%"):
      return rest.last == first && rest.dropLast().allSatisfy { ByteSet.word.contains($0) }
    default: break
    }
    guard bytes.count <= 24 else { return false }
    let trimmed = bytes.reversed().drop { ByteSet(",;.?!)").contains($0) }
    let word = String(decoding: trimmed.reversed().map(\.lowered), as: UTF8.self)
    return Self.placeholders.contains(word) || (word.count > 3 && word.allSatisfy { $0 == "x" })
  }

  private static let placeholders: Set<String> = [
    "null", "true", "false", "none", "undefined", "nil", "example", "placeholder", "changeme", "your",
    "redacted", "dummy", "string", "str", "bool", "optional", "required", "process.env", "os.environ",
    "your-token-here", "your_token_here", "your-api-key", "your_api_key", "your-password",
    "your_password", "[redacted]",
  ]

  private func all(_ set: ByteSet) -> Bool { bytes.allSatisfy(set.contains) }

  /// Words of letters and underscores with dots between; digits only at the end of a word, two at most.
  private var isDottedName: Bool {
    let words = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return words.count > 1
      && words.allSatisfy { word in
        let name = word.prefix { ByteSet.letter.contains($0) || $0 == UInt8(ascii: "_") }
        let digits = word.dropFirst(name.count)
        return !name.isEmpty && name.count <= 32 && digits.count <= 2
          && digits.allSatisfy(ByteSet.digit.contains)
      }
  }

  /// Digits with dots between, perhaps `v` before and a suffix behind.
  private var isVersion: Bool {
    let number = bytes.first == UInt8(ascii: "v") ? bytes.dropFirst() : bytes
    let core = number.prefix { ByteSet.digit.contains($0) || $0 == UInt8(ascii: ".") }
    guard core.first != UInt8(ascii: "."), core.contains(UInt8(ascii: ".")), core.count <= 24 else {
      return false
    }
    let suffix = number.dropFirst(core.count)
    return suffix.isEmpty || (ByteSet("-+").contains(suffix.first ?? 0) && suffix.count <= 20)
  }

  /// A path has slashes between words.
  ///
  /// Base64 also has slashes, but more digits or capital letters.
  private var isPath: Bool {
    let isAnchored =
      bytes.first == UInt8(ascii: "/") || bytes.starts(with: "./".utf8)
      || bytes.starts(with: "../".utf8) || bytes.starts(with: "~/".utf8)
    let words = bytes.split(separator: UInt8(ascii: "/"))
    guard bytes.contains(UInt8(ascii: "/")), words.count > 1 else { return false }
    return words.allSatisfy { word in
      let digits = word.count { ByteSet.digit.contains($0) }
      let capitals = word.count { (0x41...0x5A).contains($0) }
      return word.count <= 32 && digits <= 4 && capitals <= (isAnchored ? 4 : 0)
        && word.allSatisfy { ByteSet.name.union(ByteSet("~@:")).contains($0) }
    }
  }

  /// What a URL contains is the matter of other rules.
  private var isURL: Bool {
    let scheme = bytes.prefix { ByteSet.letter.contains($0) }
    return (1...10).contains(scheme.count) && bytes.dropFirst(scheme.count).starts(with: "://".utf8)
      && !bytes.contains(UInt8(ascii: "@"))
  }

  /// Shannon's measure in bits per byte.
  private var entropy: Double {
    var counts = [Double](repeating: 0, count: 256)
    for byte in bytes { counts[Int(byte)] += 1 }
    let total = Double(bytes.count)
    return counts.reduce(0) { sum, count in
      count == 0 ? sum : sum - count / total * Self.log2(count / total)
    }
  }

  /// The binary logarithm, bit by bit: the standard library has none without Foundation or Glibc.
  private static func log2(_ value: Double) -> Double {
    var result = Double(value.exponent)
    var rest = value.significand
    var bit = 0.5
    for _ in 0..<24 {
      rest *= rest
      if rest >= 2 {
        rest /= 2
        result += bit
      }
      bit /= 2
    }
    return result
  }
}
