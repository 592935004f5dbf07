/// Commands inside commands: wrappers, shells and their texts.
extension ShellInspector {
  mutating func wrapped(_ name: String, _ words: [Argument], _ command: SimpleCommand?, _ level: Int) {
    let rest = Array(words.dropFirst())
    if HardPrograms.shells.contains(name) { return shell(name, rest, command) }
    if let entry = HardPrograms.wrappers[name] { return wrapper(name, entry, rest, command, level) }
    if HardPrograms.launchers.contains(name) { everySuffix(rest, level) }
    switch name {
    case "eval", "trap":
      if name == "trap" {
        if let text = rest.first?.text { nested(text) }
      } else {
        nested(rest.map(\.shown).joined(separator: " "))
      }
    case "alias":
      for text in rest.compactMap(\.text) {
        if let cut = text.utf8.firstIndex(of: 0x3D) { nested(text.utf8[cut...].dropFirst().asText) }
      }
    case "source", ".": script(rest.first)
    case "find": actions(rest, level)
    case "git": gitWords(rest)
    default: break
    }
    if HardPrograms.runners.contains(name) || name.utf8.starts(with: "python".utf8) { runs(rest) }
    if HardPrograms.interpreters.contains(name) || HardPrograms.launchers.contains(name)
      || name.utf8.starts(with: "python".utf8)
    {
      for text in rest.compactMap(\.text) { quotedCommands(text) }
    }
  }

  private mutating func wrapper(
    _ name: String, _ entry: String, _ rest: [Argument], _ command: SimpleCommand?, _ level: Int
  ) {
    var index = 0
    var skipped = entry.utf8.first == UInt8(ascii: "1") ? 1 : 0
    let options = entry.split(separator: " ").map(String.init)
    scan: while index < rest.count {
      guard let text = rest[index].text else {
        everySuffix(rest, level)
        break
      }
      index += 1
      if text == "--" { break }
      if text.utf8.first == UInt8(ascii: "-"), text.utf8.count > 1 {
        if name == "env",
          text.utf8.starts(with: "-S".utf8) || text.utf8.starts(with: "--split-string".utf8)
            || text.utf8.starts(with: "-".utf8) && !text.utf8.starts(with: "--".utf8)
              && text.utf8.contains(0x53)
        {
          let value =
            text.utf8.firstIndex { $0 == 0x53 || $0 == 0x3D }.map { text.utf8[$0...].dropFirst().asText }
            ?? ""
          let words = (value.isEmpty ? [] : [value]) + rest[index...].map(\.shown)
          return nested(words.joined(separator: " "))
        }
        if name == "flock", text == "-c" || text == "--command" {
          return nested(rest[index...].map(\.shown).joined(separator: " "))
        }
        switch Self.skips(text, options) {
        case nil:
          everySuffix(Array(rest[(index - 1)...]), level)
          return
        case 1?: index += 1
        default: break
        }
        continue
      }
      if name == "env" || name == "sudo" || name == "doas", text.utf8.contains(0x3D) { continue }
      if skipped > 0 {
        skipped -= 1
        continue
      }
      index -= 1
      break
    }
    guard index < rest.count else {
      if name == "env" {
        findings.deny("environment", "env would print the environment, which may hold secrets.")
      }
      return
    }
    if name == "xargs", let source = command?.source, source < script.commands.count {
      let from = script.commands[source].words.map { surroundings.certain($0) }
      if from.first?.text.map(Paths.name) == "find" { wantedNames(Array(from.dropFirst())) }
    }
    let inner = Array(rest[index...])
    if name == "command", rest.prefix(index).contains(where: { ["-v", "-V"].contains($0.text ?? "") }) {
      return
    }
    if name == "watch" { nested(inner.map(\.shown).joined(separator: " ")) }
    if name == "busybox", inner.first?.text == nil { return }
    hardRules(inner, command, level: level + 1)
  }

  /// How many words an option takes besides its own; nil when it is not known.
  private static func skips(_ text: String, _ options: [String]) -> Int? {
    let name = text.utf8.firstIndex(of: 0x3D).map { text.utf8[..<$0].asText } ?? text
    if text.utf8.starts(with: "--".utf8) {
      if options.contains(name) || options.contains(name + "?") { return 0 }
      return options.contains(name + "=") ? (name == text ? 1 : 0) : nil
    }
    if options.contains(text) { return 0 }
    var rest = text.utf8.dropFirst()
    if rest.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) { return options.contains("-#") ? 0 : nil }
    while let letter = rest.popFirst() {
      let option = "-\(Character(UnicodeScalar(letter)))"
      if options.contains(option) { continue }
      if options.contains(option + "?") { return 0 }
      return options.contains(option + "=") ? (rest.isEmpty ? 1 : 0) : nil
    }
    return 0
  }

  /// Every word may begin a command, and a word with blanks may be one.
  private mutating func everySuffix(_ rest: [Argument], _ level: Int) {
    for (index, word) in rest.enumerated().prefix(64) {
      guard let text = word.text else { continue }
      if text.utf8.contains(0x20) {
        nested(text)
      } else if text.utf8.first != UInt8(ascii: "-") {
        hardRules(Array(rest[index...]), nil, level: max(level + 1, 6))
      }
    }
  }

  // MARK: Shells

  private mutating func shell(_ name: String, _ rest: [Argument], _ command: SimpleCommand?) {
    var index = 0
    var takesText = false
    while index < rest.count {
      guard let text = rest[index].text else { break }
      guard text.utf8.first == UInt8(ascii: "-") || text.utf8.first == UInt8(ascii: "+"), text.utf8.count > 1
      else { break }
      index += 1
      if text == "--" { break }
      if text == "--rcfile" || text == "--init-file" {
        if index < rest.count { script(rest[index]) }
        index += 1
      } else if text == "--command" {
        takesText = true
      } else if text.utf8.starts(with: "--".utf8) {
        continue
      } else {
        if text.utf8.contains(0x63) { takesText = true }
        if text.utf8.last.map({ $0 | 0x20 == 0x6F }) == true { index += 1 }
        if text.utf8.contains(0x73) { break }
      }
    }
    if takesText {
      if index < rest.count { nested(rest[index].shown) }
      return
    }
    if index < rest.count, rest[index].text != "-" { return script(rest[index]) }
    input(of: command)
  }

  /// What a shell without a script reads: a here-document, a text, a file, or what is printed into it.
  private mutating func input(of command: SimpleCommand?) {
    guard let command else { return }
    for redirection in command.redirections {
      switch redirection.kind {
      case .document, .text:
        for value in surroundings.possible(redirection.target, guess: 0) { nested(value.shown) }
        if redirection.kind == .document, let text = redirection.target.text {
          nested(String(decoding: text, as: UTF8.self))
        }
      case .read: script(surroundings.certain(redirection.target))
      default: break
      }
    }
    guard let source = command.source, source < script.commands.count else { return }
    let from = script.commands[source]
    if from.words.isEmpty { return input(of: SimpleCommand(redirections: from.redirections)) }
    guard let name = from.words[0].text.map({ String(decoding: $0, as: UTF8.self) }) else { return }
    let words = from.words.dropFirst().flatMap { surroundings.possible($0, guess: 0) }
    switch Paths.name(name) {
    case "echo", "printf":
      let texts = words.map { Self.unescaped($0.shown) }
      nested(texts.joined(separator: " "))
      for text in texts where text.utf8.contains(0x20) { nested(text) }
    case "cat":
      for word in words { script(word) }
      input(of: SimpleCommand(redirections: from.redirections))
    default: break
    }
  }

  /// A text in which `\n` stands for a line feed, as printf and echo -e print it.
  private static func unescaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if bytes.last == 0x5C, byte == 0x6E || byte == 0x74 {
        bytes[bytes.count - 1] = byte == 0x6E ? 0x0A : 0x09
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A file that a shell reads as its script: its content is looked at, too.
  private mutating func script(_ word: Argument?) {
    guard let path = word?.text, let directory = directories.first else { return }
    let real = context.resolve(path, from: directory)
    guard real.kind == .file else { return }
    if !CallContext.isSystem(real.path) { findings.note(script: real.path) }
    guard depth < 3, let bytes = context.files.contents(of: real.path, limit: ShellParser.maxBytes),
      let text = String(validating: bytes, as: UTF8.self)
    else { return }
    nested(text)
  }

  /// The script of an interpreter.
  private mutating func runs(_ rest: [Argument]) {
    guard let directory = directories.first else { return }
    for text in rest.compactMap(\.text).prefix(16)
    where text.utf8.first != UInt8(ascii: "-") && text.utf8.count <= 4096 {
      let real = context.resolve(text, from: directory)
      guard real.kind == .file, !CallContext.isSystem(real.path) else { continue }
      findings.note(script: real.path)
    }
  }

  // MARK: Others

  private mutating func actions(_ rest: [Argument], _ level: Int) {
    var index = 0
    while index < rest.count {
      defer { index += 1 }
      guard let text = rest[index].text, ["-exec", "-execdir", "-ok", "-okdir"].contains(text) else {
        continue
      }
      let inner = rest[(index + 1)...].prefix { $0.text != ";" && $0.text != "+" }
      hardRules(Array(inner), nil, level: level + 1)
      wantedNames(rest)
    }
  }

  /// What find finds is what the program behind it gets: names that are looked for count.
  private mutating func wantedNames(_ rest: [Argument]) {
    let options = ["-name", "-iname", "-path", "-ipath", "-wholename", "-iwholename"]
    for (option, value) in zip(rest, rest.dropFirst()) where options.contains(option.text ?? "") {
      guard let wanted = value.text, let found = Self.secretName(wanted) else { continue }
      return findings.deny("secret", "find would hand \(found) to a program.")
    }
  }

  /// A secret that a pattern of find is after.
  private static func secretName(_ pattern: String) -> String? {
    let name = Paths.name(pattern)
    let literal = name.utf8.filter { $0 != 0x2A && $0 != 0x3F }.count
    guard literal >= 2 else { return nil }
    let elements = name.utf8.map { byte -> Argument.Element in
      byte == 0x2A ? .many : byte == 0x3F ? .one : .byte(byte)
    }
    for example in [
      ".ssh", ".aws", ".gnupg", ".kube", ".env", ".env.local", "id_rsa", "id_ed25519", "x.pem", "x.key",
      "credentials", ".netrc", ".npmrc",
      ".git-credentials", ".bash_history", "x.tfstate",
    ]
    where Pattern.matches(elements[...], Array(example.utf8), hidden: true) {
      return name
    }
    return nil
  }

  private mutating func gitWords(_ rest: [Argument]) {
    for (index, word) in rest.enumerated() {
      guard let text = word.text else { continue }
      if let cut = text.utf8.firstIndex(of: UInt8(ascii: "!")) {
        nested(text.utf8[cut...].dropFirst().asText)
      }
      if index > 0, rest[index - 1].text == "-c", let cut = text.utf8.firstIndex(of: 0x3D) {
        nested(text.utf8[cut...].dropFirst().asText)
      }
    }
  }

  /// Texts between quotes, and behind `exec=`, in the words of a program that runs commands from text.
  private mutating func quotedCommands(_ text: String) {
    guard text.utf8.count <= 16_384 else { return }
    for name in ["exec=", "--to-command=", "--use-compress-program=", "--rsh=", "--pager=", "command="]
    where text.utf8.count > name.utf8.count {
      let bytes = Array(text.utf8)
      let wanted = Array(name.utf8)
      for start in 0...(bytes.count - wanted.count)
      where bytes[start..<start + wanted.count].elementsEqual(wanted) {
        nested(String(decoding: bytes[(start + wanted.count)...], as: UTF8.self))
      }
    }
    var rest = text.utf8[...]
    var count = 0
    while count < 32, let open = rest.firstIndex(where: { $0 == 0x22 || $0 == 0x27 || $0 == 0x60 }) {
      let quote = rest[open]
      rest = rest[open...].dropFirst()
      guard let close = rest.firstIndex(of: quote) else { return }
      let inside = rest[..<close]
      rest = rest[close...].dropFirst()
      count += 1
      if inside.contains(0x20) || inside.count >= 3 { nested(inside.asText) }
    }
  }
}
