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

  /// A line with this as its only attachment.
  package func added(to line: [UInt8]) -> [UInt8] {
    var json = JSONWriter()
    json.beginArray()
    json.beginObject()
    json.member("kind", "file")
    json.member("path", path)
    json.member("sha256", sha256)
    json.member("size", size)
    json.member("mime", mime)
    json.member("name", name)
    json.endObject()
    json.endArray()
    var scanner = LineScanner()
    guard (try? scanner.scan(line.span)) != nil else { return line }
    return LineEditor.set([(name: "attachments", rawValue: json.bytes)], in: line.span, scanner: scanner)
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
