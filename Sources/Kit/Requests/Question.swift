package import JSON
package import Store

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

// MARK: - In the store

extension Question {
  /// As it stands in the row of its request.
  package var json: JSONObject {
    JSONObject([
      ("question", .string(text)),
      (
        "options",
        .array(
          options.map { .object(JSONObject([("label", .string($0.label)), ("detail", .string($0.detail))])) })
      ), ("multiple", .bool(isMultiple)), ("own_words", .bool(takesText)),
    ])
  }

  /// The question of a request's row; nil where that is something else.
  package init?(_ row: RequestRow) {
    guard row.kind == RequestRow.question, let value = try? JSONReader.parse(row.input),
      let text = value["question"]?.string
    else { return nil }
    let options = (value["options"]?.array ?? []).compactMap { one in
      one["label"]?.string.map { Option($0, detail: one["detail"]?.string ?? "") }
    }
    self.init(
      text, options: options, isMultiple: value["multiple"]?.bool ?? false,
      takesText: value["own_words"]?.bool ?? true)
  }
}

extension QuestionAnswer {
  /// As it stands in the row of the request; nil for no answer.
  package var json: JSONObject? {
    switch self {
    case .chosen(let labels): JSONObject([("chosen", .array(labels.map { .string($0) }))])
    case .text(let text): JSONObject([("text", .string(text))])
    case .none: nil
    }
  }

  /// The answer in a request's row; nil where there is none.
  package init?(_ row: RequestRow) {
    guard let answer = row.answer, let value = try? JSONReader.parse(Array(answer.utf8)) else { return nil }
    if let chosen = value["chosen"]?.array {
      self = .chosen(chosen.compactMap(\.string))
    } else if let text = value["text"]?.string {
      self = .text(text)
    } else {
      return nil
    }
  }
}

// MARK: - What people say

extension Question {
  /// What a text comes to as an answer.
  package enum Reading: Equatable, Sendable {
    /// It is one.
    case answer(QuestionAnswer)
    /// The person does not want to answer.
    case declined
    /// It is none: no such option, or too many of them.
    case unclear
  }

  /// Reads an answer: numbers of options or their labels, a no, else words of the person's own.
  ///
  /// `isBare`: nothing says that the text is meant for this question: then only an option or a no counts.
  package func read(_ text: String, isBare: Bool = false) -> Reading {
    let text = Self.trimmed(text)
    guard !text.isEmpty else { return .unclear }
    if let found = options.first(where: { $0.label.lowercased() == text.lowercased() }) {
      return .answer(.chosen([found.label]))
    }
    let parts = text.split { $0 == "," || $0 == ";" || $0 == "、" || $0 == "，" || $0.isWhitespace }
    let numbers = parts.compactMap { Int($0) }
    if !options.isEmpty, !numbers.isEmpty, numbers.count == parts.count {
      let isFitting = numbers.allSatisfy { (1...options.count).contains($0) }
      guard isFitting, numbers.count == 1 || isMultiple else { return .unclear }
      return .answer(.chosen(Set(numbers).sorted().map { options[$0 - 1].label }))
    }
    if let labels = labels(text) { return .answer(.chosen(labels)) }
    if let word = AnswerWords.read(text), word.code == nil, !word.isYes { return .declined }
    return isBare || !takesText ? .unclear : .answer(.text(text))
  }

  /// The labels of a list of them, where several may be chosen.
  private func labels(_ text: String) -> [String]? {
    guard isMultiple else { return nil }
    let wanted = text.split { $0 == "," || $0 == ";" || $0 == "、" || $0 == "，" }.map {
      Self.trimmed(String($0)).lowercased()
    }
    let found = options.filter { wanted.contains($0.label.lowercased()) }.map(\.label)
    return !found.isEmpty && found.count == Set(wanted).count ? found : nil
  }

  private static func trimmed(_ text: String) -> String {
    var text = Substring(text)
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
