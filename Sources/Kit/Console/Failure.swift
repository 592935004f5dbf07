/// Why a command ends without having done its work: what happened, to what, and what to do.
package struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
  /// The exit status.
  package let code: ExitCode
  /// What failed, on what, and why; lower case, without a period.
  ///
  /// Never holds a secret or a message's text.
  package let message: String
  /// What to do about it.
  package let hint: String?

  /// A failure with an exit status.
  package init(_ code: ExitCode, _ message: String, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
  }

  /// The command was called wrongly.
  package static func usage(_ message: String, hint: String? = nil) -> Failure {
    Failure(.usage, message, hint: hint)
  }

  package var description: String { hint.map { "\(message): \($0)" } ?? message }
}
