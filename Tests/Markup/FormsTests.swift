import JSON
import Testing

@testable import Markup

struct FormsTests {
  @Test("the library is there")
  func available() { #expect(Markdown.unavailable == nil) }

  @Test(
    "plain text",
    arguments: [
      ("# A *b*\n\ntext", "A b\n\ntext"), ("a **b** ~~c~~ `d`", "a b ~~c~~ `d`"),
      ("[a](https://x.y) [https://x.y](https://x.y)", "a (https://x.y) https://x.y"),
      ("- a\n  - b\n    - c\n      - d", "• a\n  ◦ b\n    ▪ c\n      ▪ d"),
      ("9. a\n10. b\n\n    c", "9. a\n\n10. b\n\n    c"),
      ("> a\n>\n> > b", "> a\n>\n> > b"), ("```sh\nls  -l\n\tx\n```", "ls  -l\n\tx"),
      (
        "|a|\u{4E2D}\u{6587}|\n|:-|:-:|\n|\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}|1|\n|bbb|22|",
        "a   | \u{4E2D}\u{6587}\n----+-----\n\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}  |  1\nbbb |  22"
      ),
      ("<script>alert(1)</script>\n\nx", "<script>alert(1)</script>\n\nx"), ("a<br/>b", "a<br/>b"),
      ("&amp; &#65;", "& A"), ("![](https://a.b/c)", "https://a.b/c"),
    ])
  func plain(_ source: String, _ form: String) { #expect(Markdown(source).plain == form) }

  @Test("a wide table is a line for each cell")
  func wide() {
    let cell = String(repeating: "word ", count: 15) + "end"
    let source = "|name|text|\n|-|-|\n|a|\(cell)|\n|b|\(cell)|\n|c||"
    #expect(
      Markdown(source).plain
        == "name: a\ntext: \(cell)\n\nname: b\ntext: \(cell)\n\nname: c"
        || Markdown(source).plain.contains(" | "))
    #expect(Markdown(source).telegramHTML.hasPrefix("<b>name</b>: a\n<b>text</b>: word"))
    #expect(Markdown(source).telegramHTML.hasSuffix("\n\n<b>name</b>: c"))
  }

  @Test(
    "Slack",
    arguments: [
      ("**a** *b* ~~c~~ `d`", "*a* _b_ ~c~ `d`"),
      ("[a|b](https://x.y/?a=1&b=2)", "<https://x.y/?a=1&amp;b=2|a\u{FF5C}b>"),
      ("<!channel> <@U1> @here @channel", "&lt;!channel&gt; &lt;@U1&gt; @\u{200B}here @\u{200B}channel"),
      ("# H", "*H*"), ("- a\n- b", "• a\n• b"),
      ("```sh\n<x> ``` y\n```", "```\n&lt;x&gt; ``\u{200B}` y\n```"),
      ("a_b_c 2 * 3", "a_b_c 2 * 3"), ("\\*x\\*", "*\u{200B}x*"), ("> a\n> b", "> a\n> b"),
      ("https://a.b", "<https://a.b>"),
      ("``a`b``", "a`\u{200B}b"),
    ])
  func slack(_ source: String, _ form: String) { #expect(Markdown(source).slack == form) }

  @Test(
    "Discord",
    arguments: [
      ("**a** *b* ~~c~~ `d`", "**a** *b* ~~c~~ `d`"), ("@everyone @here", "@\u{200B}everyone @\u{200B}here"),
      ("#### H", "**H**"), ("## H", "## H"), ("\\*x\\* a_b \\_c\\_", "\\*x\\* a_b \\_c\\_"),
      ("\\# x", "\\# x"), ("1\\. x", "1\\. x"), ("\\- x", "\\- x"),
      ("<@1> <@&2>", "<\u{200B}@1> <\u{200B}@&2>"),
      ("|a|\n|-|\n|b|", "```\na\n-\nb\n```"), ("```js\nlet a\n```", "```js\nlet a\n```"),
      ("[a](tel:1)", "a (1)"),
      ("https://a.b/c_d_e", "https://a.b/c_d_e"),
    ])
  func discord(_ source: String, _ form: String) { #expect(Markdown(source).discord == form) }

  @Test(
    "DingTalk and WeCom",
    arguments: [
      ("a\nb", "a  \nb", "a\nb", "a\nb"), ("@all", "@\u{200B}all", "@\u{200B}all", "@\u{200B}all"),
      ("- a\n  - b", "- a\n\u{A0}\u{A0}\u{A0}\u{A0}• b", "• a\n\u{3000}◦ b", "- a\n  - b"),
      ("```sh\nls\n```", "```sh\nls\n```", "`ls`", "```sh\nls\n```"),
      (
        "|a|b|\n|-|-|\n|1|2|", "**a**: 1  \n**b**: 2", "**a**: 1\n**b**: 2",
        "| a | b |\n| --- | --- |\n| 1 | 2 |"
      ),
      (
        "<@u> <font color=\"info\">", "&lt;@u> &lt;font color=\"info\">",
        "<\u{200B}@u> <\u{200B}font color=\"info\">",
        "&lt;@u> &lt;font color=\"info\">"
      ),
      ("[a](dtmd://x)", "a (dtmd://x)", "a (dtmd://x)", "a (dtmd://x)"),
      (
        "**\u{6CE8}\u{FF1A}**\u{6587}", "**\u{6CE8}\u{FF1A}** \u{6587}", "**\u{6CE8}\u{FF1A}** \u{6587}",
        "**\u{6CE8}\u{FF1A}** \u{6587}"
      ),
    ])
  func robots(_ source: String, _ dingtalk: String, _ wecom: String, _ wecomV2: String) {
    #expect(Markdown(source).dingtalk == dingtalk)
    #expect(Markdown(source).wecom == wecom)
    #expect(Markdown(source).wecomV2 == wecomV2)
  }

  @Test(
    "a Feishu card",
    arguments: [
      ("<at id=all></at>", "&#60;at id=all>&#60;/at>"), ("`<at id=all></at>`", "`<\u{200B}at id=all></at>`"),
      ("\\*a\\* a_b", "&#42;a&#42; a_b"), ("1. a\n   - b", "1. a\n    - b"),
      ("[a](mailto:b@c.d)", "a (b@c.d)"),
      ("- a\n\n  ```sh\n  x\n  ```", "- a\n\n```sh\nx\n```"), ("|a|\n|-|\n|b|", "```\na\n-\nb\n```"),
      ("![a](https://b.c)", "[a](https://b.c)"), ("> a", "> a"), ("# a", "# a"), ("&lt;at&gt;", "&#60;at>"),
    ])
  func feishu(_ source: String, _ form: String) { #expect(Markdown(source).feishuMarkdown == form) }

  @Test("tables of a Feishu card are elements, as many as there may be")
  func elements() {
    let table = "|a|*b*|\n|-|-:|\n|<at id=all>|**x** <at>|\n\n"
    let elements = Markdown("text\n\n\(table)\(table)\nend").feishuElements(tables: 1)
    #expect(elements.count == 3)
    #expect(elements[0]["content"]?.string == "text")
    #expect(elements[1]["tag"]?.string == "table")
    #expect(elements[1]["columns"]?.array?[0]["data_type"]?.string == "text")
    #expect(elements[1]["columns"]?.array?[1]["data_type"]?.string == "markdown")
    #expect(elements[1]["columns"]?.array?[1]["display_name"]?.string == "b")
    #expect(elements[1]["columns"]?.array?[1]["horizontal_align"]?.string == "right")
    #expect(elements[1]["rows"]?.array?[0]["c0"]?.string == "<at id=all>")
    #expect(elements[1]["rows"]?.array?[0]["c1"]?.string == "**x** &#60;at>")
    #expect(elements[2]["content"]?.string?.hasPrefix("```\na ") == true)
    #expect(elements[2]["content"]?.string?.hasSuffix("end") == true)
  }

  @Test("a Feishu post")
  func post() {
    let source = "# T\n\na **b** [c](https://d.e) <at user_id=\"all\"></at>\n\n- x\n\n```go\ny\n```\n\n---"
    var json = JSONWriter()
    json.value(Markdown(source).feishuPost(title: "t"))
    let expected =
      #"{"zh_cn":{"title":"t","content":[[{"tag":"text","text":"T","style":["bold"]}],"#
      + #"[{"tag":"text","text":""}],[{"tag":"text","text":"a "},{"tag":"text","text":"b","style":["bold"]},"#
      + #"{"tag":"text","text":" "},{"tag":"a","text":"c","href":"https://d.e"},"#
      + #"{"tag":"text","text":" <at user_id=\"all\"></at>"}],[{"tag":"text","text":""}],"#
      + #"[{"tag":"text","text":"• "},{"tag":"text","text":"x"}],[{"tag":"text","text":""}],"#
      + #"[{"tag":"code_block","text":"y","language":"go"}],[{"tag":"text","text":""}],[{"tag":"hr"}]]}}"#
    #expect(String(decoding: json.bytes, as: UTF8.self) == expected)
  }

  @Test(
    "the plain part of an e-mail",
    arguments: [
      ("# A\n\ntext", "A\n===\n\ntext"), ("```\n x\n```", "      x"), ("> a\n> > b", "> a\n>\n>> b"),
      ("From here", " From here"), ("\\> no quote", " > no quote"),
      (
        String(repeating: "word ", count: 20) + "end",
        String(repeating: "word ", count: 15) + "\n" + String(repeating: "word ", count: 5) + "end"
      ),
      (
        "> " + String(repeating: "word ", count: 20) + "end",
        "> " + String(repeating: "word ", count: 15) + "\n> " + String(repeating: "word ", count: 5) + "end"
      ),
    ])
  func mail(_ source: String, _ form: String) { #expect(Markdown(source).emailText == form) }
}
