internal import JSON

/// The tool calls of a turn, put together from what is told of them piece by piece.
struct ACPCalls {
  /// A call as it is known.
  struct Call {
    var key: String
    var title: String
    /// Its members, later ones in the place of earlier ones.
    var known: JSONObject
    var isOpen = true
    /// Its arguments, where the program streams them as text.
    var arguments: String?
    /// When its title was shown last.
    var shown: Int64 = .min
  }

  private var calls: [String: Call] = [:]
  private var order: [String] = []
  /// The calls of the turn so far.
  private(set) var count = 0

  /// How many are kept; a turn may have any number.
  private static let limit = 256
  private static let argumentLimit = 1 << 20

  /// Those that have not ended.
  var open: [Call] { order.compactMap { calls[$0] }.filter(\.isOpen) }

  /// The call of an id.
  subscript(id: String) -> Call? {
    get { calls[id] }
    set { calls[id] = newValue }
  }

  /// Adds what is told of a call; nil where it has no id.
  mutating func merge(_ update: JSONObject) -> Call? {
    guard let id = update["toolCallId"]?.string, id.utf8.count <= 1024 else { return nil }
    var call = calls[id] ?? make(id)
    for (name, value) in update.members where value != .null && name != "sessionUpdate" {
      call.known[name] = value
    }
    if let title = update["title"]?.string, !title.isEmpty { call.title = ACPWords.line(title) }
    if let text = Self.onlyText(update["content"]), text.utf8.first == UInt8(ascii: "{"),
      text.utf8.count <= Self.argumentLimit
    {
      call.arguments = text
    }
    calls[id] = call
    return call
  }

  private mutating func make(_ id: String) -> Call {
    count += 1
    order.append(id)
    if order.count > Self.limit { calls[order.removeFirst()] = nil }
    return Call(key: "tool-\(ACPWords.line(id, 64))", title: "a tool", known: JSONObject())
  }

  private static func onlyText(_ content: JSONValue?) -> String? {
    guard let all = content?.array, all.count == 1, all[0]["type"]?.string == "content" else { return nil }
    return all[0]["content"]?["text"]?.string
  }

  /// A call as it is asked about: with its kind and its arguments, where the program tells them in ways of its own.
  static func complete(_ call: Call, _ preset: ACPPreset) -> JSONObject {
    var known = call.known
    guard !preset.kinds.isEmpty, known["kind"] == nil, let title = known["title"]?.string else {
      return known
    }
    let tool = String(title.prefix { $0 != ":" && $0 != " " })
    guard let kind = preset.kinds[tool] else { return known }
    known["kind"] = .string(kind)
    if known["rawInput"] == nil, let text = call.arguments,
      let input = try? JSONReader.parse(Array(text.utf8)), input.object != nil
    {
      known["rawInput"] = input
    }
    return known
  }

  /// What the program says about a call in its own words.
  static func words(_ known: JSONObject) -> String? {
    var words: [String] = []
    for content in known["content"]?.array ?? [] {
      if let text = content["content"]?["text"]?.string, !text.isEmpty { words.append(text) }
    }
    let text = ([known["title"]?.string ?? ""] + words).filter { !$0.isEmpty }.joined(separator: "\n")
    return text.isEmpty ? nil : String(text.prefix(2000))
  }
}
