import JSON
import Testing

@testable import Markup

struct MarkdownTests {
  @Test("the library is there")
  func available() { #expect(Markdown.unavailable == nil) }

  @Test("show")
  func show() {
    let source = """
      # Title *x*

      Hello **bold `code` more** and *it* ~~gone~~ [link](https://x.y/a_b(c)) <b>raw</b> 1 < 2 & 3
      next line https://a.b/c_d_e, end. a_b_c 2 * 3 *lit\\* [x](javascript:alert(1)) @everyone @all <at id=all></at>

      > quote
      > > inner
      > - a

      1. one
         - two
           ```sh
           ls -l `x`
           ```
      2. three

      - [x] done
      - [ ] open

      | a | 中文 | c |
      |---|:---:|--:|
      | 1 | 两个 | `x|y` |
      | **b** | 👨‍👩‍👧 | 3 |

      ```swift
      let a = "<b>" // ```
      ```

      ---
      ![alt](https://i.j/k.png) **注意：**文字
      """
    let m = Markdown(source)
    print(m.blocks)
    for (n, f) in [
      ("plain", m.plain), ("telegram", m.telegramHTML), ("visible", m.telegram.visible), ("slack", m.slack),
      ("discord", m.discord), ("dingtalk", m.dingtalk), ("wecom", m.wecom), ("v2", m.wecomV2),
      ("common", m.commonMark), ("mail", m.emailText), ("html", m.emailHTML), ("feishu", m.feishuMarkdown),
      ("one", m.feishuMarkdownOne),
    ] {
      print("=== \(n)\n\(f)")
    }
    var w = JSONWriter()
    w.value(.array(m.feishuElements()))
    w.value(m.feishuPost())
    print(String(decoding: w.bytes, as: UTF8.self))
  }
}
