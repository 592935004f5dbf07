internal import Glibc

/// The program that is an agent.
package enum InstalledProgram {
  /// Where a program is.
  ///
  /// - Parameters:
  ///   - name: Its name, or its path where it holds a slash.
  ///   - environment: `NAME=value` strings; `PATH` counts.
  /// - Returns: its path; nil when it is not installed.
  package static func find(_ name: String, in environment: [String]) -> String? {
    if name.utf8.contains(UInt8(ascii: "/")) { return isProgram(name) ? name : nil }
    let path = environment.first { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").lazy.map { "\($0)/\(name)" }.first(where: isProgram)
  }

  private static func isProgram(_ path: String) -> Bool {
    var about = stat()
    return stat(path, &about) == 0 && about.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }
}
