internal import Glibc

/// Programs of the machine.
package enum Programs {
  /// The path of a program as a shell would find it; nil when there is none.
  package static func find(_ program: String, _ variables: [String: String]) -> String? {
    if program.utf8.contains(UInt8(ascii: "/")) { return isProgram(program) ? program : nil }
    let path = variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").lazy.map { "\($0)/\(program)" }.first(where: isProgram)
  }

  /// Whether a path is a file that can be run.
  static func isProgram(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }
}
