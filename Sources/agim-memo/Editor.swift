import Console
import Glibc
import Settings
import Stage
import System
import Wire

/// A text in the person's own editor.
enum Editor {
  /// The text as the person left it; nil where it was not changed.
  ///
  /// - Throws: `Failure` where the editor cannot be started, or failed.
  static func edit(_ text: String, _ stage: Stage) throws -> String? {
    let editor = ProcessGuard.variable("VISUAL") ?? ProcessGuard.variable("EDITOR") ?? "vi"
    let path = "\(stage.home.run)/edit-\(stage.maker.id()).md"
    try Files.write(Array(text.utf8), to: path)
    defer { unlink(path) }
    // By a shell, because the variable may hold arguments; the file is an argument of its own.
    let words = ["sh", "-c", "exec \(editor) \"$1\"", "sh", path]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = ProcessGuard.environment.map { strdup($0) } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var pid: pid_t = 0
    // In our own session, so that it has the terminal.
    let code = posix_spawn(&pid, "/bin/sh", nil, nil, &arguments, &variables)
    guard code == 0 else { throw SystemError("posix_spawn", "/bin/sh", errno: code) }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else { throw Failure(.unavailable, "\(editor) failed; nothing was changed") }
    let changed = try Files.readRegular(path, limit: 1 << 20)
    guard let new = String(validating: changed, as: UTF8.self) else {
      throw Failure(.dataError, "what the editor left is not text in UTF-8; nothing was changed")
    }
    return changed == Array(text.utf8) ? nil : new
  }
}
