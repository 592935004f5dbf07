/// What somebody wants of heartbeats.
package enum HeartbeatCommand: Equatable, Sendable {
  /// To see them.
  case list
  /// To turn one on.
  case on(String)
  /// To turn one off.
  case off(String)
  /// To have one look now.
  case now(String)

  /// Reads what stands behind the command; nil where it is none.
  package init?(_ argument: String) {
    let (word, rest) = ChatText.split(argument)
    switch (word.lowercased(), rest.isEmpty) {
    case ("", _), ("list", true), ("列表", true): self = .list
    case ("on", false), ("开启", false): self = .on(rest)
    case ("off", false), ("关闭", false): self = .off(rest)
    case ("now", false), ("现在", false): self = .now(rest)
    default: return nil
    }
  }
}

/// What is said about heartbeats.
package enum HeartbeatPhrase: Equatable, Sendable {
  case noHeartbeats
  case line(String, isOn: Bool, schedule: String, looked: String?, found: String?)
  case unknown(String)
  case turnedOn(String, schedule: String)
  case turnedOff(String)
  case isOff(String)
  case cannotBegin(String, reason: String)
  case quiet(String, HeartbeatDecision.Quiet)
  /// What an agent is told.
  case found(String, findings: String, prompt: String?)
  case goalWaits(String)
  case hasChanged(String)
}
