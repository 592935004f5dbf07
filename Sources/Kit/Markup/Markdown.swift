/// A text that an agent has written in Markdown, parsed once, and its forms for the platforms.
///
/// libcmark-gfm does the parsing: CommonMark with GitHub's tables, tasks and `~~strikethrough~~`. Nothing
/// fails: a text that is too deep or too costly to parse is taken for plain text, and so is every text where
/// the library is missing. Raw HTML is text. A link that does not begin with `http:`, `https:`, `mailto:` or
/// `tel:` is text. NULs are replaced.
package struct Markdown: Equatable, Sendable {
  /// The blocks of the text.
  package let blocks: [Block]

  /// Parses a text.
  package init(_ source: String) { self.init(source, limits: .standard) }

  /// Parses a text and takes out what is secret, also where markup stands in between.
  ///
  /// A scrubber that has seen the source has not seen everything: `sk-**ant**-…` and `sk-&#97;nt-…` are words
  /// only once they are rendered. Wherever `clean` changes a block's words, these words stand there without
  /// markup.
  package init(_ source: String, clean: (String) -> String) {
    blocks = Markdown(source).blocks.map { $0.cleaned(clean) }
  }

  /// A source in which no secret is left that only markup hides.
  ///
  /// For what is cut into parts before it is parsed. It is the source itself where there is none; else the
  /// text is written anew.
  package static func source(_ source: String, clean: (String) -> String) -> String {
    let text = Markdown(source)
    let left = Markdown(blocks: text.blocks.map { $0.cleaned(clean) })
    return left == text ? source : left.commonMark
  }

  /// Parses a text within limits.
  init(_ source: String, limits: MarkdownLimits) {
    blocks = MarkdownParser.parse(source, limits) ?? MarkdownParser.plain(source)
  }

  init(blocks: [Block]) { self.blocks = blocks }

  /// Why texts cannot be parsed on this machine, or nil: the reason that the library cannot be opened.
  package static var unavailable: String? { MarkdownParser.unavailable }
}

/// What a text may cost to parse; beyond it, it is plain text.
struct MarkdownLimits: Sendable {
  /// How long a text may be, in bytes.
  var bytes = 4 << 20
  /// How deep quotes, lists, emphasis and links may stand in each other; what is deeper belongs to what is
  /// around it.
  var depth = 24
  /// How deep quotes and lists may stand in each other at all.
  var nesting = 100
  /// Nanoseconds, about, that a text may take beyond those that are proportional to its length, and for each
  /// byte.
  var nanoseconds = (2_000_000, 200)

  /// The usual ones.
  static let standard = MarkdownLimits()
}
