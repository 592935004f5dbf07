package import JSON

/// Questions as Claude Code's `AskUserQuestion` has them.
extension Question {
  /// More than these are not put to anybody.
  private static let claudeLimit = 8

  /// The questions of a call's input, in their order; nil where not all of them are understood.
  package static func ofClaude(_ input: JSONObject?) -> [Question]? {
    guard let list = input?["questions"]?.array, !list.isEmpty, list.count <= claudeLimit else { return nil }
    let questions = list.compactMap { one -> Question? in
      guard let text = one["question"]?.string else { return nil }
      let options = (one["options"]?.array ?? []).prefix(20).compactMap { option in
        option["label"]?.string.map { Option($0, detail: option["description"]?.string ?? "") }
      }
      return Question(text, options: options, isMultiple: one["multiSelect"]?.bool ?? false)
    }
    return questions.count == list.count ? questions : nil
  }

  /// The input with the answers, in the order of its questions.
  package static func claude(_ input: JSONObject, answered answers: [(Question, String)]) -> JSONObject {
    var updated = input
    updated["answers"] = .object(JSONObject(answers.map { ($0.text, .string($1)) }))
    return updated
  }
}

extension QuestionAnswer {
  /// The answer as one text; nil for none.
  package var text: String? {
    switch self {
    case .chosen(let labels): labels.joined(separator: ", ")
    case .text(let words): words
    case .none: nil
    }
  }
}
