import Testing

@testable import Markup

struct TelegramTests {
  @Test(
    "tags and references",
    arguments: [
      ("a **b** _c_ ~~d~~ `e`", "a <b>b</b> <i>c</i> <s>d</s> <code>e</code>"),
      ("1 < 2 & 3 > 0 \"q\"", "1 &lt; 2 &amp; 3 &gt; 0 \"q\""),
      ("&lt;b&gt; &copy; <b>x</b>", "&lt;b&gt; \u{A9} &lt;b&gt;x&lt;/b&gt;"),
      ("# Head *line*", "<b>Head <i>line</i></b>"),
      ("**a `b` c**", "<b>a </b><code>b</code><b> c</b>"),
      ("[a `b`](https://x.y/?q=\"&r=<)", "<a href=\"https://x.y/?q=%22&amp;r=%3C\">a b</a>"),
      ("[a `b`](https://x.y/?q=1&r=2)", "<a href=\"https://x.y/?q=1&amp;r=2\">a b</a>"),
      ("[a](javascript:b)", "a (javascript:b)"), ("[a](tg://user?id=1)", "a (tg://user?id=1)"),
      ("[m](mailto:a@b.c)", "m (a@b.c)"), ("<a@b.c>", "a@b.c"), ("<https://a.b>", "https://a.b"),
      ("![p](https://i.j/k.png)", "<a href=\"https://i.j/k.png\">p</a>"),
      ("```c++\na<b\n```", "<pre><code class=\"language-c++\">a&lt;b</code></pre>"),
      ("```\"><b>\nx\n```", "<pre>x</pre>"), ("    x\n    y", "<pre>x\ny</pre>"),
      ("1. a\n   ```\n   b\n   c\n   ```", "1. a\n<pre>b\nc</pre>"),
      ("> a\n>> b", "<blockquote>a\n\n┃ b</blockquote>"),
      ("- a\n- b\n  1. c", "\u{2022} a\n\u{2022} b\n  1. c"),
      ("- [x] a\n- [ ] b", "\u{2611} a\n\u{2610} b"), ("a\nb  \nc", "a\nb\nc"),
      ("a\n\n---\n\nb", "a\n\n──────────\n\nb"),
      ("|a|b|\n|-|-:|\n|\u{4E2D}|1|\n|c|22|", "<pre>a  |  b\n---+---\n\u{4E2D} |  1\nc  | 22</pre>"),
      ("**\u{6CE8}\u{610F}\u{FF1A}**\u{6587}", "<b>\u{6CE8}\u{610F}\u{FF1A}</b>\u{6587}"),
      ("\u{6587}**\u{300C}x\u{300D}**\u{5B57}**b**", "\u{6587}<b>\u{300C}x\u{300D}</b>\u{5B57}<b>b</b>"),
      ("2 ** 3 ** 4 \\*\\*\u{3002}\\*\\*\u{6587}", "2 ** 3 ** 4 **\u{3002}**\u{6587}"),
      ("a\u{0}b", "a\u{FFFD}b"), ("", ""),
    ])
  func html(_ source: String, _ html: String) throws {
    #expect(Markdown(source).telegramHTML == html)
    _ = try TelegramServer(html)
  }

  @Test("lengths are counted in UTF-16 units")
  func vector() throws {
    let text = Markdown("🍎 run \\``ls`\\` 中文 👨‍👩‍👧 **end**").telegram
    #expect(text.visible == "🍎 run `ls` 中文 👨‍👩‍👧 end")
    #expect(TextUnit.codePoints.count(text.visible) == 23)
    #expect(TextUnit.utf16.count(text.visible) == 27)
    #expect(TextUnit.bytes.count(text.visible) == 43)
    let server = try TelegramServer(text.html)
    #expect(
      server.entities == [
        .init(kind: "code", offset: 8, length: 2), .init(kind: "bold", offset: 24, length: 3),
      ])
  }

  @Test("what MarkdownV2 would have to escape stays as it is")
  func escapes() {
    #expect(Markdown("done: 1.5 (50%)").telegramHTML == "done: 1.5 (50%)")
    #expect(
      Markdown("a\\_b\\*c\\[d\\](e)\\~\\`>#+-=|{}.!\\\\").telegramHTML == "a_b*c[d](e)~`&gt;#+-=|{}.!\\")
  }

  @Test("there are at most 100 entities; blocks of code are the last to go")
  func entities() throws {
    let emphasis = String(repeating: "*a* **b** `c` ", count: 60) + "\n\n```\nx\n```"
    var server = try TelegramServer(Markdown(emphasis).telegramHTML)
    #expect(server.entities.count == 61 && server.entities.last?.kind == "pre")
    let strong = String(repeating: "**b** ", count: 101)
    server = try TelegramServer(Markdown(strong).telegramHTML)
    #expect(server.entities.isEmpty)
    let code = String(repeating: "```\nx\n```\n", count: 150)
    server = try TelegramServer(Markdown(code).telegramHTML)
    #expect(server.entities.count == 100)
    #expect(server.text.utf8.filter { $0 == UInt8(ascii: "x") }.count == 150)
  }

  @Test("the server takes whatever comes out, and sees what we count", arguments: 0..<8)
  func property(_ seed: Int) throws {
    var dice = Dice(seed)
    for round in 0..<60 {
      let source = round % 3 == 0 ? Made.document(&dice, 8) : Made.noise(&dice, 60)
      let text = Markdown(source).telegram
      do {
        let server = try TelegramServer(text.html)
        if server.text != text.visible || server.entities.count > 100 {
          Issue.record(
            "\(source.debugDescription): \(server.entities.count), \(server.text.debugDescription)")
        }
      } catch {
        Issue.record("\(source.debugDescription): \(error): \(text.html)")
      }
    }
  }
}
