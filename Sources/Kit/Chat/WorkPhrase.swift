/// What is said about goals.
package enum WorkPhrase: Equatable, Sendable {
  case goalIs(String, since: String, notes: [String], more: Int)
  case noGoal
  case goalSet(String, replaced: String?)
  case goalNoted
  case goalDone(String)
  case goalDropped(String)
  case goalTooLong(Int)
}

/// What somebody wants of the conversation's goal.
package enum GoalCommand: Equatable, Sendable {
  /// To see it.
  case show
  /// Another one.
  case set(String)
  /// To note how far it has come.
  case progress(String)
  /// It is reached; with a last note, or an empty one.
  case complete(String)
  /// It is given up.
  case drop

  /// What is to be written down; nil where that is nothing.
  var text: String? {
    switch self {
    case .set(let text), .progress(let text), .complete(let text): text
    case .show, .drop: nil
    }
  }

  /// Reads what stands behind a command; nil where it is none.
  package init?(_ verb: ChatVerb, _ argument: String) {
    switch verb {
    case .longTask: self = argument.isEmpty ? .show : .set(argument)
    case .completeGoal: self = .complete(argument)
    default:
      let (word, rest) = ChatText.split(argument)
      switch (word.lowercased(), rest.isEmpty) {
      case ("", _), ("show", true), ("查看", true): self = .show
      case ("set", false), ("设置", false), ("设定", false): self = .set(rest)
      case ("progress", false), ("进展", false): self = .progress(rest)
      case ("complete", _), ("done", _), ("完成", _): self = .complete(rest)
      case ("drop", true), ("clear", true), ("放弃", true): self = .drop
      default: return nil
      }
    }
  }
}
