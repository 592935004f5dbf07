internal import Glibc
internal import System

/// Programs of the machine.
package enum Programs {
  /// The path of a program as a shell would find it; nil when there is none.
  package static func find(_ program: String, _ variables: [String: String]) -> String? {
    if program.utf8.contains(UInt8(ascii: "/")) { return isProgram(program) ? program : nil }
    let path = variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").lazy.map { "\($0)/\(program)" }.first(where: isProgram)
  }

  /// What a program says first on standard error when it fails; nil when it does not, or cannot be started.
  static func complaint(_ words: [String], _ variables: [String: String]) -> String? {
    let environment = variables.map { "\($0.key)=\($0.value)" }
    guard let child = try? Child(words, environment: environment, errors: .pipe), child.wait() != .exited(0)
    else { return nil }
    let said = (try? child.errors?.read(upTo: 4096, subject: "a pipe")) ?? []
    return String(decoding: said.prefix { $0 != 0x0A }, as: UTF8.self)
  }

  /// Whether a path is a file that can be run.
  static func isProgram(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }
}
