/// What the words of a program mean by an entry of `ReaderTable`.
struct OptionReader {
  /// What is not a path.
  private(set) var texts: [String] = []
  /// What is read.
  private(set) var paths: [String] = []
  /// Whether it goes through directories and reads what is in their files.
  private(set) var readsTrees = false
  /// Why the words cannot be vouched for.
  private(set) var problem: String?

  private let entry: String
  private var operands: [String] = []
  private var hasPattern = false

  init(_ words: ArraySlice<String>, entry: String) {
    self.entry = entry
    read(words)
    settle()
  }

  private mutating func read(_ words: ArraySlice<String>) {
    var index = words.startIndex
    while index < words.endIndex, problem == nil {
      let word = words[index]
      index += 1
      let bytes = word.utf8
      if bytes.elementsEqual("--".utf8) {
        operands += words[index...]
        return
      }
      guard bytes.first == UInt8(ascii: "-"), bytes.count > 1 else {
        operands.append(word)
        continue
      }
      if bytes.dropFirst().first == UInt8(ascii: "-") {
        long(word, words, &index)
      } else {
        cluster(word, words, &index)
      }
    }
  }

  private mutating func long(_ word: String, _ words: ArraySlice<String>, _ index: inout Int) {
    let equals = word.utf8.firstIndex(of: UInt8(ascii: "="))
    let name = word.utf8[..<(equals ?? word.utf8.endIndex)]
    guard let kind = kind(of: name) else {
      problem = "the option \(Substring(name)) is not known to only read"
      return
    }
    let value = equals.map { String(word[word.utf8.index(after: $0)...]) }
    switch kind {
    case 0, UInt8(ascii: "!"):
      if value != nil { problem = "the option \(word) is not understood" }
      if kind != 0 { readsTrees = true }
    case UInt8(ascii: "?"): if let value { texts.append(value) }
    default:
      if let value { return take(value, kind) }
      guard index < words.endIndex else {
        problem = "the option \(word) has no value"
        return
      }
      take(words[index], kind)
      index += 1
    }
  }

  private mutating func cluster(_ word: String, _ words: ArraySlice<String>, _ index: inout Int) {
    var rest = word.utf8.dropFirst()
    if rest.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), holds("-#") { return }
    while let letter = rest.popFirst() {
      guard let kind = kind(of: "-\(Character(UnicodeScalar(letter)))".utf8[...]) else {
        problem = "the option -\(Character(UnicodeScalar(letter))) is not known to only read"
        return
      }
      switch kind {
      case 0: continue
      case UInt8(ascii: "!"): readsTrees = true
      case UInt8(ascii: "?"):
        texts.append(String(Substring(rest)))
        return
      default:
        if !rest.isEmpty { return take(String(Substring(rest)), kind) }
        guard index < words.endIndex else {
          problem = "the option \(word) has no value"
          return
        }
        take(words[index], kind)
        index += 1
        return
      }
    }
  }

  private mutating func take(_ value: String, _ kind: UInt8) {
    switch kind {
    case UInt8(ascii: "@"): paths.append(value)
    case UInt8(ascii: "%"):
      hasPattern = true
      paths.append(value)
    case UInt8(ascii: "^"):
      hasPattern = true
      texts.append(value)
    default: texts.append(value)
    }
  }

  /// Sorts the operands.
  private mutating func settle() {
    guard problem == nil else { return }
    let role = entry.utf8.prefix { $0 != 0x20 && $0 != UInt8(ascii: "\n") }
    let plain = role.prefix { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "!") }
    if role.last == UInt8(ascii: "!") { readsTrees = true }
    var rest = operands[...]
    if plain.elementsEqual("none".utf8) {
      if let first = rest.first { problem = "'\(first)' is not known to only read" }
      return
    }
    if plain.elementsEqual("text".utf8) {
      texts += rest
      return
    }
    if plain.elementsEqual("pattern".utf8), !hasPattern {
      guard let first = rest.popFirst() else {
        problem = "there is nothing to look for"
        return
      }
      texts.append(first)
    }
    let most = plain.elementsEqual("paths1".utf8) ? 1 : plain.elementsEqual("paths2".utf8) ? 2 : Int.max
    guard rest.count <= most else {
      problem = "'\(rest[rest.startIndex + most])' may be written to"
      return
    }
    if rest.isEmpty, readsTrees || role.contains(UInt8(ascii: "+")) { rest = ["."] }
    // Some programs take `@FILE` for a file of options.
    if let file = rest.first(where: { $0.utf8.first == UInt8(ascii: "@") }) {
      problem = "'\(file)' may be a file of options"
      return
    }
    paths += rest.filter { !$0.utf8.elementsEqual("-".utf8) }
  }

  private func holds(_ option: String) -> Bool { kind(of: option.utf8[...]) != nil }

  /// The mark behind an option in the entry, 0 for none; nil when the option is not there.
  private func kind(of option: Substring.UTF8View) -> UInt8? {
    var rest = entry.utf8[...]
    while let space = rest.firstIndex(where: { $0 == 0x20 }) {
      rest = rest[space...].dropFirst()
      guard rest.starts(with: option) else { continue }
      let behind = rest.dropFirst(option.count)
      guard let mark = behind.first, mark != 0x20 else { return 0 }
      let isMark =
        mark == 0x3D || mark == 0x40 || mark == 0x3F || mark == 0x21 || mark == 0x5E || mark == 0x25
      if isMark, behind.dropFirst().first.map({ $0 == 0x20 }) ?? true { return mark }
    }
    return nil
  }
}
