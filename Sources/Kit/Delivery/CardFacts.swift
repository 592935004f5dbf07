internal import Requests
package import Settings
package import Store
internal import System

/// A request as a card with buttons shows it; secrets are taken out of all of it.
package struct CardFacts: Sendable {
  /// A button.
  package struct Button: Equatable, Sendable {
    /// How it is to look.
    package enum Style: Sendable { case primary, danger, plain }
    /// What stands on it.
    package let label: String
    /// How it is to look.
    package let style: Style
    /// What it carries.
    package let token: String
  }

  /// The request's id.
  package let id: String
  /// Whether an agent asks something, rather than for a permission.
  package let isQuestion: Bool
  /// Whether it is asked where one person alone is.
  package let isDirect: Bool
  /// Who wants what.
  package let title: String
  /// What is asked for: a command, a tool's input, a question; escaped, and cut where it is long.
  package let matter: String
  /// The lines below it: where, why, until when.
  package let notes: [String]
  /// The agent's own words, which prove nothing; empty where it said none.
  package let words: String
  /// How it can be answered by typing.
  package let typed: [String]
  /// The buttons; none once it is settled.
  package let buttons: [Button]
  /// How it was settled and by whom; nil while it is open.
  package let outcome: String?
  /// Whether it was allowed, or answered.
  package let isAllowed: Bool

  /// The card of a request's row.
  ///
  /// `token` makes what a choice's button carries.
  package init(
    _ row: RequestRow, _ language: Language, clean: (String) -> String, token: (String) -> String?
  ) {
    let content = Card.content(row, language)
    id = row.id
    isQuestion = row.kind == RequestRow.question
    isDirect = row.chat == "direct"
    title = clean(content.title)
    matter = clean(content.matter.joined(separator: "\n"))
    notes = content.notes.map(clean)
    words = clean(content.words.joined(separator: "\n"))
    typed = content.typed
    outcome = CardWords.outcome(row, language)
    isAllowed = row.state == .allowed || row.state == .used
    let choices = outcome == nil ? Card.choices(row, language) : []
    buttons = choices.compactMap { choice in
      token(choice.word).map {
        Button(
          label: clean(choice.label),
          style: choice.word == "once" || choice.word == "1"
            ? .primary : choice.word == "deny" ? .danger : .plain,
          token: $0)
      }
    }
  }

  /// All of it as text.
  package var text: String {
    var lines = [title]
    lines += matter.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
    lines += notes
    if let outcome { lines.append(outcome) } else { lines += typed }
    if !words.isEmpty { lines.append(words) }
    return lines.joined(separator: "\n")
  }
}
