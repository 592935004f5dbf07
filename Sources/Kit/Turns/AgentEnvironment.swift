import Settings
package import Stage
internal import Store
internal import System

/// The environment of an agent: a few fixed variables and what the configuration names, so that no
/// credential of a messenger is ever in it.
package enum AgentEnvironment {
  /// `NAME=value` strings for a turn.
  ///
  /// `line` is the path of the file that holds the message.
  package static func make(_ turn: Turn, _ stage: Stage, line: String, scope: AgentScope?) -> [String] {
    make(turn, stage, mark: turn.replyID, more: ["AGIM_LINE": line], scope: scope)
  }

  /// `NAME=value` strings for a program that outlives the turn it is started for.
  ///
  /// - Parameters:
  ///   - turn: The turn that it is started for: whose session and settings count.
  ///   - stage: The stage.
  ///   - mark: A text that no other program has, its `AGIM_TURN`.
  ///   - more: What the program needs besides.
  ///   - scope: How it reaches agim's own tools; nil where it cannot.
  /// - Returns: its whole environment, sorted.
  package static func make(
    _ turn: Turn, _ stage: Stage, mark: String, more: [String: String] = [:], scope: AgentScope? = nil
  ) -> [String] {
    var variables = ProcessGuard.smallEnvironment
    for (name, value) in RunAs.variables(turn.settings) { variables[name] = value }
    for (name, value) in turn.settings.env { variables[name] = value }
    // Ours come last: what cleans up after a turn goes by them.
    for (name, value) in more { variables[name] = value }
    variables["AGIM_HOME"] = stage.home.path
    variables["AGIM_SESSION"] = turn.row.session
    variables["AGIM_TURN"] = mark
    variables["AGIM_HOLDER"] = turn.row.holder
    variables["AGIM_SCOPE"] = scope?.path
    return variables.map { "\($0.key)=\($0.value)" }.sorted()
  }
}
