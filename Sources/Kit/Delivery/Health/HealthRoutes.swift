internal import Crypto
internal import Network
internal import Stage
internal import Text
package import Web

/// What a listening agim-recv tells about itself: `/healthz`, `/readyz`, `/metrics` and `/reviewz`.
///
/// `/metrics` is for this machine itself, or for who has the token; `/reviewz` for who has the token alone.
package final class HealthRoutes {
  unowned let receiver: Receiver
  unowned let server: HTTPServer
  let token: String?

  /// Routes on a server; without a token nothing is shown that needs one.
  package init(_ receiver: Receiver, _ server: HTTPServer, token: String?) {
    (self.receiver, self.server, self.token) = (receiver, server, token)
    server.route("GET", "/healthz") { $0.respond(200, text: "ok\n") }
    server.route("GET", "/readyz") { [self] exchange in ready(exchange) }
    server.route("GET", "/metrics") { [self] exchange in try metrics(exchange) }
    server.route("GET", "/reviewz") { [self] exchange in try review(exchange) }
  }

  // MARK: - Who may see it

  func hasToken(_ exchange: HTTPExchange) -> Bool {
    guard let token, let given = exchange.header("authorization") else { return false }
    let words = given.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "bearer" else { return false }
    return constantTimeEqual(String(words[1]), token)
  }

  /// Whether it was asked from this machine, and by no proxy for somebody else.
  func isLocal(_ exchange: HTTPExchange) -> Bool {
    guard exchange.header("x-forwarded-for") == nil, exchange.header("forwarded") == nil else { return false }
    return NetworkAddress(exchange.peer)?.isLoopback == true
  }

  func refuse(_ exchange: HTTPExchange) {
    let why =
      token == nil
      ? "AGIM_LISTEN_TOKEN is not set for agim-recv\n" : "say Authorization: Bearer with AGIM_LISTEN_TOKEN\n"
    exchange.respond(
      401, headers: [("WWW-Authenticate", "Bearer"), ("Content-Type", "text/plain; charset=utf-8")],
      Array(why.utf8))
  }

  // MARK: - What there is to see

  private func ready(_ exchange: HTTPExchange) {
    var isReady = !receiver.stage.isStopping
    var lines = receiver.stage.isStopping ? ["stopping"] : []
    if receiver.stage.isTroubled {
      isReady = false
      lines.append("store: cannot be written")
    }
    for source in receiver.health {
      isReady = isReady && source.isUp
      lines.append("\(source.name): \(source.state)")
    }
    exchange.respond(isReady ? 200 : 503, text: lines.map { displayEscaped($0) + "\n" }.joined())
  }
}
