internal import JSON

/// What the agent says in one turn, by messages and their parts, as its server tells and repeats them.
struct OpenCodeMessages {
  private struct Message {
    var isAssistant: Bool?
    var parts: [(id: String, text: [UInt8])] = []
  }

  private var order: [String] = []
  private var messages: [String: Message] = [:]
  private var usages: [String: (tokens: Int, cost: Double)] = [:]
  private(set) var error: OpenCodeFailure?
  private(set) var size = 0
  private var parts: Set<String> = []
  private var dropped = 0
  private let limit: Int

  /// Messages of at most so many bytes of text.
  init(limit: Int) { self.limit = limit }

  /// Takes what is said about a message: the `info` of `message.updated`.
  mutating func take(info: JSONObject) {
    guard let id = info["id"]?.string else { return }
    make(id)
    let isAssistant = info["role"]?.string == "assistant"
    messages[id]?.isAssistant = isAssistant
    guard isAssistant else { return }
    let tokens = info["tokens"]
    let counts = [
      tokens?["input"], tokens?["output"], tokens?["reasoning"], tokens?["cache"]?["read"],
      tokens?["cache"]?["write"],
    ]
    let sum = counts.compactMap { $0?.int }.filter { (0...1 << 40).contains($0) }.reduce(0, +)
    usages[id] = (sum, info["cost"]?.double ?? 0)
    if let failure = OpenCodeFailure(info["error"]) { error = failure }
  }

  /// Takes a part, which repeats what was said of it before.
  mutating func take(part: JSONObject) {
    guard let message = part["messageID"]?.string, let id = part["id"]?.string else { return }
    guard part["type"]?.string == "text", part["synthetic"]?.bool != true, part["ignored"]?.bool != true
    else { return }
    set(message, id) { _ in Array((part["text"]?.string ?? "").utf8) }
  }

  /// Takes a piece of a part's text.
  mutating func take(delta: String, message: String, part: String, field: String) {
    guard field == "text", let known = messages[message], known.parts.contains(where: { $0.id == part })
    else { return }
    set(message, part) { $0 + delta.utf8 }
  }

  private mutating func make(_ id: String) {
    guard messages[id] == nil else { return }
    messages[id] = Message()
    order.append(id)
  }

  private mutating func set(_ message: String, _ part: String, _ change: ([UInt8]) -> [UInt8]) {
    make(message)
    guard var known = messages[message] else { return }
    let place = known.parts.firstIndex { $0.id == part } ?? known.parts.count
    if place == known.parts.count {
      known.parts.append((part, []))
      parts.insert(part)
    }
    let before = known.parts[place].text.count
    var text = change(known.parts[place].text)
    let room = max(0, limit - (size - before))
    if text.count > room {
      dropped = max(dropped, text.count - room)
      text.removeLast(text.count - room)
    }
    size += text.count - before
    known.parts[place].text = text
    messages[message] = known
  }

  /// Whether a part of a message was told before.
  func knows(part: String) -> Bool { parts.contains(part) }

  /// Whether a message is the agent's; nil while that is not known.
  func isAssistant(_ id: String) -> Bool? { messages[id]?.isAssistant }

  /// What it has said, a paragraph for each part.
  var text: String {
    var all: [String] = []
    for id in order {
      guard let message = messages[id], message.isAssistant == true else { continue }
      for part in message.parts {
        var words = Substring(String(decoding: part.text, as: UTF8.self))
        while words.last?.isWhitespace == true || words.unicodeScalars.last == "\u{FFFD}" {
          words.removeLast()
        }
        words = words.drop { $0.isNewline }
        if !words.isEmpty { all.append(String(words)) }
      }
    }
    if dropped > 0 { all.append("[… \(dropped) bytes more than the limit of \(limit) were left out]") }
    return all.joined(separator: "\n\n")
  }

  /// What it says it has used; nil where it says nothing.
  var usage: (tokens: Int, cost: Double)? {
    guard !usages.isEmpty else { return nil }
    return usages.values.reduce((0, 0)) { ($0.0 + $1.tokens, $0.1 + $1.cost) }
  }

  /// The turn that the answer of `GET /session/ID/message` ends with: what follows the person's last message.
  static func last(of list: JSONValue, after user: String?, limit: Int) -> OpenCodeMessages {
    var messages = OpenCodeMessages(limit: limit)
    let all = list.array ?? []
    let start =
      all.lastIndex { $0["info"]?["id"]?.string == user && user != nil }
      ?? all.lastIndex { entry in
        // What the program writes in the person's name, as after a compaction, has only synthetic parts.
        entry["info"]?["role"]?.string == "user"
          && (entry["parts"]?.array ?? []).contains {
            $0["type"]?.string == "text" && $0["synthetic"]?.bool != true
          }
      }
    guard let start else { return messages }
    for entry in all[(start + 1)...] {
      if let info = entry["info"]?.object { messages.take(info: info) }
      for part in entry["parts"]?.array ?? [] {
        if let part = part.object { messages.take(part: part) }
      }
    }
    return messages
  }
}

/// Why the agent could not go on, as its server says it.
struct OpenCodeFailure: Equatable {
  var name: String
  var message: String

  init?(_ value: JSONValue?) {
    guard let value, let name = value["name"]?.string else { return nil }
    self.name = name
    message = String((value["data"]?["message"]?.string ?? value["message"]?.string ?? "").prefix(2000))
  }

  /// For the person.
  func words(_ agent: String) -> String {
    let why = message.isEmpty ? "" : ": \(message)"
    return switch name {
    case "ProviderAuthError":
      "\(agent) is not logged in at its model's provider\(why)\n\nRun `opencode auth login` in a terminal."
    case "MessageAbortedError": "\(agent) was stopped from elsewhere\(why)"
    case "MessageOutputLengthError":
      "\(agent) stopped: its model's limit of tokens for one answer was reached."
    case "ContextOverflowError": "\(agent) stopped: the conversation is too long for its model\(why)"
    default: "\(agent) failed\(why.isEmpty ? ": \(name)" : why)"
    }
  }

  /// The code of the error line.
  var code: String {
    switch name {
    case "ProviderAuthError": "login"
    case "MessageOutputLengthError": "max_tokens"
    default: "agent"
    }
  }
}
