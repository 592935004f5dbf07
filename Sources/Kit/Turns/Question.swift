/// Something that an agent wants to know from its person.
package struct Question: Equatable, Sendable {
  /// One of the answers that the agent offers.
  package struct Option: Equatable, Sendable {
    /// What is chosen, in the agent's words.
    package var label: String
    /// What it means; empty where the agent does not say.
    package var detail: String

    /// An option of its parts.
    package init(_ label: String, detail: String = "") { (self.label, self.detail) = (label, detail) }
  }

  /// What is asked.
  package var text: String
  /// The options in their order; none where any text is an answer.
  package var options: [Option]
  /// Whether more than one option may be chosen.
  package var isMultiple: Bool
  /// Whether words of the person's own are an answer too.
  package var takesText: Bool

  /// A question of its parts.
  package init(_ text: String, options: [Option] = [], isMultiple: Bool = false, takesText: Bool = true) {
    (self.text, self.options, self.isMultiple, self.takesText) = (text, options, isMultiple, takesText)
  }
}

/// What a person says to a question.
package enum QuestionAnswer: Equatable, Sendable {
  /// The labels of options, in the order of the question.
  case chosen([String])
  /// Words of the person's own.
  case text(String)
  /// No answer, and why: declined, too late, nobody there.
  case none(String)
}
