internal import JSON

/// A file that came with a message.
package struct ChatFile: Equatable, Sendable {
  /// What it is to people.
  package enum Kind: String, Equatable, Sendable {
    case image, file, voice, video
  }

  /// What it is to people.
  package var kind: Kind
  /// What the server calls it, for this bot alone.
  package var id: String
  /// Its name, for display; empty where there is none.
  package var name: String
  /// The type that the sender's app says it has.
  package var mime: String?
  /// Its size in bytes, where that is told.
  package var size: Int?
  /// How long it plays, in seconds.
  package var seconds: Int?

  /// The files of a message.
  static func all(_ value: JSONValue) -> [ChatFile] {
    if let sizes = value["photo"]?.array {
      // The same picture in several sizes, the largest last.
      return sizes.last.flatMap { ChatFile(.image, $0, "photo.jpg") }.map { [$0] } ?? []
    }
    let kinds: [(String, Kind, String)] = [
      // An animation comes with a document for old apps.
      ("animation", .video, "animation.mp4"), ("video", .video, "video.mp4"),
      ("video_note", .video, "video.mp4"), ("voice", .voice, "voice.ogg"), ("audio", .voice, "audio.mp3"),
      ("document", .file, ""),
    ]
    for (name, kind, usual) in kinds {
      if let file = value[name].flatMap({ ChatFile(kind, $0, usual) }) { return [file] }
    }
    if let sticker = value["sticker"] {
      let isStill = sticker["is_animated"]?.bool != true && sticker["is_video"]?.bool != true
      return isStill ? ChatFile(.image, sticker, "sticker.webp").map { [$0] } ?? [] : []
    }
    return []
  }

  private init?(_ kind: Kind, _ value: JSONValue, _ usual: String) {
    guard let id = value["file_id"]?.string, !id.isEmpty else { return nil }
    self.kind = kind
    self.id = id
    name = value["file_name"]?.string ?? usual
    mime = value["mime_type"]?.string
    size = value["file_size"]?.int
    seconds = value["duration"]?.int
    if kind == .file, mime?.utf8.starts(with: "image/".utf8) == true { self.kind = .image }
  }
}
