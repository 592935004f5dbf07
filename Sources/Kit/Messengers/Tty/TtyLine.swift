internal import JSON

/// A line that agim-send gives to the terminal.
enum TtyLine: Equatable {
  /// The first one: which session the sender means.
  case hello(session: String)
  /// Something to show; it is acknowledged by its key once it stands there.
  case show(key: String, Shown)
  /// A reply that is still growing.
  case growing(id: String, parent: String?, text: String)
  /// What a turn is doing.
  case progress(key: String, Doing)

  /// A line may have this many bytes: a text of a line's length, with every byte escaped.
  static let limit = 8 << 20

  /// A text and what it is.
  struct Shown: Equatable {
    /// `reply`, `error` or `request`.
    var type: String
    /// The line's id.
    var id: String
    /// The id of the line that it answers.
    var parent: String?
    /// Whether it ends the turn.
    var ends: Bool
    /// The text.
    var text: String
  }

  /// What a turn is doing.
  struct Doing: Equatable {
    /// The message that the turn is for.
    var parent: String?
    /// `started`, `updated` or `done`.
    var phase: String
    /// What is done.
    var title: String
    /// On what, or how far.
    var detail: String?
  }

  /// The line as bytes.
  var bytes: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    switch self {
    case .hello(let session): json.member("hello", session)
    case .show(let key, let shown):
      json.member("show", key)
      json.member("type", shown.type)
      json.member("id", shown.id)
      json.member("parent", shown.parent)
      json.member("ends", shown.ends)
      json.member("text", shown.text)
    case .growing(let id, let parent, let text):
      json.member("growing", id)
      json.member("parent", parent)
      json.member("text", text)
    case .progress(let key, let doing):
      json.member("progress", key)
      json.member("parent", doing.parent)
      json.member("phase", doing.phase)
      json.member("title", doing.title)
      json.member("detail", doing.detail)
    }
    json.endObject()
    return json.bytes
  }

  /// Reads a line; nil for one that is none of these.
  init?(_ bytes: [UInt8]) {
    guard let object = try? JSONReader.parse(bytes, limits: JSONLimits(maxBytes: Self.limit)) else {
      return nil
    }
    if let session = object["hello"]?.string {
      self = .hello(session: session)
    } else if let key = object["show"]?.string {
      self = .show(
        key: key,
        Shown(
          type: object["type"]?.string ?? "reply", id: object["id"]?.string ?? "",
          parent: object["parent"]?.string, ends: object["ends"]?.bool ?? false,
          text: object["text"]?.string ?? ""))
    } else if let id = object["growing"]?.string {
      self = .growing(id: id, parent: object["parent"]?.string, text: object["text"]?.string ?? "")
    } else if let key = object["progress"]?.string {
      self = .progress(
        key: key,
        Doing(
          parent: object["parent"]?.string, phase: object["phase"]?.string ?? "",
          title: object["title"]?.string ?? "", detail: object["detail"]?.string))
    } else {
      return nil
    }
  }

  /// The terminal's acknowledgement of a key.
  static func shown(_ key: String) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("shown", key)
    json.endObject()
    return json.bytes
  }

  /// The key of an acknowledgement.
  static func shownKey(_ bytes: [UInt8]) -> String? { (try? JSONReader.parse(bytes))?["shown"]?.string }
}
