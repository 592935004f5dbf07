internal import JSON

/// A check that is made by the clock; an agent is asked only where it finds something.
package struct HeartbeatSettings: Equatable, Sendable {
  /// What is looked at.
  package enum Check: Equatable, Sendable {
    /// What a program prints: something where it prints something and leaves with 0.
    case command([String])
    /// A file or directory: something when it has changed.
    case changed(String)
    /// The conversation's goal: something while there is one.
    case goal
  }

  /// The name, as people type it.
  package let name: String
  /// The chat that it is about: an address, or a name of one.
  package let to: String?
  /// When it looks, as agim-remind reads it.
  package let schedule: String
  /// What it looks at; nil where the configuration names nothing, or more than one thing.
  package let check: Check?
  /// What the agent is told besides what was found; nil for the usual words.
  package let prompt: String?
  /// The agent that is asked; nil for the conversation's.
  package let agent: String?
  /// How long nothing may have happened in the conversation.
  package let idle: Duration

  /// When it looks where nothing else is said.
  package static let standardSchedule = "every:30m"

  /// Takes an object that `ConfigCheck` has accepted.
  init(_ name: String, _ object: JSONObject, expand: (String) throws -> String) rethrows {
    self.name = name
    to = object["to"]?.string
    schedule = object["schedule"]?.string ?? Self.standardSchedule
    var checks: [Check] = []
    if let command = object["command"]?.array?.compactMap(\.string) { checks.append(.command(command)) }
    if let path = try object["changed"]?.string.map(expand) { checks.append(.changed(path)) }
    if object["goal"]?.bool == true { checks.append(.goal) }
    check = checks.count == 1 ? checks[0] : nil
    prompt = object["prompt"]?.string
    agent = object["agent"]?.string
    idle = object["idle"].flatMap { DurationText.parse($0) } ?? .seconds(600)
  }
}
