internal import JSON
internal import Routing
internal import Store
internal import Wire

/// A conversation as the router remembers it until somebody else commits something.
final class RouteSession {
  let address: Address
  /// The address as the store spells it.
  let name: String
  var choice: SessionChoice
  var messages: Int
  /// The members that a message gets where the conversation's agent answers it; nil until they are made.
  var members: [(name: String, rawValue: [UInt8]?)]?

  init(_ address: Address, _ row: SessionRow?) {
    self.address = address
    name = address.description
    choice = SessionChoice(row)
    messages = Int(row?.messages ?? 0)
  }
}

/// What a decision adds to a line.
enum RouteMembers {
  /// The members, in their order.
  static func of(
    _ decision: Decision, _ choice: SessionChoice
  ) -> [(name: String, rawValue: [UInt8]?)] {
    var members: [(name: String, rawValue: [UInt8]?)] = []
    let add = { (name: String, value: String?) in
      guard let value else { return }
      members.append((name, text(value)))
    }
    add("agent", decision.agent)
    add("model", decision.model)
    add("workdir", decision.workdir)
    add("mode", decision.mode)
    // How hard to think was said about the conversation's agent.
    if decision.agent == choice.agent { add("think", choice.think) }
    add("verbose", choice.verbose)
    add("reply_to", decision.replyTo)
    guard decision.agent != nil || !members.isEmpty else { return [] }
    var json = JSONWriter()
    json.beginObject()
    json.member("rule", decision.reason.text)
    json.name("score")
    json.raw(decision.score.utf8)
    json.endObject()
    members.append(("reason", json.bytes))
    return members
  }

  /// A text as JSON.
  static func text(_ value: String) -> [UInt8] {
    var json = JSONWriter()
    json.value(value)
    return json.bytes
  }
}
