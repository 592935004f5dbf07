internal import Glibc

/// The programs that were installed with this one.
package enum OwnProgram {
  /// The directory of the running program.
  ///
  /// - Throws: `SystemError` when the system does not say which program runs.
  package static func directory() throws(SystemError) -> String {
    guard let resolved = realpath("/proc/self/exe", nil) else {
      throw SystemError("realpath", "/proc/self/exe")
    }
    defer { free(resolved) }
    let program = String(cString: resolved)
    return program.lastIndex(of: "/").map { String(program[..<$0]) } ?? "."
  }

  /// The program of a name beside this one; its name alone, for the PATH, where there is none.
  package static func path(of name: String) -> String {
    guard let directory = try? directory(), access("\(directory)/\(name)", X_OK) == 0 else { return name }
    return "\(directory)/\(name)"
  }
}
