/// What no person can allow, in one simple command.
extension ShellInspector {
  /// Tries the hard rules on a command, or on what it probably is.
  mutating func hardRules(_ words: [Argument], _ command: SimpleCommand?, level: Int = 0) {
    guard findings.denied == nil, let first = words.first, level < 8 else { return }
    let name = first.text.map(Paths.name) ?? ""
    let isCode =
      HardPrograms.interpreters.contains(name) || HardPrograms.shells.contains(name)
      || HardPrograms.launchers.contains(name) || name.utf8.starts(with: "python".utf8)
    if level == 0 {
      for (index, word) in words.enumerated() {
        net(word, as: isPattern(word, index, words, name) ? .text : isCode ? .code : .word)
      }
    }
    if level == 0 { elsewhere(words) }
    for word in words.dropFirst() {
      if case .pattern(let elements) = word { pattern(elements, name) }
    }
    guard findings.denied == nil, !name.isEmpty else { return }
    if isCode {
      for text in words.dropFirst().compactMap(\.text) where Self.printsEnvironment(text) {
        findings.deny("environment", "\(name) would print the environment, which may hold secrets.")
      }
    }
    if let text = first.text { noteProgram(text) }
    tables(name, words)
    environment(name, words, command)
    machine(name, words, command)
    persistence(name, words)
    wrapped(name, words, command, level)
    metadata(words)
  }

  /// Words that are looked for or printed, not opened.
  private func isPattern(_ word: Argument, _ index: Int, _ words: [Argument], _ name: String) -> Bool {
    guard let text = word.text else { return false }
    switch name {
    case "echo", "printf", "basename", "dirname": return true
    case "jq", "gojq":
      return index > 0 && text.utf8.first != UInt8(ascii: "-")
        && words[1..<index].allSatisfy { $0.text?.utf8.first == UInt8(ascii: "-") }
    case "grep", "egrep", "fgrep", "rg":
      // The first operand, unless an option gives the pattern.
      let before = words[1..<max(1, index)].compactMap(\.text)
      if let last = before.last, last == "-e" || last == "--regexp" { return true }
      return !before.contains { $0 == "-e" || $0 == "-f" || $0.utf8.first != UInt8(ascii: "-") }
        && text.utf8.first != UInt8(ascii: "-")
    case "find":
      guard index > 0, let before = words[index - 1].text,
        ["-name", "-iname", "-path", "-ipath"].contains(before)
      else { return false }
      return !words.contains {
        $0.text.map { $0.utf8.starts(with: "-exec".utf8) || $0.utf8.starts(with: "-ok".utf8) } == true
      }
    default:
      // Sentences are no paths, but may name some.
      return text.utf8.contains(0x20)
    }
  }

  /// `-C DIRECTORY`: what follows is looked for there.
  private mutating func elsewhere(_ words: [Argument]) {
    for (option, value) in zip(words, words.dropFirst()) {
      guard ["-C", "--directory", "--chdir"].contains(option.text ?? ""), let directory = value.text else {
        continue
      }
      for text in words.dropFirst().compactMap(\.text).prefix(256) {
        guard let first = text.utf8.first, first != UInt8(ascii: "-"), first != Paths.slash else { continue }
        net(directory + "/" + text, as: .word)
      }
    }
  }

  /// The file of the program, for the digest, and scripts that it runs.
  mutating func noteProgram(_ name: String) {
    let file: String
    if name.utf8.contains(Paths.slash) {
      guard let directory = directories.first else { return }
      let real = context.resolve(name, from: directory)
      guard real.kind == .file else { return }
      file = real.path
    } else {
      guard !ReaderTable.builtins.contains(name), let found = context.program(name) else { return }
      file = context.resolve(found, from: "/").path
    }
    findings.note(program: file)
    if !CallContext.isSystem(file) { findings.note(script: file) }
  }

  private mutating func tables(_ name: String, _ words: [Argument]) {
    let texts = words.dropFirst().compactMap(\.text)
    for (entry, why) in HardPrograms.ours where Self.matches(entry, name, texts) {
      return findings.deny("agim", "\(entry.joined(separator: " ")) must not be run by an agent: \(why).")
    }
    for (entry, why) in HardPrograms.secrets where entry.count > 1 || entry[0] != "printenv" {
      if Self.matches(entry, name, texts) {
        return findings.deny("secret", "\(entry.joined(separator: " ")) must not be run: \(why).")
      }
    }
    if name == "gpg" || name == "gpg2",
      texts.contains(where: { $0.utf8.starts(with: "--export-secret".utf8) })
    {
      findings.deny("secret", "gpg must not export secret keys.")
    }
    if name == "sudo", texts.contains(where: { $0 == "-S" || $0 == "--stdin" }) {
      findings.deny("secret", "sudo -S reads a password that an agent must not know.")
    }
  }

  /// Whether a program's words begin with an entry, options between them left out unless the entry has them.
  private static func matches(_ entry: [String], _ name: String, _ texts: [String]) -> Bool {
    guard Bytes.same(entry[0], name) else { return false }
    var rest = entry.dropFirst()
    for text in texts {
      guard let next = rest.first else { return true }
      if Bytes.same(text, next) {
        rest = rest.dropFirst()
      } else if text.utf8.first != UInt8(ascii: "-") {
        return false
      }
    }
    return rest.isEmpty
  }

  private mutating func environment(_ name: String, _ words: [Argument], _ command: SimpleCommand?) {
    let rest = words.dropFirst()
    let texts = rest.compactMap(\.text)
    let isDump: Bool
    switch name {
    case "env":
      isDump =
        rest.allSatisfy { word in
          guard let text = word.text else { return false }
          return text.utf8.first == UInt8(ascii: "-") && !text.utf8.starts(with: "-S".utf8)
            && !text.utf8.starts(with: "--split".utf8)
            || text.utf8.contains(0x3D)
        } && !texts.contains { $0 == "--help" || $0 == "--version" }
    case "printenv":
      isDump = texts.allSatisfy { $0.utf8.first == UInt8(ascii: "-") } && texts.count == rest.count
    case "set": isDump = rest.isEmpty
    case "typeset", "declare", "local":
      isDump =
        rest.isEmpty
        || texts.contains { ["-x", "-p", "-px", "-xp"].contains($0) } && texts.count == 1 && rest.count == 1
    case "export", "readonly": isDump = rest.isEmpty || texts == ["-p"]
    case "compgen": isDump = texts.contains("-e") || texts.contains("-v")
    case "ps":
      isDump =
        texts.contains { text in
          text.utf8.first != UInt8(ascii: "-") && text.utf8.contains(0x65)
            && text.utf8.allSatisfy { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A }
        } || texts.contains("-E")
    case "systemctl": isDump = texts.first == "show-environment"
    case "jq", "gojq", "jaq": isDump = texts.contains { JQFilter.dumpsEnvironment($0) }
    default: return
    }
    if isDump { findings.deny("environment", "\(name) would print the environment, which may hold secrets.") }
  }

  /// Whether a program as text takes all variables, not one.
  private static func printsEnvironment(_ text: String) -> Bool {
    let bytes = Array(text.utf8.prefix(16_384))
    for name in [
      "os.environ", "process.env", "ENV.to_h", "ENV.inspect", "ENV.each", "%ENV", "Deno.env.toObject",
    ] {
      let wanted = Array(name.utf8)
      guard bytes.count >= wanted.count else { continue }
      for start in 0...(bytes.count - wanted.count)
      where bytes[start] == wanted[0] && bytes[start..<start + wanted.count].elementsEqual(wanted) {
        let next = start + wanted.count < bytes.count ? bytes[start + wanted.count] : 0
        // One variable, or a change of one.
        if next != UInt8(ascii: "["), next != UInt8(ascii: "."), next != UInt8(ascii: "{"),
          next != UInt8(ascii: "i")
        {
          return true
        }
      }
    }
    return false
  }

  /// Addresses at which clouds hand out credentials.
  private mutating func metadata(_ words: [Argument]) {
    for text in words.compactMap(\.text) where text.utf8.count >= 12 {
      if let host = Metadata.host(in: text) {
        return findings.deny("secret", "\(host) hands out the machine's credentials.")
      }
    }
  }

  private mutating func persistence(_ name: String, _ words: [Argument]) {
    let texts = words.dropFirst().compactMap(\.text)
    if name == "crontab", !texts.contains("-l") {
      return findings.deny("persistence", "crontab would make something run later.")
    }
    if name == "git" {
      if let at = texts.firstIndex(of: "config"),
        !texts[at...].contains(where: {
          $0.utf8.starts(with: "--get".utf8) || ["-l", "--list", "list", "get"].contains($0)
        })
      {
        if texts.contains("--global") || texts.contains("--system") {
          findings.deny("persistence", "git config would change the settings of every project.")
        } else {
          findings.askAlways("persistence", "git config changes what git runs later.")
        }
      }
      return
    }
    guard ReaderTable.entry(name) == nil, !Self.onlyReads.contains(name) else { return }
    var written = texts
    if name == "sed", !texts.contains(where: { $0.utf8.starts(with: "-".utf8) && $0.utf8.contains(0x69) }) {
      // Only a script that writes.
      written = texts.filter { text in
        zip(text.utf8, text.utf8.dropFirst()).contains { $0.0 | 0x20 == 0x77 && $0.1 == 0x20 }
      }
    }
    if ["cp", "mv", "install", "ln", "rsync", "scp"].contains(name) {
      let target = zip(texts, texts.dropFirst()).first { $0.0 == "-t" || $0.0 == "--target-directory" }?.1
      let operands = texts.filter { $0.utf8.first != UInt8(ascii: "-") }
      let last = target ?? operands.last ?? ""
      written = name == "mv" ? operands + [last] : [last]
      written += texts.filter { $0.utf8.starts(with: "--target".utf8) }
      // Into a directory: under their own names.
      for source in operands where !Bytes.same(source, last) {
        written.append(last + "/" + Paths.name(source))
      }
    }
    for text in written where !text.isEmpty && text.utf8.count <= 4096 {
      if text.utf8.contains(0x20) || text.utf8.contains(0x27) || text.utf8.contains(0x22) {
        // A program as text: what it names with a path.
        for part in text.utf8.split(whereSeparator: { !Self.isPathByte($0) }) where part.contains(Paths.slash)
        {
          write(home(part.asText))
        }
        continue
      }
      if text.utf8.first == UInt8(ascii: "-"), !text.utf8.contains(0x3D) { continue }
      if Self.isAddress(text) { continue }
      let value = text.utf8.firstIndex(of: 0x3D).map { String(text[text.utf8.index(after: $0)...]) }
      write(home(value ?? text))
      if findings.denied != nil { return }
    }
  }

  private func home(_ text: String) -> String {
    text.utf8.starts(with: "~/".utf8) ? context.home + text.dropFirst() : text
  }

  private static func isPathByte(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x80 || byte == 0x2F
      || byte == 0x2E || byte == 0x5F || byte == 0x2D || byte == 0x7E
  }

  /// They read what they are given, or only name it, whatever else they do.
  private static let onlyReads: Set<String> = [
    "source", ".", "less", "more", "most", "bat", "batcat", "view", "awk", "gawk", "mawk", "jq", "yq", "find",
    "xxd", "cd",
    "test", "[", "echo", "printf", "pwd", "which", "type", "command", "date", "zcat", "zgrep", "egrep",
    "fgrep", "ag", "ack",
    "shellcheck", "sh", "bash", "zsh", "dash", "zdiff", "lsof", "getfacl", "df", "ps",
    "env", "nice", "nohup", "timeout", "sudo", "xargs", "time", "pushd", "popd", "code", "kill",
  ]
}

/// Hosts of cloud metadata services.
enum Metadata {
  private static let hosts = [
    "169.254.169.254", "169.254.170.2", "100.100.100.200", "metadata.google.internal", "metadata.goog",
    "fd00:ec2::254", "169.254.169.253", "instance-data.ec2.internal", "2852039166", "0xa9fea9fe",
    "0xa9.0xfe.0xa9.0xfe",
    "0251.0376.0251.0376", "169.16689662",
  ]

  static func host(in text: String) -> String? {
    var before: UInt8 = 0x2F
    var rest = text.utf8.prefix(65_536)
    while let first = rest.first {
      if !isNamePart(before) {
        for host in hosts where host.utf8.first == first | (first >= 0x41 && first <= 0x5A ? 0x20 : 0) {
          guard rest.count >= host.utf8.count,
            zip(rest, host.utf8).allSatisfy({
              $0.0 == $0.1 || $0.0 >= 0x41 && $0.0 <= 0x5A && $0.0 | 0x20 == $0.1
            })
          else { continue }
          let after = rest.dropFirst(host.utf8.count).first ?? 0x2F
          if !isNamePart(after) { return host }
        }
      }
      before = first
      rest = rest.dropFirst()
    }
    return nil
  }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x7A || byte == 0x2D
  }
}
