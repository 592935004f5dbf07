import Console
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

/// Text that does not fit into a line travels as a file.
package enum LongText {
  /// Bytes of text that surely fit: a byte can take six when it is escaped.
  package static let limit = JSONLimits.line.maxBytes / 8

  /// The text as it is, or its beginning with the whole as a file below `files/`.
  package static func fit(_ text: String, _ stage: Stage) -> (text: String, attachment: Attachment?) {
    let count = text.utf8.count
    guard count > limit else { return (text, nil) }
    var start = String(decoding: text.utf8.prefix(4000), as: UTF8.self)
    // The cut may have left half a character at the end.
    while start.unicodeScalars.last == "\u{FFFD}" { start.unicodeScalars.removeLast() }
    do {
      let file = try keep(Array(text.utf8), stage)
      return (start + "\n\n[… \(count) bytes in all; the whole text is attached]", file)
    } catch {
      Log.warning("a long reply could not be kept as a file: \(error)")
      return (start + "\n\n[… \(count) bytes in all; the rest could not be kept: \(error)]", nil)
    }
  }

  private static func keep(_ content: [UInt8], _ stage: Stage) throws -> Attachment {
    let files = stage.home.files
    try Files.makeDirectory(files)
    let temporary = "\(files)/.\(stage.maker.id())"
    try Files.write(content, to: temporary)
    defer { unlink(temporary) }
    // Rare enough that starting a program is cheaper than every command linking a crypto library.
    let child = try Child(
      ["sha256sum", "--", temporary], environment: ["PATH=/usr/local/bin:/usr/bin:/bin"], output: .pipe)
    _ = child.wait()
    let printed = try child.output?.read(upTo: 256, subject: "sha256sum") ?? []
    let sum = String(decoding: printed.prefix { $0 != 0x20 }, as: UTF8.self)
    guard sum.utf8.count == 64 else { throw Failure(.unavailable, "sha256sum did not answer") }
    let path = "\(files)/\(sum)"
    if rename(temporary, path) != 0 { throw SystemError("rename", path) }
    return Attachment(
      path: path, sha256: sum, size: content.count, mime: "text/plain; charset=utf-8", name: "text.txt")
  }
}
