/// English: goals.
extension English {
  package func say(_ phrase: WorkPhrase) -> String {
    switch phrase {
    case .goalIs(let text, let since, let notes, let more):
      ([
        "The goal of this conversation, since \(since):", text,
      ] + (more > 0 ? ["(\(more) older notes)"] : []) + notes.map { "- \($0)" }).joined(separator: "\n")
    case .noGoal: "This conversation has no goal. Set one with /goal set TEXT"
    case .goalSet(let text, let replaced):
      "The goal, put before every prompt from now on: \(text)"
        + (replaced.map { "\nIt takes the place of: \($0)" } ?? "")
    case .goalNoted: "Noted."
    case .goalDone(let text): "Reached: \(text)"
    case .goalDropped(let text): "Given up: \(text)"
    case .goalTooLong(let limit): "That is longer than \(limit) bytes; nothing was changed."
    }
  }
}
