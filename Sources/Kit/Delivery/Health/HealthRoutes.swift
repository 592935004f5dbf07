internal import Crypto
internal import JSON
internal import Journal
package import Network
internal import Stage
internal import Store
internal import System
internal import Text

/// What a listening agim-recv tells about itself: `/healthz`, `/readyz`, `/metrics` and `/reviewz`.
///
/// `/metrics` is for this machine itself, or for who has the token; `/reviewz` for who has the token alone.
package final class HealthRoutes {
  private unowned let receiver: Receiver
  private unowned let server: HTTPServer
  private let token: String?

  private static let reviewLimit = 200

  /// Routes on a server; without a token nothing is shown that needs one.
  package init(_ receiver: Receiver, _ server: HTTPServer, token: String?) {
    (self.receiver, self.server, self.token) = (receiver, server, token)
    server.route("GET", "/healthz") { $0.respond(200, text: "ok\n") }
    server.route("GET", "/readyz") { [self] exchange in ready(exchange) }
    server.route("GET", "/metrics") { [self] exchange in try metrics(exchange) }
    server.route("GET", "/reviewz") { [self] exchange in try review(exchange) }
  }

  // MARK: - Who may see it

  private func hasToken(_ exchange: HTTPExchange) -> Bool {
    guard let token, let given = exchange.header("authorization") else { return false }
    let words = given.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "bearer" else { return false }
    return constantTimeEqual(String(words[1]), token)
  }

  /// Whether it was asked from this machine, and by no proxy for somebody else.
  private func isLocal(_ exchange: HTTPExchange) -> Bool {
    guard exchange.header("x-forwarded-for") == nil, exchange.header("forwarded") == nil else { return false }
    return NetworkAddress(exchange.peer)?.isLoopback == true
  }

  private func refuse(_ exchange: HTTPExchange) {
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

  private func metrics(_ exchange: HTTPExchange) throws {
    guard hasToken(exchange) || isLocal(exchange) else { return refuse(exchange) }
    exchange.respond(
      200, headers: [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")],
      Array(try families().map(\.text).joined().utf8))
  }

  private func families() throws -> [MetricFamily] {
    let stage = receiver.stage
    let now = stage.journal.clock.now()
    var up = MetricFamily("agim_source_up", "Whether a source is connected.")
    for source in receiver.health { up.add([("source", source.name)], source.isUp ? 1 : 0) }
    var rows = MetricFamily("agim_rows", "Rows that are not finished, by box and state.")
    var ages = MetricFamily("agim_oldest_age_seconds", "How long the oldest of them waits.")
    for (box, depths) in [
      ("inbox", try stage.journal.store.inboxDepths()), ("outbox", try stage.journal.store.outboxDepths()),
    ] {
      for (state, of) in Dictionary(grouping: depths, by: \.state).sorted(by: { $0.key < $1.key }) {
        rows.add([("box", box), ("state", state)], of.reduce(0) { $0 + $1.count })
        let oldest = of.map(\.oldest).min() ?? now
        ages.add([("box", box), ("state", state)], max(0, (now - oldest) / 1000))
      }
    }
    var requests = MetricFamily("agim_requests", "Requests that are not settled, by state.")
    let open = try stage.journal.store.openRequests()
    for (state, of) in Dictionary(grouping: open, by: \.state.rawValue).sorted(by: { $0.key < $1.key }) {
      requests.add([("state", state)], Int64(of.count))
    }
    let counts = receiver.counts
    return [
      up,
      MetricFamily(
        "agim_accepted_total", "Events that were accepted.", .counter, [([], Int64(counts.accepted))]),
      MetricFamily(
        "agim_duplicates_total", "Events that were known already.", .counter, [([], Int64(counts.known))]),
      rows, ages, requests,
      MetricFamily(
        "agim_output_pending_bytes", "Bytes of lines that the pipe has not taken.", .gauge,
        [([], Int64(stage.output.pending))]),
      MetricFamily(
        "agim_http_connections_total", "Connections.", .counter, [([], Int64(server.counts.connections))]),
      MetricFamily(
        "agim_http_refused_total", "Connections for which there was no room.", .counter,
        [([], Int64(server.counts.refused))]),
      MetricFamily(
        "agim_http_requests_total", "Requests.", .counter, [([], Int64(server.counts.requests))]),
      MetricFamily(
        "agim_http_limited_total", "Requests that came too fast.", .counter,
        [([], Int64(server.counts.limited))]),
      MetricFamily(
        "agim_http_malformed_total", "Requests that were none.", .counter,
        [([], Int64(server.counts.malformed))]),
    ]
  }

  private func review(_ exchange: HTTPExchange) throws {
    guard token != nil, hasToken(exchange) else { return refuse(exchange) }
    let store = receiver.stage.journal.store
    var json = JSONWriter()
    json.beginObject()
    json.name("requests")
    json.beginArray()
    for row in try store.openRequests().prefix(Self.reviewLimit) {
      json.beginObject()
      json.member("id", row.id)
      json.member("code", row.code)
      json.member("kind", row.kind)
      json.member("state", row.state.rawValue)
      json.member("session", row.session)
      json.member("person", row.person)
      json.member("agent", row.agent)
      json.member("tool", row.tool)
      json.member("reason", row.reason)
      json.member("created", row.created.description)
      json.member("expires", row.expires.description)
      json.endObject()
    }
    json.endArray()
    json.name("dead")
    json.beginArray()
    for row in try store.latestDead(limit: Self.reviewLimit) {
      json.beginObject()
      json.member("id", row.id)
      json.member("type", row.type)
      json.member("platform", row.platform)
      json.member("session", row.session)
      json.member("agent", row.agent)
      json.member("reason", row.reason)
      json.member("accepted", row.accepted.description)
      json.member("since", row.since.description)
      json.endObject()
    }
    json.endArray()
    json.name("refused")
    json.beginArray()
    for row in try store.latestRefused(limit: Self.reviewLimit) {
      json.beginObject()
      json.member("id", row.id)
      json.member("session", row.session)
      json.member("target", row.target)
      json.member("reason", row.reason)
      json.member("since", row.since.description)
      json.endObject()
    }
    json.endArray()
    json.endObject()
    json.newline()
    exchange.respond(
      200, headers: [("Content-Type", "application/json"), ("Cache-Control", "no-store")], json.bytes)
  }
}
