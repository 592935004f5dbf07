internal import JSON

/// What a remote agent has said in a turn, put together from its events or its tasks.
///
/// Three dialects in one, told apart by the members of each event: `output.content` with `[DONE]` at the end,
/// `message.part` and `run.…` of the Agent Communication Protocol, and whole tasks.
struct RemoteReply {
  /// How far the turn is.
  enum State: Equatable {
    case running
    case done
    case failed(String)
  }

  private(set) var text: [UInt8] = []
  private(set) var dropped = 0
  private(set) var state = State.running
  /// The task's id, where it can stand in an address.
  private(set) var task: String?
  /// The session's id as the agent gives it.
  private(set) var session: String?

  private let limit: Int
  private var messageStart = 0

  /// A reply of at most so many bytes.
  init(limit: Int) { self.limit = limit }

  /// Takes the data of an event; false for what is no event of any dialect.
  mutating func take(event data: String) -> Bool {
    guard state == .running else { return true }
    if data == "[DONE]" {
      state = .done
      return true
    }
    guard let object = (try? JSONReader.parse(Array(data.utf8), limits: Self.limits))?.object else {
      return false
    }
    take(object)
    return true
  }

  /// Takes an event or a task.
  mutating func take(_ object: JSONObject) {
    for holder in [object, object["run"]?.object, object["task"]?.object].compactMap(\.self) { note(holder) }
    if let error = Self.words(object["error"]) {
      state = .failed(error)
      return
    }
    if let type = object["type"]?.string, type.utf8.contains(UInt8(ascii: ".")) || type == "error" {
      take(type, object)
    } else if let content = object["message"]?["part"]?["content"]?.string {
      append(content)
    }
    let status = object["status"]?.string
    if let content = Self.content(object["output"]) {
      // A task that is complete repeats what came in pieces.
      if status == "completed" || status == "failed" {
        replace(from: 0, content)
      } else if status == nil || text.isEmpty {
        append(content)
      } else {
        replace(from: 0, content)
      }
    }
    switch status {
    case "completed": state = .done
    case "failed": state = .failed("it failed and does not say why")
    case "cancelled", "canceled": state = .failed("the task was cancelled there")
    case "awaiting": state = .failed(Self.awaits)
    default: break
    }
  }

  private mutating func take(_ type: String, _ object: JSONObject) {
    switch type {
    case "message.created": messageStart = text.count
    case "message.part":
      let part = object["part"] ?? object["message"]?["part"]
      if let content = part.flatMap(Self.text) { append(content) }
    case "message.completed":
      // The whole message, which the parts have told already or not.
      if let content = Self.content(object["message"]), !content.isEmpty {
        replace(from: messageStart, content)
      }
      messageStart = text.count
    case "run.completed":
      if text.isEmpty, let content = Self.content(object["run"]?["output"]) { append(content) }
      state = .done
    case "run.failed":
      state = .failed(Self.words(object["run"]?["error"]) ?? "it failed and does not say why")
    case "run.cancelled": state = .failed("the task was cancelled there")
    case "run.awaiting": state = .failed(Self.awaits)
    case "error": state = .failed(Self.words(object["error"]) ?? "it failed and does not say why")
    default: break
    }
  }

  /// The connection is over without a word about the end.
  mutating func broke(_ why: String) { if state == .running { state = .failed(why) } }

  // MARK: - Pieces

  private mutating func note(_ object: JSONObject) {
    for name in ["run_id", "task_id", "id"] {
      guard task == nil, let id = object[name]?.string, Self.isPlain(id) else { continue }
      // The id of an event is not that of a task.
      if name == "id", object["status"]?.string == nil { continue }
      task = id
    }
    if let id = object["session_id"]?.string, (1...256).contains(id.utf8.count) { session = id }
  }

  private mutating func append(_ piece: String) {
    let room = max(0, limit - text.count)
    text += piece.utf8.prefix(room)
    dropped += max(0, piece.utf8.count - room)
  }

  private mutating func replace(from start: Int, _ content: String) {
    guard dropped == 0 else { return }
    text.removeLast(text.count - min(start, text.count))
    append(content)
  }

  /// The text of an output, a message, or a list of them.
  private static func content(_ value: JSONValue?) -> String? {
    guard let value else { return nil }
    if let text = value.string { return text }
    if let list = value.array {
      let texts = list.compactMap { content($0) }
      return texts.isEmpty ? nil : texts.joined()
    }
    if let parts = value["parts"]?.array {
      let texts = parts.compactMap(text)
      return texts.isEmpty ? nil : texts.joined()
    }
    return value["content"].flatMap { content($0) } ?? value["text"]?.string
  }

  /// The text of a part; nil where it is something else.
  private static func text(_ part: JSONValue) -> String? {
    let type = part["content_type"]?.string ?? "text/plain"
    guard type.hasPrefix("text/"), part["content_encoding"]?.string ?? "plain" == "plain" else { return nil }
    return part["content"]?.string ?? part["text"]?.string
  }

  /// What an error says, in few words.
  static func words(_ error: JSONValue?) -> String? {
    guard let error, error != .null, error != .bool(false) else { return nil }
    let text = error.string ?? error["message"]?.string ?? error["detail"]?.string ?? ""
    return text.isEmpty ? "it failed and does not say why" : String(text.prefix(500))
  }

  private static func isPlain(_ id: String) -> Bool {
    (1...128).contains(id.utf8.count) && id != "." && id != ".."
      && id.utf8.allSatisfy { byte in
        byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
          || "-_.".utf8.contains(byte)
      }
  }

  static let limits = JSONLimits(maxBytes: 16 << 20)
  private static let awaits =
    "it wants to know something more, which this dialect cannot be answered; say it in a new message"
}
