/// What redirections read and write.
extension ShellInspector {
  mutating func inspect(_ redirection: Redirection) {
    switch redirection.kind {
    case .duplicate: return
    case .text, .document:
      for value in surroundings.possible(redirection.target, guess: 0) { net(value, as: .text) }
      if !surroundings.certain(redirection.target).isKnown {
        findings.raise(to: .acts, "A text given to the command depends on what only running it would tell.")
      }
    case .read:
      let target = surroundings.certain(redirection.target)
      for value in [target] + surroundings.possible(redirection.target, guess: 0) { net(value, as: .word) }
      guard let path = target.text else {
        if case .pattern(let elements) = target { pattern(elements, "cat") }
        return findings.raise(to: .acts, "What is read from '\(target.shown)' is not known.")
      }
      read(path)
    case .write:
      let target = surroundings.certain(redirection.target)
      for value in [target] + surroundings.possible(redirection.target, guess: 0) {
        net(value, as: .word)
        if case .pattern(let elements) = value { pattern(elements, "cat") }
        if let path = value.text { write(path) }
      }
      guard let path = target.text, path.utf8.elementsEqual("/dev/null".utf8) else {
        return findings.raise(to: .acts, "The command writes to \(target.shown).")
      }
    }
  }

  /// The hard rules for a path that is written, made or removed.
  mutating func write(_ path: String) {
    guard !path.utf8.elementsEqual("/dev/null".utf8) else { return }
    for directory in directories {
      if let why = context.secret(path, from: directory) {
        findings.deny(Self.rule(why), "\(path) must not be touched: \(why).")
      }
      let real = context.resolve(path, from: directory)
      if let why = Self.machine(real.path) ?? Self.machine(Paths.join(directory, path)) {
        findings.deny("machine", "\(path) must not be written: \(why).")
      }
      if let (why, isInside) = context.persistence(path, from: directory) {
        if isInside {
          findings.askAlways(
            "persistence", "\(path) may be written only when a person says so each time: \(why).")
        } else {
          findings.deny("persistence", "\(path) must not be written: \(why).")
        }
      }
    }
  }

  /// Devices and switches whose writing destroys.
  static func machine(_ path: String) -> String? {
    if path.utf8.elementsEqual("/proc/sysrq-trigger".utf8) { return "it stops the machine" }
    guard Paths.isInside(path, "/dev") else { return nil }
    let name = path.utf8.dropFirst(5)
    for disk in [
      "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "md", "dm-", "mapper/", "disk/", "loop", "zd", "rbd", "nbd",
    ]
    where name.starts(with: disk.utf8) {
      return "it is a disk"
    }
    return nil
  }

  /// A path that is only read.
  mutating func read(_ path: String) {
    guard !path.utf8.elementsEqual("/dev/null".utf8) else { return }
    guard !isLost else {
      return findings.raise(to: .acts, "It is not known in which directory \(path) would be looked for.")
    }
    for directory in directories {
      let real = context.resolve(path, from: directory)
      guard context.isWorkPlace else {
        return findings.raise(to: .reports, "\(path): \(context.workdir) does not count as a work directory.")
      }
      guard Paths.isInside(real.path, context.workdir) else {
        return findings.raise(to: .reports, "\(path) is outside the work directory.")
      }
      // By its text a path may leave the work directory and come back by a link.
      guard real.kind != .other else {
        return findings.raise(to: .reports, "\(path) is neither a file nor a directory.")
      }
      guard real.kind != .file || real.links <= 1 else {
        return findings.raise(
          to: .reports, "\(path) has \(real.links) names, of which others may be outside the work directory.")
      }
    }
  }

  /// A directory whose files are read.
  mutating func readTree(_ path: String, followsLinks: Bool = false) {
    read(path)
    guard findings.use == .reads else { return }
    for directory in directories {
      let real = context.resolve(path, from: directory)
      guard real.kind == .directory else { continue }
      let (found, isTooLarge) = context.secret(inTree: real.path, followsLinks: followsLinks)
      if let found {
        return findings.raise(to: .reports, "The search would read \(found).")
      }
      if isTooLarge {
        return findings.raise(to: .reports, "\(path) holds more files than can be looked through beforehand.")
      }
    }
  }
}
