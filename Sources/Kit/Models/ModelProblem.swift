/// Why a call of a model did not work.
package struct ModelProblem: Error, Equatable, Sendable {
  /// What kind of thing happened.
  package enum Kind: String, Sendable {
    /// The key is refused.
    case unauthorized
    /// There is a key, and it may not do this.
    case forbidden
    /// Nothing is left to pay with: no use in trying again.
    case billing
    /// There is no such model, or no such call.
    case notFound = "not_found"
    /// The prompt is longer than the model takes.
    case tooLong = "too_long"
    /// The request is refused as it is.
    case invalid
    /// Too many requests.
    case rateLimit = "rate_limit"
    /// The endpoint has too much to do.
    case overloaded
    /// Something is broken there.
    case serverError = "server_error"
    /// A limit of time was reached.
    case timeout
    /// Nothing could be connected to.
    case unreachable
    /// The answer broke off.
    case broken
    /// The answer is not what it should be.
    case garbled = "protocol"
    /// The answer is larger than allowed.
    case tooLarge = "flood"
    /// The model, or a filter before or behind it, does not want to answer.
    case refused
    /// There is an answer, and no text in it.
    case empty
  }

  /// What kind of thing happened.
  package var kind: Kind
  /// The status of the answer; nil where there was none.
  package var status: Int?
  /// What happened, in words: ours, or those of the endpoint.
  package var message: String
  /// The name of the field that is wrong, where the endpoint says it.
  package var parameter: String?
  /// For how many milliseconds the endpoint asks to wait.
  package var retryAfter: Int64?
  /// What to do about it, where that is not said by its kind.
  package var hint: String?

  /// A problem of its parts.
  package init(_ kind: Kind, _ message: String, status: Int? = nil) {
    (self.kind, self.message, self.status) = (kind, message, status)
  }

  /// Whether the same request may work a moment later.
  package var isRetryable: Bool {
    switch kind {
    case .rateLimit, .overloaded, .serverError, .unreachable, .broken: true
    // A limit of our own ends all of it; one of the server's is one of those above.
    default: false
    }
  }
}
