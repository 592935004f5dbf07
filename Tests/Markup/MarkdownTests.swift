import CMarkdown
import JSON
import Markup
import Testing

struct MarkdownTests {
  @Test("the library is there")
  func available() { #expect(Markdown.unavailable == nil) }
}
