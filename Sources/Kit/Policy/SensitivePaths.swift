/// Which paths hold secrets, agim's own state, or what is run later.
///
/// Paths are absolute and normal; both their text and where they lead to have to be asked about.
struct SensitivePaths {
  /// The user's home, and where it leads to.
  let homes: [String]
  /// agim's own directory, and where it leads to.
  let agimHomes: [String]
  /// Places that are tried against patterns, and their parts.
  let examples: [(path: String, parts: [[UInt8]])]

  init(homes: [String], agimHomes: [String]) {
    self.homes = homes
    self.agimHomes = agimHomes
    let all =
      SensitiveNames.examples
      + homes.flatMap { home in SensitiveNames.examplesOfHome.map { "\(home)/\($0)" } }
      + agimHomes.flatMap { [$0, "\($0)/agim.db", "\($0)/config.json", "\($0)/env"] }
    examples = all.map { ($0, $0.utf8.split(separator: Paths.slash).map { Array($0) }) }
  }

  /// Why a path must be neither read nor written; nil when it may be.
  func secret(_ path: String, isDirectory: Bool = false) -> String? {
    let path = Self.withoutDetours(path)
    if let why = own(path) ?? absolute(path) { return why }
    var isLast = true
    var end = path.utf8.endIndex
    // From the last part to the first.
    while end > path.utf8.startIndex {
      let cut = path.utf8[..<end].lastIndex(of: Paths.slash) ?? path.utf8.startIndex
      let part = path.utf8[cut..<end].dropFirst()
      if part.first == UInt8(ascii: ".") || isLast, !part.isEmpty {
        let name = String(Substring(part))
        if SensitiveNames.directories.contains(name) { return "\(name) holds keys" }
        if isLast, !isDirectory, let why = Self.secretFile(name) { return why }
      }
      isLast = false
      end = cut
    }
    // All of these begin with a dot, but one.
    for below in belowHomes(path) where below.first == UInt8(ascii: ".") || below.first == UInt8(ascii: "s") {
      for entry in SensitiveNames.ofHome where Self.begins(below, entry) {
        // Our own was looked at before.
        if entry == ".agim", agimHomes.contains(where: { Paths.isInside(path, $0) }) { continue }
        return "~/\(entry) holds secrets"
      }
      if Self.begins(below, ".claude") || below.starts(with: ".claude".utf8) {
        return "it holds an agent's secrets"
      }
      if below.starts(with: ".cargo/credentials".utf8) { return "it holds credentials" }
    }
    return nil
  }

  /// Whether a path is something that is run or believed later; nil when it is not.
  func persistence(_ path: String) -> String? {
    let path = Self.withoutDetours(path)
    for entry in SensitiveNames.persistentAbsolute where Paths.isInside(path, entry) {
      return "what is in \(entry) is run or believed later"
    }
    for below in belowHomes(path) where below.first == UInt8(ascii: ".") || below.first == UInt8(ascii: "b") {
      for entry in SensitiveNames.persistentOfHome where Self.begins(below, entry) {
        return "~/\(entry) is run or believed later"
      }
    }
    return Self.projectPersistence(path)
  }

  private static func projectPersistence(_ path: String) -> String? {
    let parts = path.utf8.split(separator: Paths.slash)
    for (index, part) in parts.enumerated() {
      let name = String(Substring(part))
      if SensitiveNames.persistentDirectories.contains(name) {
        return "what is in \(name) is run or believed later"
      }
      if index == parts.count - 1, SensitiveNames.persistentFiles.contains(name) {
        return "\(name) is run or believed later"
      }
    }
    return nil
  }

  /// agim's own state.
  ///
  /// Sessions work below `work`, and what people sent is below `files`.
  private func own(_ path: String) -> String? {
    for directory in agimHomes where Paths.isInside(path, directory) {
      if Paths.isInside(path, directory + "/work") || Paths.isInside(path, directory + "/files") {
        return nil
      }
      return "it is agim's own state"
    }
    return nil
  }

  private func absolute(_ path: String) -> String? {
    guard let second = path.utf8.dropFirst().first else { return nil }
    // Nothing else is looked for at the top.
    guard second == 0x65 || second == 0x70 || second == 0x64 || second == 0x72 || second == 0x76 else {
      return nil
    }
    for entry in SensitiveNames.absolute where Paths.isInside(path, entry) { return "\(entry) holds secrets" }
    if Paths.isInside(path, "/etc/ssh"), Paths.name(path).utf8.starts(with: "ssh_host_".utf8),
      !Self.ends(path, ".pub")
    {
      return "it is a key of the machine"
    }
    if Paths.isInside(path, "/proc") {
      let parts = path.utf8.split(separator: Paths.slash)
      if parts.count > 2, let last = parts.last {
        for name in ["environ", "mem", "auxv"] where last.elementsEqual(name.utf8) {
          return "it shows the memory or environment of a process"
        }
      }
    }
    // Another user's home, when it is root's.
    if Paths.isInside(path, "/root"), !homes.contains(where: { Paths.isInside($0, "/root") }) {
      return "/root belongs to the administrator"
    }
    return nil
  }

  static func secretFile(_ name: String) -> String? {
    let bytes = name.utf8
    if SensitiveNames.files.contains(name) { return "files named \(name) hold secrets" }
    if bytes.starts(with: ".env.".utf8) {
      for harmless in [".example", ".sample", ".template", ".dist", ".schema", ".defaults", ".test.example"]
      where ends(name, harmless) {
        return nil
      }
      return code.contains(ending(name)) ? nil : "files named .env.* hold secrets"
    }
    for key in SensitiveNames.keys where bytes.starts(with: key.utf8) && !ends(name, ".pub") {
      let rest = bytes.dropFirst(key.utf8.count).first
      let isName = rest.map { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A } ?? false
      return isName || code.contains(ending(name)) ? nil : "\(key) is a private key"
    }
    for ending in SensitiveNames.endings where ends(name, ending) && bytes.count > ending.utf8.count {
      if ending == "_history", bytes.first != UInt8(ascii: ".") { continue }
      return "files named *\(ending) hold keys or secrets"
    }
    for stem in ["credentials.", "secrets.", ".credentials."] where bytes.starts(with: stem.utf8) {
      return code.contains(ending(name)) ? nil : "files named \(stem)* hold secrets"
    }
    if bytes.starts(with: "service-account".utf8) || bytes.starts(with: "service_account".utf8),
      ends(name, ".json")
    {
      return "it is the key of a service account"
    }
    if bytes.starts(with: "client_secret".utf8), ends(name, ".json") { return "it is a client's secret" }
    if bytes.starts(with: ".envrc.".utf8) { return "files named .envrc hold secrets" }
    return nil
  }

  private static var code: Set<String> { SensitiveNames.code }

  private static func ending(_ name: String) -> String {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return "" }
    return String(name[name.utf8.index(after: dot)...])
  }

  static func ends(_ text: String, _ ending: String) -> Bool {
    text.utf8.count >= ending.utf8.count && text.utf8.suffix(ending.utf8.count).elementsEqual(ending.utf8)
  }

  private static func begins(_ below: Substring.UTF8View, _ entry: String) -> Bool {
    guard below.starts(with: entry.utf8) else { return false }
    return below.count == entry.utf8.count || below.dropFirst(entry.utf8.count).first == Paths.slash
  }

  /// The path below each home directory that it lies in, whoever's home that is.
  private func belowHomes(_ path: String) -> [Substring.UTF8View] {
    var all: [Substring.UTF8View] = []
    for home in homes where home.utf8.count > 1 && Paths.isInside(path, home) {
      all.append(path.utf8.dropFirst(home.utf8.count + 1))
    }
    if all.isEmpty {
      for top in ["/home/", "/Users/"] where path.utf8.starts(with: top.utf8) {
        if let cut = path.utf8.dropFirst(top.utf8.count).firstIndex(of: Paths.slash) {
          all.append(path.utf8[cut...].dropFirst())
        }
      }
      if path.utf8.starts(with: "/root/".utf8) { all.append(path.utf8.dropFirst(6)) }
    }
    return all
  }

  /// The path that a way through `/proc` leads to: `/proc/self/root/etc` is `/etc`.
  static func withoutDetours(_ path: String) -> String {
    guard path.utf8.starts(with: "/proc/".utf8) else { return path }
    var parts = path.utf8.split(separator: Paths.slash)[...]
    var isThrough = false
    for (index, part) in parts.enumerated().dropFirst(2) {
      guard part.elementsEqual("root".utf8) else { continue }
      parts = parts.dropFirst(index + 1)
      isThrough = true
      break
    }
    guard isThrough else { return path }
    return withoutDetours("/" + parts.map { String(Substring($0)) }.joined(separator: "/"))
  }
}
