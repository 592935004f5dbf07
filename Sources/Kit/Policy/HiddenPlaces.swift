package import Settings

/// The places that a sandbox hides: what the policy denies whatever anybody says.
package struct HiddenPlaces {
  private let paths: SensitivePaths
  private let home: String
  private let agimHome: String

  /// How many names of a work directory are looked at, and how deep.
  private static let limit = (names: 20_000, depth: 12)

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
  package func secrets(below directory: String, files: any FileFacts) -> [String] {
    var found: [String] = []
    var queue = [(path: directory, depth: 0)]
    var left = Self.limit.names
    while let (path, depth) = queue.popLast(), left > 0 {
      guard let entries = files.entries(of: path, limit: left) else { continue }
      left -= entries.count
      for entry in entries {
        let place = "\(path)/\(entry.name)"
        if paths.secret(place, isDirectory: entry.kind == .directory) != nil {
          if entry.kind == .file || entry.kind == .directory { found.append(place) }
        } else if entry.kind == .directory, depth < Self.limit.depth {
          queue.append((place, depth + 1))
        }
      }
    }
    return found
  }
}
