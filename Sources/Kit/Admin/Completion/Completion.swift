internal import Console
internal import Text

/// Completions for the shells, made from what the commands say about themselves.
package enum Completion {
  /// The shells that there are completions for.
  package static let shells = ["bash", "zsh", "fish"]

  /// The script for a shell.
  ///
  /// - Parameters:
  ///   - shell: one of `shells`.
  ///   - front: `agim` itself.
  ///   - commands: the others.
  /// - Returns: its text.
  /// - Throws: `Failure` with status 64 for another shell.
  package static func script(for shell: String, front: Described, commands: [Described]) throws -> String {
    switch shell {
    case "bash": return BashCompletion.script(front, commands)
    case "zsh": return ZshCompletion.script(front, commands)
    case "fish": return FishCompletion.script(front, commands)
    default:
      throw Failure.usage(
        "there are no completions for '\(displayEscaped(shell))'",
        hint: Nearest.match(shell, among: shells).map { "did you mean \($0)?" } ?? "bash, zsh or fish")
    }
  }

  /// A word of a shell script: single quotes with the marks inside them written as POSIX shells want it.
  static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  static let note = "# Made by 'agim completions' from the option tables of the commands.\n"
}
