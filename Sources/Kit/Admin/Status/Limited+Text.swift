internal import JSON
internal import Limits
internal import Store
internal import System

/// The limits as text for people and as JSON for programs.
extension Status.Limited {
  /// Lines of a name and what is said about it.
  func rows(at now: Timestamp) -> [(String, String)] {
    var rows = breakers.map { ($0.agent, Self.words($0.breaker, at: now)) }
    for (who, turns) in atRate {
      let name =
        switch who {
        case .person(let name): name
        case .agent(let name): name
        }
      rows.append((name, "at its rate: \(turns) turns in the last minute, the next one waits"))
    }
    if allSpent > 0 || limit != nil {
      let parts = spent.sorted { $0.key < $1.key }.filter { $0.value > 0 }
        .map { "\($0.key) \(Money.text($0.value))" }
      let all = Money.text(allSpent) + (limit.map { " of \(Money.text($0))" } ?? "")
      rows.append(("spent today", parts.isEmpty ? all : "\(all): \(parts.joined(separator: ", "))"))
    }
    return rows
  }

  /// Since when and why an agent is left alone, and when it is tried again.
  static func words(_ breaker: Breaker, at now: Timestamp) -> String {
    guard let opening = breaker.opening else { return "works" }
    let what =
      "left alone since \(opening.since): failed \(opening.failures) times in a row, last with "
      + "\"\(opening.code)\""
    if case .open = breaker {
      return "\(what); tried again in \(Status.span((opening.retry - now + 999) / 1000))"
    }
    return "\(what); the next message tries it again"
  }

  /// Writes an object a line.
  func write(_ json: inout JSONWriter) {
    for (agent, breaker) in breakers {
      guard let opening = breaker.opening else { continue }
      json.beginObject()
      json.member("kind", "breaker")
      json.member("agent", agent)
      if case .open = breaker { json.member("state", "open") } else { json.member("state", "trying") }
      json.member("since", opening.since.description)
      json.member("failures", opening.failures)
      json.member("code", opening.code)
      json.member("retry", opening.retry.description)
      json.endObject()
      json.newline()
    }
    for (who, turns) in atRate {
      json.beginObject()
      json.member("kind", "rate")
      switch who {
      case .person(let name): json.member("person", name)
      case .agent(let name): json.member("agent", name)
      }
      json.member("turns", turns)
      json.endObject()
      json.newline()
    }
    json.beginObject()
    json.member("kind", "spend")
    json.member("today", Self.dollars(allSpent))
    json.member("limit", limit.map(Self.dollars) ?? .null)
    json.member(
      "agents", .object(JSONObject(spent.sorted { $0.key < $1.key }.map { ($0.key, Self.dollars($0.value)) }))
    )
    json.endObject()
    json.newline()
  }

  private static func dollars(_ millionths: Int64) -> JSONValue {
    // Its digits are exact; a binary fraction would not be.
    (try? JSONReader.parse(Money.decimal(millionths, places: 6))) ?? .null
  }
}
