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
  package static func make(_ turn: Turn, _ stage: Stage, line: String) -> [String] {
    var variables = ProcessGuard.smallEnvironment
    for (name, value) in turn.settings.env { variables[name] = value }
    // Ours come last: what cleans up after a turn goes by them.
    variables["AGIM_LINE"] = line
    variables["AGIM_HOME"] = stage.home.path
    variables["AGIM_SESSION"] = turn.row.session
    variables["AGIM_TURN"] = turn.replyID
    variables["AGIM_HOLDER"] = turn.row.holder
    return variables.map { "\($0.key)=\($0.value)" }.sorted()
  }
}
