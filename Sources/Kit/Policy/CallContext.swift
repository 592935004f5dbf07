/// One call's surroundings, and what was looked up for it.
final class CallContext {
  let files: any FileFacts
  let sensitive: SensitivePaths
  let home: String
  let path: [String]
  /// The work directory, resolved.
  let workdir: String
  /// Whether reading in it is allowed: not for `/`, a home, agim's own directory, or what holds them.
  let isWorkPlace: Bool
  /// How many texts inside texts may still be looked at.
  var budget = 64
  private var resolved: [String: ResolvedPath] = [:]
  private var looked: [String: String?] = [:]

  init(_ policy: Policy, workdir: String) {
    files = policy.files
    home = policy.home
    path = policy.path
    let place = policy.files.resolve(workdir, from: "/")
    self.workdir = place.path
    sensitive = policy.sensitive
    isWorkPlace = Self.isWorkPlace(place, sensitive)
  }

  /// Whether a directory may be worked in, see `isWorkPlace`.
  static func isWorkPlace(_ place: ResolvedPath, _ sensitive: SensitivePaths) -> Bool {
    place.kind == .directory
      && !(sensitive.homes + sensitive.agimHomes).contains { Paths.isInside($0, place.path) }
      && !shared.contains(place.path) && !virtual.contains { Paths.isInside(place.path, $0) }
  }

  /// Directories that are no project's.
  private static let shared: Set<String> = [
    "/etc", "/usr", "/var", "/boot", "/run", "/bin", "/sbin", "/lib", "/tmp", "/home", "/root", "/opt",
    "/srv",
    "/mnt", "/media",
  ]
  private static let virtual = ["/proc", "/sys", "/dev"]

  func resolve(_ path: String, from directory: String) -> ResolvedPath {
    let key = path.utf8.first == Paths.slash ? path : directory + "/" + path
    if let known = resolved[key] { return known }
    let found = files.resolve(path, from: directory)
    resolved[key] = found
    return found
  }

  /// The file of a program, links not followed.
  func program(_ name: String) -> String? {
    if let known = looked[name] { return known }
    let found = files.program(name, path: path)
    looked[name] = .some(found)
    return found
  }

  /// Why a path must not be touched: by its text, or by where it leads to.
  func secret(_ path: String, from directory: String) -> String? {
    guard path.utf8.count <= 4096 else { return nil }
    let text = Paths.join(directory, path)
    if let why = sensitive.secret(text) {
      // A directory may be called `credentials`.
      guard resolve(path, from: directory).kind == .directory else { return why }
      if let why = sensitive.secret(text, isDirectory: true) { return why }
    }
    let real = resolve(path, from: directory)
    guard !Bytes.same(real.path, text) else { return nil }
    return sensitive.secret(real.path, isDirectory: real.kind == .directory)
  }

  /// Why writing a path must be denied or asked about every time.
  func persistence(_ path: String, from directory: String) -> (why: String, isInside: Bool)? {
    guard path.utf8.count <= 4096 else { return nil }
    let text = Paths.join(directory, path)
    let real = resolve(path, from: directory).path
    // What lies inside the work directory is judged by its name there.
    let isInside = Paths.isInside(real, workdir)
    let start = isInside ? "/" + real.utf8.dropFirst(workdir.utf8.count).asText : real
    if let why = sensitive.persistence(isInside && !isOwnHome ? start : real) { return (why, isInside) }
    if !Bytes.same(text, real), !isInside, let why = sensitive.persistence(text) { return (why, isInside) }
    return nil
  }

  private var isOwnHome: Bool { sensitive.homes.contains { Paths.isInside($0, workdir) } }

  /// A file in a tree that must not be read; nil when there is none.
  ///
  /// `isTooLarge` when not all was looked at.
  func secret(inTree root: String, followsLinks: Bool = false) -> (path: String?, isTooLarge: Bool) {
    var waiting = [root]
    var budget = 20_000
    while let directory = waiting.popLast() {
      guard let entries = files.entries(of: directory, limit: budget) else { return (nil, true) }
      budget -= entries.count + 1
      guard budget > 0 else { return (nil, true) }
      for entry in entries {
        let path = directory.utf8.count == 1 ? "/" + entry.name : directory + "/" + entry.name
        if SensitivePaths.secretFile(entry.name) != nil, entry.kind != .directory { return (path, false) }
        // Another name may belong to the same file.
        if entry.kind == .file, entry.links > 1 { return (path, false) }
        // A link leads anywhere; a pipe or device may wait for ever.
        if entry.kind == .link, followsLinks { return (path, false) }
        if entry.kind == .directory {
          if SensitiveNames.directories.contains(entry.name) { return (path, false) }
          waiting.append(path)
        }
      }
    }
    return (nil, false)
  }

  static let systemDirectories = ["/usr", "/bin", "/sbin", "/lib", "/lib64"]

  static func isSystem(_ path: String) -> Bool {
    systemDirectories.contains { Paths.isInside(path, $0) }
  }
}

extension Substring.UTF8View {
  var asText: String { String(Substring(self)) }
}
