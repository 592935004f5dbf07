internal import Journal
internal import Network
internal import Stage
internal import Store
internal import System
internal import Text
internal import Web

/// `/metrics`: numbers in the text format of Prometheus.
extension HealthRoutes {
  func metrics(_ exchange: HTTPExchange) throws {
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
    let (seen, served) = (receiver.counts, server.counts)
    return [
      up, Self.counter("agim_accepted_total", "Events that were accepted.", seen.accepted),
      Self.counter("agim_duplicates_total", "Events that were known already.", seen.known),
      rows, ages, requests,
      MetricFamily(
        "agim_output_pending_bytes", "Bytes of lines that the pipe has not taken.", .gauge,
        [([], Int64(stage.output.pending))]),
      Self.counter("agim_http_connections_total", "Connections.", served.connections),
      Self.counter(
        "agim_http_refused_total", "Connections for which there was no room.", served.refused),
      Self.counter("agim_http_requests_total", "Requests.", served.requests),
      Self.counter("agim_http_limited_total", "Requests that came too fast.", served.limited),
      Self.counter("agim_http_malformed_total", "Requests that were none.", served.malformed),
    ]
  }

  private static func counter(_ name: String, _ meaning: String, _ count: Int) -> MetricFamily {
    MetricFamily(name, meaning, .counter, [([], Int64(count))])
  }
}
