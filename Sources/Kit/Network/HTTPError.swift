/// Why a request has no response: what happened, to which request, and what to do.
package struct HTTPError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of thing happened.
  package enum Kind: Equatable, Sendable {
    /// The request itself is wrong: its address, method or headers.
    case request
    /// libcurl is not there, or refuses something.
    case library
    /// The name of the host (or proxy) could not be looked up.
    case unresolved
    /// Nothing could be connected to.
    case unreachable
    /// The host or its address is none that may be talked to.
    case forbidden
    /// No secure connection: its certificate is not trusted, or the handshake failed.
    case insecure
    /// A limit of time was reached.
    case timedOut(TimeLimit)
    /// The body is larger than allowed.
    case bodyTooLarge
    /// The header lines are larger than allowed.
    case headersTooLarge
    /// The server sends us elsewhere, and that was not asked for.
    case redirected
    /// What came is not HTTP.
    case malformed
    /// The connection ended before the response did.
    case brokenOff
    /// What was to be sent could not be read.
    case unreadable
    /// The proxy did not do it.
    case proxy
    /// We stopped it ourselves.
    case cancelled
  }

  /// Which limit of time it was.
  package enum TimeLimit: String, Sendable {
    case connect, total, idle
  }

  /// What kind of thing happened.
  package let kind: Kind
  /// Method and address, without query and without what must not be shown.
  package let request: String
  /// What happened, in words.
  package let reason: String
  /// What to do about it.
  package let hint: String?
  /// Whether it may work later without anybody doing anything.
  package let isTemporary: Bool
  /// Whether the server may have got the request: then it is not to be sent again unasked.
  package let mayHaveArrived: Bool

  /// Why a request has no response, in its parts.
  package init(
    kind: Kind, request: String, reason: String, hint: String?, isTemporary: Bool, mayHaveArrived: Bool
  ) {
    (self.kind, self.request, self.reason, self.hint) = (kind, request, reason, hint)
    (self.isTemporary, self.mayHaveArrived) = (isTemporary, mayHaveArrived)
  }

  package var description: String { "\(request): \(reason)" + (hint.map { ": \($0)" } ?? "") }

  /// A response that has ended well and has no head: what libcurl does not do.
  static func headless(_ request: HTTPRequest) -> HTTPError {
    HTTPError(
      kind: .malformed, request: request.method, reason: "the answer has no head", hint: nil,
      isTemporary: false, mayHaveArrived: true)
  }
}
