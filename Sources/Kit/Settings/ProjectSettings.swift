internal import JSON

/// A name for a work directory with its agent.
package struct ProjectSettings: Equatable, Sendable {
  /// The name, as people type it.
  package let name: String
  /// Where its agent works, absolute; nil for where it works otherwise.
  package let workdir: String?
  /// The agent that works there; nil for whoever is chosen otherwise.
  package let agent: String?
  /// The model that the agent is asked to use.
  package let model: String?
  /// The mode of its conversations: `plan`, or nil for the usual one.
  package let mode: String?

  /// Takes an object that `ConfigCheck` has accepted.
  init(_ name: String, _ object: JSONObject, expand: (String) throws -> String) rethrows {
    self.name = name
    workdir = try object["workdir"]?.string.map(expand)
    agent = object["agent"]?.string
    model = object["model"]?.string
    mode = object["mode"]?.string
  }
}
