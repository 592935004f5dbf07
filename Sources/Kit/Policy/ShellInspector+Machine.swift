/// Destroying the machine.
extension ShellInspector {
  mutating func machine(_ name: String, _ words: [Argument], _ command: SimpleCommand?) {
    let texts = words.dropFirst().compactMap(\.text)
    let isHelp = texts.contains("--help") || texts.contains("--version")
    if HardPrograms.ending.contains(name) || name.utf8.starts(with: "mkfs".utf8), !isHelp {
      return findings.deny("machine", "\(name) would stop or destroy the machine.")
    }
    switch name {
    case "init":
      if ["0", "6"].contains(texts.first) {
        findings.deny("machine", "init \(texts[0]) would stop the machine.")
      }
    case "systemctl":
      for word in ["poweroff", "reboot", "halt", "kexec", "emergency", "rescue", "soft-reboot"]
      where texts.contains(word) {
        findings.deny("machine", "systemctl \(word) would stop the machine.")
      }
    case "kill":
      if texts.dropFirst(texts.first?.utf8.first == UInt8(ascii: "-") && texts.count > 1 ? 1 : 0).contains(
        "-1")
      {
        findings.deny("machine", "kill with -1 would end every process.")
      }
    case "cryptsetup":
      if texts.contains("luksFormat") || texts.contains("erase") || texts.contains("luksErase") {
        findings.deny("machine", "cryptsetup would destroy a disk.")
      }
    case "rm", "srm", "trash", "shred", "chmod", "chown", "chgrp", "mv", "rmdir": remove(name, words, texts)
    case "find": search(words, texts)
    case "dd", "truncate", "tee", "cp", "fdisk", "sfdisk", "parted", "sgdisk", "gdisk", "mkswap", "badblocks",
      "hdparm", "pv", "cat":
      disks(name, texts)
    default: break
    }
  }

  private mutating func disks(_ name: String, _ texts: [String]) {
    if name == "cat" || name == "pv" || texts.contains("-l") { return }
    for text in texts where text.utf8.first != UInt8(ascii: "-") {
      var path = text
      if name == "dd" {
        guard text.utf8.starts(with: "of=".utf8) else { continue }
        path = text.utf8.dropFirst(3).asText
      }
      if name == "cp", text != texts.last { continue }
      guard path.utf8.first == Paths.slash, let why = Self.machine(Paths.normal(path)) else { continue }
      findings.deny("machine", "\(name) must not write \(path): \(why).")
    }
  }

  /// `rm -r`, `chmod -R` and the like on what the machine or the person lives on.
  private mutating func remove(_ name: String, _ words: [Argument], _ texts: [String]) {
    let isRecursive =
      ["mv", "shred", "srm", "trash"].contains(name)
      || texts.contains { text in
        if text.utf8.starts(with: "--".utf8) {
          return text.utf8.starts(with: "--recurs".utf8) || text == "--no-preserve-root"
        }
        return text.utf8.first == UInt8(ascii: "-") && text.utf8.contains { $0 | 0x20 == 0x72 }
      }
    guard isRecursive else { return }
    for word in words.dropFirst() {
      for directory in directories {
        guard let (place, isContent) = Self.target(word, from: directory) else { continue }
        let real = context.resolve(place, from: "/").path
        guard isPrecious(place) || isPrecious(real) else { continue }
        return findings.deny(
          "machine", "\(name) \(word.shown) would destroy \(isContent ? "all that is in " : "")\(place).")
      }
    }
  }

  /// The directory that a word means, or whose whole content a pattern means.
  private static func target(_ word: Argument, from directory: String) -> (String, Bool)? {
    switch word {
    case .literal(let text):
      guard !text.isEmpty, text.utf8.first != UInt8(ascii: "-") else { return nil }
      return (Paths.join(directory, text), false)
    case .pattern(let elements):
      var parts = Pattern.parts(elements)
      while let last = parts.last, parts.count > 1, last.isEmpty { parts.removeLast() }
      guard let last = parts.popLast(), last.contains(.many),
        last.allSatisfy({ $0 == .many || $0 == .one || $0 == .byte(0x2E) || $0 == .set(Array("!.".utf8)) })
      else { return nil }
      var path = ""
      for part in parts {
        guard let bytes = Pattern.bytes(part) else { return nil }
        path += String(decoding: bytes, as: UTF8.self) + "/"
      }
      return (Paths.join(directory, path.isEmpty ? "." : path), true)
    }
  }

  private mutating func search(_ words: [Argument], _ texts: [String]) {
    let removes =
      texts.contains("-delete")
      || zip(texts, texts.dropFirst()).contains { pair in
        (pair.0.utf8.starts(with: "-exec".utf8) || pair.0.utf8.starts(with: "-ok".utf8))
          && ["rm", "shred", "unlink"].contains(Paths.name(pair.1))
      }
    guard removes else { return }
    // A search by name or age is a person's to allow, unless it begins at the very top.
    let isNarrow = texts.contains {
      ["-name", "-iname", "-path", "-regex", "-mtime", "-mmin", "-size", "-empty"].contains($0)
    }
    for text in texts.prefix(while: { $0.utf8.first != UInt8(ascii: "-") }) {
      for directory in directories {
        let place = Paths.join(directory, text)
        if isPrecious(place) || isPrecious(context.resolve(place, from: "/").path), !isNarrow {
          return findings.deny("machine", "find would remove what is in \(place).")
        }
      }
    }
  }

  /// The root, what stands at the top, and homes.
  func isPrecious(_ path: String) -> Bool {
    let depth = path.utf8.reduce(0) { $0 + ($1 == Paths.slash ? 1 : 0) }
    if path.utf8.count == 1 { return true }
    if (context.sensitive.homes + context.sensitive.agimHomes).contains(where: { Paths.isInside($0, path) }) {
      return true
    }
    if depth == 1 {
      return [
        "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/media", "/mnt", "/nix",
        "/opt", "/proc", "/root",
        "/run", "/sbin", "/snap", "/srv", "/sys", "/usr", "/var", "/Users", "/System", "/Library",
      ].contains(path)
    }
    if depth == 2, ["/usr", "/var", "/home", "/Users"].contains(Paths.parent(path)) {
      return Paths.parent(path) != "/var"
        || ["/var/lib", "/var/log", "/var/spool", "/var/mail", "/var/www"].contains(path)
    }
    return false
  }
}
