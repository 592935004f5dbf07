internal import Console
internal import JSON

/// Text that does not fit into a line travels as a file.
package enum LongText {
  /// Bytes of text that surely fit: a byte can take six when it is escaped.
  package static let limit = JSONLimits.line.maxBytes / 8

  /// The text as it is, or its beginning with the whole as a file below `files/`.
  ///
  /// `end`: words at its end that are shown in any case, as where they say why there is no more.
  package static func fit(_ text: String, _ stage: Stage, end: String = "") -> (
    text: String, attachment: Attachment?
  ) {
    let count = text.utf8.count
    guard count > limit else { return (text, nil) }
    let start = Self.start(of: text)
    let end = end.isEmpty ? "" : "\n\n" + Self.start(of: end)
    do {
      let file = try Attachment.keep(
        Array(text.utf8), name: "text.txt", mime: "text/plain; charset=utf-8", stage)
      return (start + "\n\n[… \(count) bytes in all; the whole text is attached]" + end, file)
    } catch {
      Log.warning("a long reply could not be kept as a file: \(error)")
      return (start + "\n\n[… \(count) bytes in all; the rest could not be kept: \(error)]" + end, nil)
    }
  }

  private static func start(of text: String) -> String {
    var start = String(decoding: text.utf8.prefix(4000), as: UTF8.self)
    // The cut may have left half a character at the end.
    while start.unicodeScalars.last == "\u{FFFD}" { start.unicodeScalars.removeLast() }
    return start
  }
}
