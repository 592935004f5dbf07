/// Numbers that are the same in every run.
struct Dice: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int(next() % UInt64(elements.count))]
  }
  mutating func upTo(_ count: Int) -> Int { Int(next() % UInt64(count)) }
}

/// Made-up Markdown of two kinds.
enum Made {
  private static let pieces = [
    "a", "word ", "中文", "。", "，", "👨‍👩‍👧", "🇩🇪🇫🇷", "e\u{301}", "नि", "\u{200D}", "*", "**", "_", "`", "``", "```",
    "~~", "~~~", "[", "]",
    "(", ")", "](", "![", "<", ">", "<b>", "</b>", "<!--", "-->", "&", "&amp;", "&#42;", "&lt;", "\\", "|",
    "| ",
    " | ", "---", "|---|", ":-:", "#", "# ", "## ", "- ", "* ", "+ ", "1. ", "10) ", "> ", "    ", "  ", "\t",
    "\n", "\n", "\n\n", "\r\n", "\n  ", "\n    ", "\n- ", "\n> ", "\n```\n", "\n~~~ sh\n", "\n|a|b|\n|-|-|\n",
    "http://a.b/c_d", "https://x.y", "javascript:x", "[a](https://b.c/d)", "[a](javascript:x)",
    "<at id=all></at>",
    "@everyone", "@all", "<!channel>", "\u{0}", "\u{202E}", "$", "=", "===\n", "[a]: http://u\n", "- [x] ",
    "- [ ] ",
    "mailto:a@b.c", "<https://l.m>", "'", "\"",
  ]

  /// Anything, in any order.
  static func noise(_ dice: inout Dice, _ count: Int) -> String {
    var text = ""
    for _ in 0..<count { text += dice.pick(pieces) }
    return text
  }

  private static func words(_ dice: inout Dice) -> String {
    let words = [
      "the", "build", "部署完成了", "**strong**", "*soft*", "`code`", "~~gone~~", "[link](https://x.y/z)",
      "snake_case_name",
      "1 < 2", "👍🏽", "测试通过。", "done.", "https://a.b/c?d=e&f=g", "a & b", "**注意：**文字", "2 * 3", "(see)", "x!",
    ]
    var text: [String] = []
    for _ in 0...dice.upTo(30) { text.append(dice.pick(words)) }
    return text.joined(separator: " ")
  }

  /// What an agent might write.
  static func document(_ dice: inout Dice, _ blocks: Int) -> String {
    var text = ""
    for _ in 0..<blocks {
      switch dice.upTo(9) {
      case 0: text += String(repeating: "#", count: 1 + dice.upTo(4)) + " " + words(&dice) + "\n\n"
      case 1:
        for number in 0...dice.upTo(6) {
          text += dice.upTo(2) == 0 ? "- " : "\(number + 1). "
          text += words(&dice) + "\n"
          if dice.upTo(3) == 0 { text += "   - " + words(&dice) + "\n" }
        }
        text += "\n"
      case 2, 3:
        text += "```" + dice.pick(["", "swift", "sh", "json"]) + "\n"
        for number in 0...dice.upTo(25) { text += "let line\(number) = \"<b>&\" // *x* _y_\n" }
        text += "```\n\n"
      case 4:
        text += "| name | 状态 | n |\n|:---|:-:|--:|\n"
        for number in 0...dice.upTo(20) { text += "| row \(number) | 通过 | `\(number * 7)` |\n" }
        text += "\n"
      case 5: text += "> " + words(&dice) + "\n> " + words(&dice) + "\n\n"
      case 6:
        text +=
          "1. " + words(&dice) + "\n\n   ```sh\n   make \(dice.upTo(9))\n   make check\n   ```\n\n   more\n\n"
      default: text += words(&dice) + "\n" + words(&dice) + "\n\n"
      }
    }
    return text
  }
}
