/// The net under everything that is parsed: a path of a secret in any word of any program.
extension ShellInspector {
  enum Role {
    /// A word that may be a path.
    case word
    /// Text in which only what looks like a path is one.
    case text
    /// A program of some language.
    case code
  }

  mutating func net(_ argument: Argument, as role: Role) {
    switch argument {
    case .literal(let text): net(text, as: role)
    case .pattern(let elements):
      // What is certain between the parts that are not.
      for part in elements.split(whereSeparator: { element in
        if case .byte = element { false } else { true }
      }) {
        guard let bytes = Pattern.bytes(part), bytes.contains(Paths.slash) else { continue }
        net(String(decoding: bytes, as: UTF8.self), as: .text)
      }
    }
  }

  mutating func net(_ text: String, as role: Role) {
    guard findings.denied == nil, !text.isEmpty else { return }
    let bytes = text.utf8
    if Self.isPlainOption(bytes) { return }
    if role != .text, bytes.count <= 4096 { whole(text) }
    guard bytes.contains(Paths.slash) || role == .code || bytes.first == 0x7E else { return }
    tokens(text, quoted: role == .code)
  }

  /// `-x`, `--long`, a number: most words.
  private static func isPlainOption(_ bytes: String.UTF8View) -> Bool {
    guard bytes.count <= 24, bytes.first == UInt8(ascii: "-") else { return false }
    return bytes.allSatisfy {
      $0 == 0x2D || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || $0 >= 0x30 && $0 <= 0x39
    }
  }

  /// The whole word, and what stands behind `=`, `@` or `:` in it.
  private mutating func whole(_ text: String) {
    check(text)
    for mark in [UInt8(ascii: "="), UInt8(ascii: "@"), UInt8(ascii: ":")] {
      guard let cut = text.utf8.firstIndex(of: mark) else { continue }
      if mark == UInt8(ascii: ":"), text.utf8[cut...].starts(with: "://".utf8) { continue }
      var rest = String(text[text.utf8.index(after: cut)...])
      if rest.utf8.first == UInt8(ascii: "@") { rest.removeFirst() }
      if !rest.isEmpty { check(rest) }
    }
    if text.utf8.first == UInt8(ascii: "-"),
      let cut = text.utf8.firstIndex(where: { $0 == 0x2F || $0 == 0x7E || $0 == 0x2E })
    {
      check(String(text[cut...]))
    }
  }

  private mutating func check(_ path: String) {
    guard findings.denied == nil, !Self.isAddress(path) else { return }
    for place in expanded(path) {
      for directory in directories {
        guard let why = context.secret(place, from: directory) else { continue }
        findings.deny(Self.rule(why), "\(place) must not be touched: \(why).")
        return
      }
    }
  }

  /// `https://example.org/.env` is no file here.
  static func isAddress(_ text: String) -> Bool {
    let scheme = text.utf8.prefix { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || $0 == 0x2B }
    return !scheme.isEmpty && text.utf8.dropFirst(scheme.count).starts(with: "://".utf8)
      && !scheme.elementsEqual("file".utf8)
  }

  static func rule(_ why: String) -> String {
    why.utf8.elementsEqual("it is agim's own state".utf8) ? "agim" : "secret"
  }

  /// What a program may make of a path that the shell left alone.
  private func expanded(_ path: String) -> [String] {
    let bytes = path.utf8
    if bytes.first == UInt8(ascii: "~") {
      let rest = path.dropFirst()
      if rest.isEmpty || rest.utf8.first == Paths.slash { return [context.home + rest] }
      // Whoever's home that is.
      if let cut = rest.utf8.firstIndex(of: Paths.slash) {
        return ["/home/" + rest[..<cut] + rest[cut...]]
          + (rest.utf8.starts(with: "root/".utf8) ? ["/" + rest] : [])
      }
      return []
    }
    for name in ["$HOME/", "${HOME}/", "%h/"] where bytes.starts(with: name.utf8) {
      return [context.home + "/" + bytes.dropFirst(name.utf8.count).asText]
    }
    return [path]
  }

  /// The pieces of a text that look like paths.
  private mutating func tokens(_ text: String, quoted: Bool) {
    let bytes = Array(text.utf8.prefix(ShellParser.maxBytes * 4))
    var start = 0
    var count = 0
    while start < bytes.count, count < 4096 {
      guard Self.isPathByte(bytes[start]) else {
        start += 1
        continue
      }
      var end = start
      while end < bytes.count, Self.isPathByte(bytes[end]) { end += 1 }
      count += 1
      token(bytes, start..<end, quoted: quoted)
      start = end
    }
  }

  private mutating func token(_ bytes: [UInt8], _ range: Range<Int>, quoted: Bool) {
    guard findings.denied == nil, range.count <= 4096 else { return }
    let part = bytes[range]
    guard part.contains(Paths.slash) || part.first == 0x7E else {
      // `open(".env")`: a whole text between quotes.
      guard quoted, range.lowerBound > 0, range.upperBound < bytes.count, part.count > 2,
        Self.isQuote(bytes[range.lowerBound - 1]), Self.isQuote(bytes[range.upperBound])
      else { return }
      return lexical(String(decoding: part, as: UTF8.self))
    }
    // What stands behind the colon of an address on the network is no file here.
    if range.lowerBound >= 5, part.starts(with: "//".utf8), bytes[range.lowerBound - 1] == 0x3A,
      !bytes[..<(range.lowerBound - 1)].suffix(4).elementsEqual("file".utf8)
    {
      return
    }
    let token = String(decoding: part, as: UTF8.self)
    lexical(token)
    if part.first != Paths.slash, part.first != 0x7E,
      let cut = part.firstIndex(where: { $0 == 0x2F || $0 == 0x7E })
    {
      // `-f/etc/shadow`
      if part.first == UInt8(ascii: "-") { lexical(String(decoding: part[cut...], as: UTF8.self)) }
    }
  }

  private mutating func lexical(_ path: String) {
    for place in expanded(path) {
      for directory in directories {
        let text = Paths.join(directory, place)
        guard let why = context.sensitive.secret(text) else { continue }
        if context.resolve(text, from: "/").kind == .directory,
          context.sensitive.secret(text, isDirectory: true) == nil
        {
          continue
        }
        findings.deny(Self.rule(why), "\(place) must not be touched: \(why).")
        return
      }
    }
  }

  private static func isQuote(_ byte: UInt8) -> Bool { byte == 0x22 || byte == 0x27 || byte == 0x60 }

  private static func isPathByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...: true
    case UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "~"),
      UInt8(ascii: "+"), UInt8(ascii: "%"):
      true
    default: false
    }
  }

  /// A pattern that means a secret, whether it is there now or not.
  mutating func pattern(_ elements: [Argument.Element], _ program: String?) {
    net(.pattern(elements), as: .word)
    guard findings.denied == nil else { return }
    let parts = Pattern.parts(elements)
    for part in parts {
      guard let bytes = Pattern.bytes(part), !bytes.isEmpty else { continue }
      let name = String(decoding: bytes, as: UTF8.self)
      if SensitiveNames.directories.contains(name) {
        return findings.deny(
          "secret", "\(Argument.pattern(elements).shown) must not be touched: \(name) holds keys.")
      }
    }
    if Pattern.bytes(parts[0])?.isEmpty == true, parts.count > 3,
      Pattern.bytes(parts[1])?.elementsEqual("proc".utf8) == true,
      let last = parts.last.flatMap(Pattern.bytes),
      ["environ", "mem", "auxv"].contains(String(decoding: last, as: UTF8.self))
    {
      return findings.deny(
        "secret", "\(Argument.pattern(elements).shown) shows the memory or environment of a process.")
    }
    if let last = parts.last, parts.count > 1, let bytes = Pattern.bytes(last),
      let why = SensitivePaths.secretFile(String(decoding: bytes, as: UTF8.self))
    {
      return findings.deny("secret", "\(Argument.pattern(elements).shown) must not be touched: \(why).")
    }
    guard let program, !ReaderTable.showsNamesOnly.contains(program) else { return }
    for directory in directories {
      aimed(elements, from: directory)
      guard !elements.contains(.anything),
        let found = Pattern.expand(elements, from: directory, context.files)
      else { continue }
      for path in found {
        guard let why = context.secret(path, from: directory) else { continue }
        return findings.deny(
          Self.rule(why),
          "\(Argument.pattern(elements).shown) stands for \(path), which must not be touched: \(why).")
      }
    }
  }

  private mutating func aimed(_ elements: [Argument.Element], from directory: String) {
    var absolute = elements
    if elements.first != .byte(Paths.slash) {
      absolute = Array((directory + "/").utf8).map { .byte($0) } + elements
    }
    var parts: [ArraySlice<Argument.Element>] = []
    for part in Pattern.parts(absolute) where !part.isEmpty {
      let bytes = Pattern.bytes(part)
      if bytes?.elementsEqual(".".utf8) == true { continue }
      if bytes?.elementsEqual("..".utf8) == true {
        _ = parts.popLast()
      } else {
        parts.append(part)
      }
    }
    // Detours through /proc.
    if parts.count > 3, Pattern.bytes(parts[0])?.elementsEqual("proc".utf8) == true,
      Pattern.bytes(parts[2])?.elementsEqual("root".utf8) == true
    {
      parts.removeFirst(3)
    }
    guard !parts.contains(where: { $0.elementsEqual([.anything]) }) else { return }
    for (example, names) in context.sensitive.examples {
      guard names.count == parts.count else { continue }
      guard zip(parts, names).allSatisfy({ Pattern.matches($0, $1) }) else { continue }
      return findings.deny("secret", "\(Argument.pattern(elements).shown) may stand for \(example).")
    }
  }
}
