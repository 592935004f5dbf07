/// English: heartbeats.
extension English {
  package func say(_ phrase: HeartbeatPhrase) -> String {
    switch phrase {
    case .noHeartbeats: "No heartbeat is configured for this chat; see \"heartbeats\" in agim-config(5)."
    case .line(let name, let isOn, let schedule, let looked, let found):
      "\(name)  \(isOn ? "on" : "off")  \(schedule)"
        + (looked.map { "  looked \($0)" } ?? "") + (found.map { "  found something \($0)" } ?? "")
    case .unknown(let name): "No heartbeat \(name) is configured for this chat."
    case .turnedOn(let name, let schedule):
      "\(name) is on: \(schedule), wherever 'agim-remind watch' runs."
    case .turnedOff(let name): "\(name) is off."
    case .isOff(let name): "\(name) is off already."
    case .cannotBegin(let name, let reason): "\(name) cannot be turned on: \(reason)"
    case .quiet(let name, let why): "\(name): \(Self.why(why))"
    case .found(let name, let findings, let prompt):
      "[agim] This comes from the heartbeat \(name), not from a person. Its check has found:\n\n\(findings)\n\n"
        + (prompt
          ?? "Find out whether something has to be done about it now, do what you may, and tell the person "
          + "in a few words what there is and what you did.")
    case .goalWaits(let goal): "Nothing has happened for a while, and the goal is not reached: \(goal)"
    case .hasChanged(let path): "\(path) has changed."
    }
  }

  private static func why(_ quiet: HeartbeatDecision.Quiet) -> String {
    switch quiet {
    case .incomplete: "config.json does not say what it is about (\"to\"), or not one thing that it looks at."
    case .busy: "somebody is at work here."
    case .budget: "a limit of money is reached."
    case .enough: "it has asked often enough since somebody said something."
    case .nothing: "nothing was found."
    case .same: "nothing new was found."
    case .failed(let reason): "its check failed: \(reason)"
    }
  }
}
