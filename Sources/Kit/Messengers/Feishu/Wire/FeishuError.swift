package import Journal
package import Network
internal import Text

/// Why Feishu did not do something, in its own words.
package struct FeishuError: Error, Sendable, CustomStringConvertible {
  /// What came back.
  package enum Cause: Sendable {
    /// Nothing.
    case network(HTTPError)
    /// A status and nothing that Feishu's interface would say.
    case status(Int)
    /// Feishu's number for what is wrong, and its words.
    case code(Int, String)
    /// Something that is not what it should be.
    case malformed(String)
  }

  /// What to do about it.
  package enum Remedy: Equatable, Sendable {
    /// It may work later.
    case wait
    /// Too much at once; how long to wait is in `retryAfter`.
    case slower
    /// A fresh token, once.
    case token
    /// The app's id or secret is wrong: nothing will work before somebody mends the configuration.
    case credentials
    /// The app is switched off, not installed or has no bot: somebody must act in Feishu's console.
    case app
    /// The app lacks a permission, or the bot is not where it should be.
    case permission
    /// The message cannot be answered or edited any more: a new one can be sent.
    case anew
    /// This content cannot be sent; a simpler one may.
    case content
    /// Nothing: it will be refused again.
    case nothing
  }

  /// What came back.
  package let cause: Cause
  /// Method and path of what was asked.
  package let request: String
  /// Feishu's number of the request in its log, for its support.
  package let logID: String?
  /// For how many milliseconds Feishu asks to wait.
  package let retryAfter: Int64?

  /// An error of its parts.
  package init(_ cause: Cause, request: String, logID: String? = nil, retryAfter: Int64? = nil) {
    (self.cause, self.request, self.logID, self.retryAfter) = (cause, request, logID, retryAfter)
  }

  /// Feishu's number for what is wrong; nil where none came.
  package var code: Int? { if case .code(let code, _) = cause { code } else { nil } }

  /// What to do about it.
  package var remedy: Remedy {
    switch cause {
    case .network(let error): error.isTemporary ? .wait : .nothing
    case .status(429): .slower
    case .status(let status): status >= 500 || status == 408 ? .wait : .nothing
    case .malformed: .wait
    case .code(let code, _): Self.remedy(of: code)
    }
  }

  /// Whether it may work later without anybody doing anything.
  package var isTemporary: Bool { [.wait, .slower, .token].contains(remedy) }

  package var description: String {
    let said: String
    switch cause {
    case .network(let error): return "\(error)"
    case .status(let status): said = "\(request): Feishu answers with status \(status)"
    case .malformed(let what): said = "\(request): Feishu's answer \(what)"
    case .code(let code, let words):
      said = "\(request) is refused (\(code)): \(displayEscaped(String(words.prefix(300))))"
    }
    return said + (logID.map { " [log \(displayEscaped(String($0.prefix(64))))]" } ?? "")
  }

  /// What this means for a delivery.
  package var outcome: Outcome {
    isTemporary
      ? .postponed(reason: description, after: retryAfter)
      : .refused(reason: description + (hint.map { ": \($0)" } ?? ""))
  }
}
