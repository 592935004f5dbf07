import CMarkdown
import Testing
import Text

@testable import Markup

/// What must hold for every text, in every form.
struct SafetyTests {
  private func sources(_ seed: Int, _ count: Int) -> [String] {
    var dice = Dice(seed)
    return (0..<count).map { $0 % 4 == 0 ? Made.document(&dice, 5) : Made.noise(&dice, 50) }
  }

  /// Whether a text holds a piece, byte for byte.
  private func has(_ text: String, _ piece: String) -> Bool {
    guard let first = piece.utf8.first else { return true }
    var rest = text.utf8[...]
    while let place = rest.firstIndex(of: first) {
      rest = rest[place...]
      if rest.starts(with: piece.utf8) { return true }
      rest = rest.dropFirst()
    }
    return false
  }

  /// A text in CommonMark without what stands in code.
  private func words(_ blocks: [Block]) -> String {
    func inner(_ inlines: [Inline]) -> String {
      inlines.map {
        switch $0 {
        case .text(let text), .url(let text): text
        case .code: " "
        case .emphasis(let own), .strong(let own), .strike(let own), .link(_, let own), .image(_, let own):
          inner(own)
        case .lineBreak: "\n"
        }
      }.joined()
    }
    return blocks.map { block in
      switch block {
      case .paragraph(let inlines), .heading(_, let inlines): inner(inlines)
      case .code, .rule: " "
      case .quote(let blocks): words(blocks)
      case .list(let list): list.items.map { words($0.blocks) }.joined(separator: "\n")
      case .table(let table): (table.header + table.rows.flatMap { $0 }).map(inner).joined(separator: "\n")
      }
    }.joined(separator: "\n")
  }

  @Test("nothing notifies everybody", arguments: 0..<4)
  func mentions(_ seed: Int) {
    for source in sources(seed, 30) {
      let text = Markdown(source)
      let slack = text.slack
      if has(slack, "<!") || has(slack, "<@") { Issue.record("Slack: \(source.debugDescription)") }
      let discord = words(Markdown(text.discord).blocks)
      if has(discord, "@everyone") { Issue.record("Discord: \(source.debugDescription): \(text.discord)") }
      for feishu in [text.feishuMarkdown, text.feishuMarkdownOne] where has(feishu, "<at ") {
        Issue.record("Feishu: \(source.debugDescription)")
      }
      for form in [text.dingtalk, text.wecom, text.wecomV2] where has(words(Markdown(form).blocks), "@all") {
        Issue.record("robots: \(source.debugDescription) \(form)")
      }
    }
  }

  @Test("links lead to pages, mail and telephones only", arguments: 0..<4)
  func links(_ seed: Int) {
    for source in sources(seed + 10, 30) {
      let text = Markdown(source)
      for form in [
        text.discord, text.dingtalk, text.wecom, text.wecomV2, text.feishuMarkdown, text.commonMark,
      ] {
        MarkdownParser.walk(form, .standard) { step in
          guard step.kind == AGIM_MD_LINK || step.kind == AGIM_MD_IMAGE, !step.leaves else { return }
          let url = step.text.map { String(cString: $0) } ?? ""
          if SafeLink.scheme(url) == nil { Issue.record("\(url): \(source.debugDescription): \(form)") }
        }
      }
      if has(text.emailHTML, "href=\"javascript") || has(text.telegramHTML, "href=\"javascript") {
        Issue.record("\(source.debugDescription)")
      }
    }
  }

  @Test("an e-mail's HTML holds the tags that we write, and all of them end", arguments: 0..<4)
  func mail(_ seed: Int) {
    for source in sources(seed + 20, 30) {
      if let fault = HTMLCheck.fault(Markdown(source).emailHTML) {
        Issue.record("\(source.debugDescription): \(fault)")
      }
    }
    #expect(HTMLCheck.fault("<p><b>x</p></b>") != nil)
    #expect(HTMLCheck.fault("<script>x</script>") != nil)
    #expect(HTMLCheck.fault("<p>a & b</p>") != nil)
    #expect(HTMLCheck.fault("<p onclick=\"x\">a</p>") != nil)
  }

  @Test("CommonMark that is written says what was read", arguments: 0..<6)
  func roundTrip(_ seed: Int) {
    var dice = Dice(seed + 30)
    for _ in 0..<12 {
      let source = Made.document(&dice, 6)
      let text = Markdown(source)
      let again = Markdown(text.commonMark)
      // A blank behind strong text may be new: `WideEmphasis`.
      if !again.plain.utf8.filter({ $0 != 0x20 }).elementsEqual(text.plain.utf8.filter { $0 != 0x20 }) {
        let pairs = zip(
          again.plain.split(separator: "\n" as Character), text.plain.split(separator: "\n" as Character))
        Issue.record("\(pairs.first { $0 != $1 } ?? ("", "")): \(source.debugDescription)")
      }
    }
  }

  @Test(
    "one line of an e-mail's plain part is no wider than 78 columns, where there is a blank to fold it at")
  func width() {
    for source in sources(40, 30) {
      for line in Markdown(source).emailText.split(separator: "\n" as Character) where line.utf8.count > 998 {
        if line.utf8.dropFirst(80).dropLast(80).contains(0x20), line.utf8.last == 0x20 {
          Issue.record("\(line)")
        }
      }
    }
  }

  @Test(
    "secrets that only markup has hidden are found by the scrubber",
    arguments: [
      "**\(front)**\(back)", "\(front)&#65;\(back.dropFirst())", "gh" + "p\\_" + front.dropFirst(4) + back,
      "- *\(front)*\(back)",
      "> # ~~\(front)~~\(back)", "| a |\n|---|\n| \(front)**\(back)** |",
      "[\(front)**\(back)**](https://a.b)",
      "[x](https://a.b/\(front)&#65;\(back.dropFirst()))", "\(front)`\(back)`",
    ])
  func secrets(_ source: String) {
    let scrubber = Scrubber()
    let clean = { (text: String) in scrubber.scrub(text).text }
    // The source alone shows nothing that the scrubber knows.
    #expect(clean(source) == source)
    func leaks(_ form: String) -> Bool {
      has(form, Self.front + Self.back) || has(form, Self.front + "A" + Self.back.dropFirst())
    }
    let telegram = Markdown(source).telegram
    #expect(leaks(telegram.visible) || leaks(telegram.html))
    for text in [Markdown(source, clean: clean), Markdown(Markdown.source(source, clean: clean))] {
      for form in [
        text.plain, text.telegramHTML, text.telegram.visible, text.slack, text.discord, text.dingtalk,
        text.wecom,
        text.feishuMarkdown, text.commonMark, text.emailHTML, text.emailText,
      ] {
        #expect(!leaks(form), "\(form)")
      }
    }
    #expect(Markdown.source("a **b**", clean: clean) == "a **b**")
  }

  private static let front = "gh" + "p_" + "a1B2c3D4e5F6g7H8"
  private static let back = "i9J0k1L2m3N4o5P6q7R8"
}

/// A strict reader of the HTML that an e-mail may hold.
enum HTMLCheck {
  private static let tags: Set<String> = [
    "html", "head", "body", "p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "code", "blockquote", "ul", "ol",
    "li",
    "table", "tr", "th", "td", "em", "strong", "del", "a",
  ]
  private static let empty: Set<String> = ["!DOCTYPE", "meta", "br", "hr"]

  static func fault(_ html: String) -> String? {
    var open: [String] = []
    var rest = Array(html.utf8)[...]
    func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
    while let place = rest.firstIndex(where: { $0 == 0x3C || $0 == 0x3E || $0 == 0x26 }) {
      switch rest[place] {
      case 0x26:
        let name = rest[place...].prefix(6)
        guard ["&lt;", "&gt;", "&amp;", "&quot;"].contains(where: { name.starts(with: $0.utf8) }) else {
          return "a bare &"
        }
        rest = rest[(place + 1)...]
      case 0x3E: return "a bare >"
      default:
        guard let end = rest[place...].firstIndex(of: 0x3E) else { return "an open tag" }
        let tag = text(rest[(place + 1)..<end])
        rest = rest[(end + 1)...]
        if tag.utf8.first == 0x2F {
          guard open.popLast() == String(tag.dropFirst()) else {
            return "</\(tag.dropFirst())> at the wrong place"
          }
          continue
        }
        let name = text(tag.utf8.prefix { $0 != 0x20 })
        let attributes = text(tag.utf8.dropFirst(name.utf8.count))
        if empty.contains(name) { continue }
        guard tags.contains(name) else { return "<\(name)>" }
        if name == "a", open.contains("a") { return "a link in a link" }
        guard
          attributes.isEmpty || attributes.hasPrefix(" style=\"") || attributes.hasPrefix(" start=\"")
            || name == "a"
              && (attributes.hasPrefix(" href=\"http") || attributes.hasPrefix(" href=\"mailto:"))
        else { return "<\(tag)>" }
        open.append(name)
      }
    }
    return open.isEmpty ? nil : "open: \(open)"
  }
}
