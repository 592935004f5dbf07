internal import Console
internal import JSON

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
      let file = try Attachment.keep(
        Array(text.utf8), name: "text.txt", mime: "text/plain; charset=utf-8", stage)
      return (start + "\n\n[… \(count) bytes in all; the whole text is attached]", file)
    } catch {
      Log.warning("a long reply could not be kept as a file: \(error)")
      return (start + "\n\n[… \(count) bytes in all; the rest could not be kept: \(error)]", nil)
    }
  }
}
