package import JSON

/// What a message says: its words, as Markdown, and what came with them.
package struct FeishuContent: Equatable, Sendable {
  /// The words.
  package var text = ""
  /// The files, not yet fetched.
  package var files: [File] = []
  /// The place on the earth.
  package var place: Place?
  /// Whether the words are those of other messages, which have to be fetched.
  package var isForward = false

  /// A file that came with a message.
  package struct File: Equatable, Sendable {
    /// What Feishu knows it by.
    package var key: String
    /// What it is.
    package var kind: Kind
    /// Its name; nil where it has none.
    package var name: String?
    /// What it is.
    package enum Kind: Sendable { case image, file, voice, video }
    /// What Feishu's interface calls the kind.
    package var type: String { kind == .image ? "image" : "file" }
  }

  /// A place on the earth.
  package struct Place: Equatable, Sendable {
    /// What it is called.
    package var name: String
    /// Degrees to the north.
    package var latitude: Double
    /// Degrees to the east.
    package var longitude: Double
  }

  /// How many files of one message are fetched.
  static let fileLimit = 32

  /// Reads the content of a message of some kind.
  ///
  /// `names` finds the name for a placeholder of a mention: an empty one takes it out, nil leaves it.
  package init(kind: String, _ content: JSONObject, names: @escaping (String) -> String?) {
    switch kind {
    case "text": text = FeishuText.replacing(content["text"]?.string ?? "", names)
    case "post", "interactive":
      var post = FeishuPost(names)
      text = post.render(content)
      files = post.files
    case "image": add(.image, content["image_key"], nil)
    case "file": add(.file, content["file_key"], content["file_name"])
    case "audio": add(.voice, content["file_key"], nil)
    case "media": add(.video, content["file_key"], content["file_name"])
    case "location": locate(content)
    case "merge_forward":
      text = "[forwarded messages]"
      isForward = true
    default: text = FeishuText.other(kind, content)
    }
  }

  private mutating func add(_ kind: File.Kind, _ key: JSONValue?, _ name: JSONValue?) {
    guard let key = FeishuID.read(key) else {
      text = "[a file that Feishu does not name]"
      return
    }
    files.append(File(key: key, kind: kind, name: name?.string))
  }

  private mutating func locate(_ content: JSONObject) {
    let name = content["name"]?.string ?? ""
    text = name
    func degrees(_ value: JSONValue?) -> Double? { value?.double ?? value?.string.flatMap { Double($0) } }
    guard let latitude = degrees(content["latitude"]), let longitude = degrees(content["longitude"]),
      latitude.isFinite, longitude.isFinite
    else {
      text = name.isEmpty ? "[location]" : name
      return
    }
    place = Place(name: name, latitude: latitude, longitude: longitude)
  }
}
