internal import Stage

/// As what a file goes out: how it is uploaded, and what kind of message shows it.
struct FileForm: Equatable {
  /// The type of the upload: `image`, or what `file_type` knows.
  var upload: String
  /// The type of the message.
  var message: String
  /// How long a voice lasts, in milliseconds, where that is known.
  var duration: Int?

  /// As a file without more.
  static let plain = FileForm(upload: "stream", message: "file")

  /// Bytes of a picture, and of any other file.
  static let imageLimit = 10 << 20
  static let fileLimit = 30 << 20

  /// The form of a file; `content` is at least its beginning, and all of a voice.
  static func of(_ attachment: Attachment, _ content: [UInt8]) -> FileForm {
    let mime = Attachment.mime(of: content)
    if imageTypes.contains(mime), attachment.kind == .image || attachment.mime.hasPrefix("image/") {
      return attachment.size <= imageLimit ? FileForm(upload: "image", message: "image") : plain
    }
    if attachment.kind == .voice, OggOpus.isOpus(content) {
      return FileForm(upload: "opus", message: "audio", duration: OggOpus.milliseconds(content))
    }
    if mime == "video/mp4" { return FileForm(upload: "mp4", message: "media") }
    if mime == "application/pdf" { return FileForm(upload: "pdf", message: "file") }
    let name = attachment.name.lowercased()
    for (ending, type) in office where name.hasSuffix(ending) {
      return FileForm(upload: type, message: "file")
    }
    return plain
  }

  private static let imageTypes: Set<String> = ["image/png", "image/jpeg", "image/gif", "image/webp"]
  private static let office = [
    (".doc", "doc"), (".docx", "doc"), (".xls", "xls"), (".xlsx", "xls"), (".ppt", "ppt"), (".pptx", "ppt"),
  ]
}

/// Voices as Feishu plays them: Opus in Ogg (RFC 7845).
enum OggOpus {
  /// Whether a content begins as such a voice does.
  static func isOpus(_ content: [UInt8]) -> Bool {
    content.starts(with: "OggS".utf8) && content.dropFirst(28).starts(with: "OpusHead".utf8)
  }

  /// How long it lasts: the position at the end of its last page, in samples of 48 kHz, without those before it
  /// begins.
  static func milliseconds(_ content: [UInt8]) -> Int? {
    guard isOpus(content), content.count >= 47 else { return nil }
    let skipped = Int(content[38]) | Int(content[39]) << 8
    var place = content.count - 27
    while place >= 0 {
      if content[place] == UInt8(ascii: "O"), content[place...].starts(with: "OggS".utf8) {
        var position: UInt64 = 0
        for offset in (0..<8).reversed() { position = position << 8 | UInt64(content[place + 6 + offset]) }
        guard position < 48_000 * 86_400, Int(position) > skipped else { return nil }
        return (Int(position) - skipped) / 48
      }
      place -= 1
    }
    return nil
  }
}
