internal import Glibc

/// The chat commands that an installation adds: executables in `$AGIM_HOME/commands`.
struct OwnCommands {
  let directory: String

  /// The executable of a command; nil where there is none.
  ///
  /// Only a regular file counts, so that a link cannot lead out of the directory.
  func find(_ name: String) -> String? {
    guard Self.isName(name) else { return nil }
    let path = "\(directory)/\(name)"
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(path, X_OK) == 0 else {
      return nil
    }
    return path
  }

  /// Their names, some hundred at most.
  func names() -> [String] {
    guard let list = opendir(directory) else { return [] }
    defer { closedir(list) }
    var names: [String] = []
    while names.count < 200, let entry = readdir(list) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if find(name) != nil { names.append(name) }
    }
    return names.sorted()
  }

  /// What can be typed behind a slash, and is no path.
  private static func isName(_ name: String) -> Bool {
    (1...32).contains(name.utf8.count)
      && name.utf8.allSatisfy {
        $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2D || $0 == 0x5F
      }
  }
}
