internal import CMarkdown

/// Makes the tree of a text from the steps of the library.
struct MarkdownParser {
  static var unavailable: String? { nil }
}
extension Markdown {
  init(_ source: String, limits: MarkdownLimits) {
    blocks = [.paragraph([.text(source)])]
  }
}
