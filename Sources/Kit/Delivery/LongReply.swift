internal import Journal
package import Markup
internal import Settings
package import Stage

/// What becomes of a reply that is longer than people want to read in messages.
package struct LongReply {
  /// A text of more messages than this goes out as a file.
  package static let most = 8

  private let stage: Stage

  /// For the language of a stage.
  package init(_ stage: Stage) { self.stage = stage }

  /// The parts of a text: as many messages as it needs or, where these are too many, its beginning and a
  /// file with all of it.
  ///
  /// No secret may be left in it that only markup hides (`Markdown.source`), because a cut could hide it, too.
  ///
  /// - Parameters:
  ///   - text: the Markdown; nothing but blanks is no part.
  ///   - splitter: cuts it for the platform.
  ///   - takesFile: whether the platform takes a file of so many bytes.
  /// - Returns: the parts; none for a text without words.
  /// - Throws: `SystemError` or `CryptoError` where the file cannot be kept.
  package func parts(
    of text: String, _ splitter: TextSplitter, takesFile: (Int) -> Bool = { _ in true }
  ) throws -> [DeliveryPart] {
    guard !text.utf8.allSatisfy({ $0 <= 0x20 }) else { return [] }
    let most = takesFile(text.utf8.count) ? Self.most : .max
    switch splitter.plan(text, most: most, note: note) {
    case .parts(let pieces): return pieces.map { DeliveryPart(text: $0.markdown) }
    case .file(let beginning):
      let file = try Attachment.keep(
        Array(text.utf8), kind: .file, name: fileName, mime: "text/markdown; charset=utf-8", stage)
      return [DeliveryPart(text: beginning), DeliveryPart(text: "", more: [file])]
    }
  }

  /// What such a file is called.
  package var fileName: String {
    switch stage.settings.language {
    case .en: "reply.md"
    case .zh: "回复.md"
    }
  }

  /// Below the beginning of such a text.
  private var note: String {
    switch stage.settings.language {
    case .en: "(All of it is in the file.)"
    case .zh: "（全文见文件。）"
    }
  }
}
