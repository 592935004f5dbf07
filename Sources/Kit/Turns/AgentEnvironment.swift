import Settings
package import Stage
internal import Store
internal import System

/// The environment of an agent: a few fixed variables and what the configuration names, so that no
/// credential of a messenger is ever in it.
package enum AgentEnvironment {
  private static let inherited = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
  ]

  /// `NAME=value` strings for a turn.
  ///
  /// `line` is the path of the file that holds the message.
  package static func make(_ turn: Turn, _ stage: Stage, line: String) -> [String] {
    var variables: [String: String] = ["TERM": "dumb"]
    for name in inherited { variables[name] = ProcessGuard.variable(name) }
    if variables["PATH"] == nil { variables["PATH"] = "/usr/local/bin:/usr/bin:/bin" }
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
