internal import JSON
internal import Journal
internal import Stage
internal import Store
internal import System
internal import Web

/// `/reviewz`: what waits for a person, and what came to nothing.
extension HealthRoutes {
  private static let reviewLimit = 200

  func review(_ exchange: HTTPExchange) throws {
    guard token != nil, hasToken(exchange) else { return refuse(exchange) }
    let store = receiver.stage.journal.store
    var json = JSONWriter()
    json.beginObject()
    Self.list("requests", try store.openRequests(), &json) { row, json in
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
    }
    Self.list("dead", try store.latestDead(limit: Self.reviewLimit), &json) { row, json in
      json.member("id", row.id)
      json.member("type", row.type)
      json.member("platform", row.platform)
      json.member("session", row.session)
      json.member("agent", row.agent)
      json.member("reason", row.reason)
      json.member("accepted", row.accepted.description)
      json.member("since", row.since.description)
    }
    Self.list("refused", try store.latestRefused(limit: Self.reviewLimit), &json) { row, json in
      json.member("id", row.id)
      json.member("session", row.session)
      json.member("target", row.target)
      json.member("reason", row.reason)
      json.member("since", row.since.description)
    }
    json.endObject()
    json.newline()
    exchange.respond(
      200, headers: [("Content-Type", "application/json"), ("Cache-Control", "no-store")], json.bytes)
  }

  /// A member that is an array with an object for each row.
  private static func list<Row>(
    _ name: StaticString, _ rows: [Row], _ json: inout JSONWriter,
    _ members: (Row, inout JSONWriter) -> Void
  ) {
    json.name(name)
    json.beginArray()
    for row in rows.prefix(reviewLimit) {
      json.beginObject()
      members(row, &json)
      json.endObject()
    }
    json.endArray()
  }
}
