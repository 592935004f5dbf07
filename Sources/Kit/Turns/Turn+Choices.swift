internal import JSON
internal import Settings
internal import Store

/// What the person chose for a turn, as the line, the session and the configuration have it.
extension Turn {
  /// The model that the agent is to use; nil for its own.
  package var model: String? { line["model"]?.string ?? settings.model }

  /// How hard the agent is to think: `off`, `on`, `low`, `high`, `max` or `auto`; nil where nobody said.
  package var effort: String? { line["think"]?.string }

  /// Whether the agent may only read and plan.
  package var isPlan: Bool {
    line["mode"]?.string == "plan" || settings.mode == "plan" || sessionData["mode"]?.string != nil
  }

  /// What the person wants done in the agent's own session instead of a turn: `compact` or `undo`; nil for a turn.
  package var command: String? { line["command"]?.string }

  /// Whether it is a side question, in a session of the agent's own that is not met again.
  package var isAside: Bool { QueueKey.isAside(row.line) }

  /// How long the agent's program waits for the next message of this conversation, in milliseconds; 0: not at all.
  ///
  /// A job and a side question have no next one.
  package var keepAlive: Int64 { isAside || job != nil ? 0 : settings.keepAlive?.milliseconds ?? 0 }

  /// What the session's row keeps beside its agent.
  var sessionData: JSONValue { isAside ? .null : session.flatMap { try? JSONReader.parse($0.data) } ?? .null }
}
