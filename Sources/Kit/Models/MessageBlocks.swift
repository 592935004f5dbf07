internal import JSON

/// What comes from Messages: the events of a stream, and whole answers.
struct MessageBlocks {
  var answer = ModelReader.Answer()

  /// A part of the answer while it grows.
  private struct Block {
    let index: Int
    var object: JSONObject
    var text = ""
    var thinking = ""
    var signature = ""
    var json = ""

    /// As it is sent back.
    var whole: JSONValue {
      var object = object
      switch object["type"]?.string {
      case "text": object["text"] = .string((object["text"]?.string ?? "") + text)
      case "thinking":
        object["thinking"] = .string((object["thinking"]?.string ?? "") + thinking)
        object["signature"] = .string((object["signature"]?.string ?? "") + signature)
      case "tool_use" where !json.isEmpty: object["input"] = (try? JSONReader.parse(json)) ?? object["input"]
      default: break
      }
      return .object(object)
    }
  }
  private var blocks: [Block] = []

  /// More blocks than any answer has.
  private static let limit = 4096

  /// The answer as a message that can be sent back.
  var message: JSONObject {
    // Empty texts are refused when they come back.
    let content = blocks.map(\.whole).filter { $0["type"] != "text" || $0["text"] != "" }
    return JSONObject([("role", "assistant"), ("content", .array(content))])
  }

  /// Takes an event, and returns its text.
  mutating func take(_ value: JSONValue, _ event: String) throws(ModelProblem) -> String {
    switch value["type"]?.string ?? event {
    case "message_start":
      begin(value["message"])
      return ""
    case "message": return try whole(value)
    case "content_block_start":
      return try add(value["content_block"]?.object ?? JSONObject(), at: value["index"]?.int ?? blocks.count)
    case "content_block_delta": return delta(value["delta"], at: value["index"]?.int)
    case "message_delta":
      answer.usage.take(value["usage"])
      if let reason = value["delta"]?["stop_reason"]?.string { answer.finish = Self.finish(reason) }
    case "message_stop": answer.isDone = true
    default: break
    }
    return ""
  }

  private mutating func begin(_ message: JSONValue?) {
    if let name = message?["model"]?.string, !name.isEmpty { answer.model = name }
    answer.usage.take(message?["usage"])
  }

  private mutating func whole(_ value: JSONValue) throws(ModelProblem) -> String {
    begin(value)
    var text = ""
    for (index, block) in (value["content"]?.array ?? []).enumerated() {
      text += try add(block.object ?? JSONObject(), at: index)
    }
    if let reason = value["stop_reason"]?.string { answer.finish = Self.finish(reason) }
    return text
  }

  private mutating func add(_ object: JSONObject, at index: Int) throws(ModelProblem) -> String {
    guard blocks.count < Self.limit else {
      throw ModelProblem(.tooLarge, "the answer has more than \(Self.limit) parts")
    }
    blocks.append(Block(index: index, object: object))
    answer.hasContent = true
    return object["type"] == "text" ? object["text"]?.string ?? "" : ""
  }

  private mutating func delta(_ delta: JSONValue?, at index: Int?) -> String {
    // Usually the last one; what has none is not of a part that began.
    guard let place = blocks.lastIndex(where: { index == nil || $0.index == index }) else {
      let text = delta?["text"]?.string ?? ""
      if !text.isEmpty { answer.hasContent = true }
      return text
    }
    switch delta?["type"]?.string {
    case "text_delta":
      let text = delta?["text"]?.string ?? ""
      blocks[place].text += text
      return text
    case "thinking_delta": blocks[place].thinking += delta?["thinking"]?.string ?? ""
    case "signature_delta": blocks[place].signature += delta?["signature"]?.string ?? ""
    case "input_json_delta": blocks[place].json += delta?["partial_json"]?.string ?? ""
    default: break
    }
    return ""
  }

  private static func finish(_ reason: String) -> ModelReader.Finish {
    switch reason {
    case "max_tokens", "model_context_window_exceeded", "pause_turn": .length
    case "refusal": .refused
    case "tool_use": .tools
    default: .stop
    }
  }
}
