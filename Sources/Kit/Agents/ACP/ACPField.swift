internal import JSON
internal import Requests
internal import Turns

/// A field of a form: what it asks, and what its answers are as values.
struct ACPField {
  let question: String
  private(set) var options: [Question.Option] = []
  private(set) var isMultiple = false
  private(set) var takesText = true
  private let type: String
  private var values: [(label: String, value: String)] = []

  init(_ name: String, _ schema: JSONValue) {
    type = schema["type"]?.string ?? "string"
    let title = schema["title"]?.string ?? ""
    let words = schema["description"]?.string ?? ""
    question =
      [title, words].filter { !$0.isEmpty }.joined(separator: ": ").isEmpty
      ? name : [title, words].filter { !$0.isEmpty }.joined(separator: ": ")
    var source = schema
    if type == "array" {
      isMultiple = true
      source = schema["items"] ?? .null
    }
    for value in source["enum"]?.array ?? [] {
      if let text = value.string { values.append((ACPWords.line(text, 120), text)) }
    }
    for value in (source["oneOf"] ?? source["anyOf"])?.array ?? [] {
      guard let text = value["const"]?.string else { continue }
      values.append((ACPWords.line(value["title"]?.string ?? text, 120), text))
    }
    if type == "boolean" {
      values = [("Yes", "true"), ("No", "false")]
      takesText = false
    }
    options = values.map { Question.Option($0.label) }
  }

  /// An answer as the value of the field; nil where it is none.
  func value(_ given: QuestionAnswer) -> JSONValue? {
    switch given {
    case .none: return nil
    case .chosen(let labels):
      let chosen = labels.compactMap { label in values.first { $0.label == label }?.value }
      guard let first = chosen.first else { return nil }
      if isMultiple { return .array(chosen.map { .string($0) }) }
      return type == "boolean" ? .bool(first == "true") : .string(first)
    case .text(let text):
      switch type {
      case "boolean": return nil
      case "integer": return Int(text).map { .number(JSONNumber($0)) }
      case "number":
        guard let value = try? JSONReader.parse(Array(text.utf8)), case .number = value else { return nil }
        return value
      case "array": return text.isEmpty ? nil : .array([.string(text)])
      default: return text.isEmpty ? nil : .string(text)
      }
    }
  }
}
