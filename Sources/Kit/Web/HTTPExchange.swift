/// One request to an `HTTPServer`, and its answer.
///
/// One that is let go without an answer is answered with 500.
package final class HTTPExchange {
  /// The method: `POST`.
  package let method: String
  /// The path below the server's prefix, percent-decoded.
  package let path: String
  /// The query as it stands in the request, without the question mark; empty for none.
  package let queryText: String
  /// The header lines in their order, names in lower case.
  package let headers: [(name: String, value: String)]
  /// The body.
  package let body: [UInt8]
  /// Who asks: an address, of the proxy's word where that is trusted.
  package let peer: String

  private weak var connection: HTTPConnection?
  private let number: Int
  /// Whether it was answered.
  package private(set) var isAnswered = false

  init(_ request: HTTPIncoming, path: String, peer: String, _ connection: HTTPConnection, number: Int) {
    method = request.method
    self.path = path
    queryText = request.query
    headers = request.headers
    body = request.body
    self.peer = peer
    self.connection = connection
    self.number = number
  }

  deinit { if !isAnswered { respond(500) } }

  /// The parts of the query, percent-decoded, a plus sign as a space; what is no UTF-8 is left out.
  package var query: [(name: String, value: String)] { HTTPTarget.pairs(queryText) }

  /// The value of the query's first part with a name.
  package func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

  /// The value of the first header line with a name (lower case).
  package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  /// Answers, at once or later: once, and what comes after the first is nothing.
  ///
  /// Length and date are added. Whoever asked may be gone by then.
  package func respond(
    _ status: Int, headers: [(name: String, value: String)] = [], _ body: [UInt8] = []
  ) {
    guard !isAnswered else { return }
    isAnswered = true
    connection?.answer(number, status, headers, body)
  }

  /// Answers with a text.
  package func respond(_ status: Int, text: String) {
    respond(status, headers: [("Content-Type", "text/plain; charset=utf-8")], Array(text.utf8))
  }

  /// Answers with JSON.
  package func respond(_ status: Int, json: [UInt8]) {
    respond(status, headers: [("Content-Type", "application/json")], json)
  }
}
