package import Settings

/// The places that a sandbox hides: what the policy denies whatever anybody says.
package struct HiddenPlaces {
  private let paths: SensitivePaths
  private let home: String
  private let agimHome: String

  /// How many names of a work directory are looked at, and how deep.
  private static let limit = (names: 20_000, depth: 24)

  /// The places of a user.
  package init(home: String, agimHome: Home) {
    self.home = Paths.normal(home)
    self.agimHome = agimHome.path
    paths = SensitivePaths(homes: [self.home], agimHomes: [agimHome.path])
  }

  /// Places with fixed names, whether anything is there or not.
  package var fixed: [String] {
    var all = SensitiveNames.absolute.filter {
      !$0.utf8.starts(with: "/proc".utf8) && !$0.utf8.starts(with: "/dev".utf8)
    }
    all += (SensitiveNames.ofHome + SensitiveNames.directories.sorted() + SensitiveNames.files.sorted()).map {
      "\(home)/\($0)"
    }
    all.append(agimHome)
    if !Paths.isInside(home, "/root") { all.append("/root") }
    return all
  }

  /// Whether a directory counts as a work directory: `/`, a home, agim's own directory and what holds one
  /// of them never do.
  package func isWorkPlace(_ place: ResolvedPath) -> Bool { CallContext.isWorkPlace(place, paths) }

  /// Whether a path lies below a directory.
  package func isBelow(_ path: String, _ directory: String) -> Bool {
    Paths.isInside(path, directory) && !Bytes.same(path, directory)
  }

  /// Files below a directory that hold secrets by their names.
  ///
  /// What lies higher is looked at first, so that a deep tree of a package manager's uses nothing up that is
  /// needed for what people put there themselves.
  package func secrets(below directory: String, files: any FileFacts) -> [String] {
    var found: [String] = []
    var level = [directory]
    var left = Self.limit.names
    for _ in 0...Self.limit.depth {
      var next: [String] = []
      for path in level {
        // A directory with more names than that is left out, and the others are not.
        guard left > 0, let entries = files.entries(of: path, limit: left) else { continue }
        left -= entries.count
        for entry in entries {
          let place = "\(path)/\(entry.name)"
          if paths.secret(place, isDirectory: entry.kind == .directory) != nil {
            if entry.kind == .file || entry.kind == .directory { found.append(place) }
          } else if entry.kind == .directory, !isOfObjects(place) {
            next.append(place)
          }
        }
      }
      level = next
    }
    return found
  }

  /// Whether git keeps what it stores there: many files, under names that it makes itself.
  private func isOfObjects(_ path: String) -> Bool {
    let parts = path.utf8.split(separator: Paths.slash).suffix(2)
    return parts.first?.elementsEqual(".git".utf8) == true
      && parts.last?.elementsEqual("objects".utf8) == true
  }
}
