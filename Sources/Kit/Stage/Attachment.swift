internal import Crypto
internal import Glibc
internal import JSON
internal import Settings
internal import System
internal import Wire

/// A file that belongs to a line.
package struct Attachment: Sendable, Equatable {
  /// The path, below `files/`.
  package var path: String
  /// The SHA-256 of its content, in hexadecimal.
  package var sha256: String
  /// Its size in bytes.
  package var size: Int
  /// Its MIME type.
  package var mime: String
  /// Its name, for display.
  package var name: String

  /// What people are told it is.
  package var kind: String { mime.hasPrefix("image/") ? "image" : "file" }

  /// A line with this as its only attachment.
  package func added(to line: [UInt8]) -> [UInt8] { Self.add([self], to: line) }

  /// A line with these as its attachments.
  package static func add(_ files: [Attachment], to line: [UInt8]) -> [UInt8] {
    guard !files.isEmpty else { return line }
    var json = JSONWriter()
    json.beginArray()
    for file in files {
      json.beginObject()
      json.member("kind", file.kind)
      json.member("path", file.path)
      json.member("sha256", file.sha256)
      json.member("size", file.size)
      json.member("mime", file.mime)
      json.member("name", file.name)
      json.endObject()
    }
    json.endArray()
    var scanner = LineScanner()
    guard (try? scanner.scan(line.span)) != nil else { return line }
    return LineEditor.set([(name: "attachments", rawValue: json.bytes)], in: line.span, scanner: scanner)
  }

  /// The MIME type of a content, as its first bytes show it: what a file is called proves nothing.
  package static func mime(of content: [UInt8]) -> String {
    let known: [([UInt8], String)] = [
      ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "image/png"), ([0xFF, 0xD8, 0xFF], "image/jpeg"),
      (Array("GIF8".utf8), "image/gif"), (Array("%PDF-".utf8), "application/pdf"),
      ([0x50, 0x4B, 0x03, 0x04], "application/zip"),
    ]
    for (start, mime) in known where content.starts(with: start) { return mime }
    if content.starts(with: Array("RIFF".utf8)), content.dropFirst(8).starts(with: Array("WEBP".utf8)) {
      return "image/webp"
    }
    let isText = !content.contains(0) && String(validating: content, as: UTF8.self) != nil
    return isText ? "text/plain; charset=utf-8" : "application/octet-stream"
  }
}

extension Attachment {
  /// Puts a content below `files/`, under its SHA-256.
  ///
  /// - Throws: `SystemError`; `CryptoError` where libcrypto is missing.
  package static func keep(_ content: [UInt8], name: String, mime: String, _ stage: Stage) throws
    -> Attachment
  {
    let sum = try SHA256.hex(content)
    let files = stage.home.files
    try Files.makeDirectory(files)
    let path = "\(files)/\(sum)"
    try Files.write(content, to: path)
    return Attachment(path: path, sha256: sum, size: content.count, mime: mime, name: name)
  }
}
