internal import Console
package import JSON

/// One message of a conversation with a model.
///
/// An answer is kept as it was received, with its reasoning and signatures, because some endpoints want all
/// of it back; what another kind of endpoint would not understand is left out for that one.
package struct ModelMessage: Equatable, Sendable {
  /// Who speaks.
  package enum Role: String, Sendable {
    case system, user, assistant
    /// What a tool gave, in conversations of other programs.
    case tool
  }

  /// Who speaks.
  package let role: Role
  /// What is said, as far as it is text.
  package let text: String
  /// The whole message, where it came as an object.
  package let received: JSONObject?

  /// A text.
  package init(_ role: Role, _ text: String) {
    (self.role, self.text, received) = (role, text, nil)
  }

  /// A message as an object, such as an answer that was received; nil where it is none.
  package init?(_ object: JSONObject) {
    let name = object["role"]?.string ?? ""
    guard let role = name == "developer" ? .system : Role(rawValue: name) else { return nil }
    self.role = role
    received = object
    switch object["content"] {
    case .string(let text)?: self.text = text
    case .array(let blocks)?: text = blocks.compactMap { $0["text"]?.string }.joined()
    case .null?, nil: text = ""
    default: return nil
    }
  }

  /// The messages of a conversation, as an array of objects with `role` and `content`.
  ///
  /// - Throws: `Failure` with status 65.
  package static func conversation(_ value: JSONValue) throws -> [ModelMessage] {
    guard let array = value.array, !array.isEmpty else {
      throw Failure(.dataError, "the messages are not an array of objects that is not empty")
    }
    let messages = try array.enumerated().map { index, value in
      guard let message = value.object.flatMap({ ModelMessage($0) }) else {
        throw Failure(
          .dataError, "message \(index + 1): expected an object with \"role\" and \"content\"",
          hint: "role is system, user, assistant or tool; content is a text or an array of blocks")
      }
      return message
    }
    guard messages.contains(where: { $0.role != .system }) else {
      throw Failure(.dataError, "the messages hold nothing that a user says")
    }
    return messages
  }

  // MARK: - As each API has it

  /// Blocks that only one of the APIs knows.
  private var hasForeignBlocks: Bool {
    let types = ["thinking", "redacted_thinking", "tool_use", "tool_result"]
    return received?["content"]?.array?.contains { types.contains($0["type"]?.string ?? "") } ?? false
  }

  /// Whether it is an answer as Messages has it, of nothing but text.
  private var isAnswerInBlocks: Bool {
    guard role == .assistant, let blocks = received?["content"]?.array, !blocks.isEmpty else { return false }
    return blocks.allSatisfy { $0["type"] == "text" }
  }

  /// For Chat Completions.
  var openAI: JSONValue {
    if let received, !hasForeignBlocks, !isAnswerInBlocks { return .object(received) }
    // Servers without pictures refuse arrays: a text stays a text.
    return ["role": .string(role.rawValue), "content": .string(text)]
  }

  /// For Messages; nil for what that API has no place for.
  var anthropic: JSONValue? {
    guard role == .user || role == .assistant else { return nil }
    let content: JSONValue =
      if case .array(let blocks)? = received?["content"] { .array(blocks) } else { .string(text) }
    return ["role": .string(role.rawValue), "content": content]
  }
}
