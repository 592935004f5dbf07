import JSON

/// Tools that read, list and search files.
extension ToolInspector {
  /// A path as a tool takes it: some put the home directory in place of `~`, and some take addresses.
  func place(_ path: String) -> String {
    if let rest = Self.fileAddress(path) { return rest }
    return path.utf8.elementsEqual("~".utf8) || path.utf8.starts(with: "~/".utf8)
      ? context.home + path.dropFirst() : path
  }

  /// The path of a `file:` address, with its escapes undone.
  static func fileAddress(_ text: String) -> String? {
    let scheme = text.utf8.prefix(5)
    guard scheme.count == 5, scheme.asText.lowercased().utf8.elementsEqual("file:".utf8) else { return nil }
    var rest = text.utf8.dropFirst(5)
    if rest.starts(with: "//".utf8) {
      rest = rest.dropFirst(2)
      // A host.
      if let slash = rest.firstIndex(of: Paths.slash) { rest = rest[slash...] }
    }
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2, let code = UInt8(rest.prefix(2).asText, radix: 16) {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether a text is an address of something that is no file.
  static func isAddress(_ text: String) -> Bool {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), fileAddress(text) == nil else {
      return false
    }
    return text.utf8[colon...].starts(with: "://".utf8)
  }

  mutating func readFile() {
    refuseOthers()
    guard let given = onePath(entry.paths) else { return }
    guard let path = given else { return incomplete("\(call.tool): there is no path.") }
    if Self.isAddress(path) { findings.raise(to: .acts, "\(path) is not a path of a file.") }
    var inspector = inspector()
    inspector.net(place(path), as: .word)
    inspector.read(place(path))
    take(inspector)
  }

  mutating func list() {
    refuseOthers()
    guard let given = onePath(entry.paths) else { return }
    var inspector = inspector()
    let start = given.map(place) ?? "."
    inspector.net(start, as: .word)
    inspector.read(start)
    for name in entry.patterns {
      guard let value = input[name] else { continue }
      guard let pattern = value.string, !pattern.utf8.contains(0) else {
        return incomplete("\(call.tool): the pattern is not understood.")
      }
      // Names only; but a pattern can lead out of the directory.
      let elements = pattern.utf8.map { byte -> Argument.Element in
        byte == 0x2A ? .many : byte == 0x3F ? .one : .byte(byte)
      }
      inspector.net(pattern, as: .text)
      inspector.pattern(elements, "ls")
      leaves(pattern, elements, start, &inspector)
    }
    inspector.net(.literal(start), as: .word)
    take(inspector)
  }

  /// Whether a pattern of names leads out of the directory, by its text or by a link.
  private func leaves(
    _ pattern: String, _ elements: [Argument.Element], _ start: String, _ inspector: inout ShellInspector
  ) {
    if Self.holdsDots(pattern)
      || pattern.utf8.contains(UInt8(ascii: "{")) && pattern.utf8.contains(Paths.slash)
        && !pattern.utf8.starts(with: "**/*.{".utf8)
    {
      return inspector.findings.raise(to: .reports, "The pattern \(pattern) may lead out of the directory.")
    }
    let head = pattern.utf8.prefix { $0 != 0x2A && $0 != 0x3F && $0 != 0x7B && $0 != 0x5B }
    if let cut = head.lastIndex(of: Paths.slash) {
      let directory = place(head[...cut].asText)
      inspector.read(directory.utf8.first == Paths.slash ? directory : start + "/" + directory)
    } else if head.first == 0x7E {
      inspector.read(context.home)
    }
    // `**` does not follow links; a single `*` may be one.
    guard pattern.utf8.contains(Paths.slash), inspector.findings.use == .reads else { return }
    let directory = context.resolve(start, from: context.workdir).path
    for path in Pattern.expand(elements, from: directory, context.files) ?? ["/"] {
      inspector.read(path.utf8.first == Paths.slash ? path : directory + "/" + path)
    }
  }

  private static func holdsDots(_ text: String) -> Bool {
    var before: UInt8 = 0
    for byte in text.utf8 {
      if byte == 0x2E, before == 0x2E { return true }
      before = byte
    }
    return false
  }

  mutating func search() {
    refuseOthers()
    guard let given = onePath(entry.paths) else { return }
    var inspector = inspector()
    let start = given.map(place) ?? "."
    if Self.isAddress(start) { findings.raise(to: .acts, "\(start) is not a path.") }
    inspector.net(start, as: .word)
    for name in entry.patterns {
      guard let text = input[name]?.string else { continue }
      inspector.net(text, as: .word)
    }
    inspector.readTree(start)
    take(inspector)
  }
}
