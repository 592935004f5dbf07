import Testing

@testable import Markup

/// What single texts become.
struct SplitterExamples {
  private func bytes(_ limit: Int, isNumbered: Bool = false) -> TextSplitter {
    TextSplitter(limit: limit, isNumbered: isNumbered) { $0.utf8.count }
  }

  @Test("what fits is one part without a number")
  func one() {
    let parts = TextSplitter.telegram.split("short **text**")
    #expect(parts == [TextPart(markdown: "short **text**", slice: "short **text**", number: 1, count: 1)])
    #expect(TextSplitter.telegram.split("") == [TextPart(markdown: "", slice: "", number: 1, count: 1)])
  }

  @Test("an empty line is better than a line feed, that than a sentence, that than a blank")
  func order() {
    #expect(bytes(20).split("aaaa bbb\n\ncccc ddd\neee").map(\.slice) == ["aaaa bbb\n\n", "cccc ddd\neee"])
    #expect(
      bytes(20).split("aaaa bbb ccc\ndddd eeee fff").map(\.slice) == ["aaaa bbb ccc\n", "dddd eeee fff"])
    #expect(
      bytes(20).split("aaaa bbb cc. dd eeee fff ggg").map(\.slice) == ["aaaa bbb cc. ", "dd eeee fff ggg"])
    #expect(bytes(20).split("aaaa bbb ccc dddddd eeee").map(\.slice) == ["aaaa bbb ccc dddddd ", "eeee"])
    #expect(
      bytes(20).split("\u{4E00}\u{4E8C}\u{3002}\u{4E09}\u{56DB}\u{4E94}\u{516D}\u{4E03}").map(\.slice).count
        == 2)
    #expect(bytes(10).split("aaaaaaaaaaaaaaa").map(\.slice) == ["aaaaaaaaaa", "aaaaa"])
  }

  @Test("characters of many code points stay whole")
  func characters() {
    let family = "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}"
    let splitter = TextSplitter(limit: 20, isNumbered: false) { TextUnit.utf16.count($0) }
    for part in splitter.split(String(repeating: family, count: 8)) { #expect(part.slice == family + family) }
    let flags = String(repeating: "\u{1F1E9}\u{1F1EA}", count: 12)
    for part in splitter.split(flags) { #expect(part.slice.count * 4 == part.slice.utf16.count) }
    #expect(bytes(4).split("e\u{301}e\u{301}").map(\.slice) == ["e\u{301}", "e\u{301}"])
    #expect(
      bytes(5).split("abcd\r\nef").map(\.slice) == ["abcd", "\r\nef"]
    )
  }

  @Test("a block of code is closed, and begun again with its language")
  func code() {
    let source = "text\n\n```swift\nlet a = 1\nlet b = 2\nlet c = 3\n```\n\nend"
    let parts = bytes(48).split(source)
    #expect(parts.map(\.slice).joined() == source)
    #expect(
      parts.map(\.markdown) == [
        "text\n\n```swift\nlet a = 1\nlet b = 2\n```", "```swift\nlet c = 3\n```\n\nend",
      ])
    let small = bytes(36).split(source)
    #expect(
      small.map(\.markdown) == [
        "text\n\n```swift\nlet a = 1\n```", "```swift\nlet b = 2\nlet c = 3\n```\n\n", "end",
      ])
    for part in small {
      for block in Markdown(part.markdown).blocks {
        if case .code(let language, _) = block { #expect(language == "swift") }
      }
    }
  }

  @Test("code in a list, in a quote, between tildes, and longer than a line may be")
  func nestedCode() {
    func codes(_ blocks: [Block]) -> [String] {
      blocks.flatMap { block -> [String] in
        switch block {
        case .code(_, let text): [text]
        case .quote(let inner): codes(inner)
        case .list(let list): list.items.flatMap { codes($0.blocks) }
        default: []
        }
      }
    }
    let lines = (0..<12).map { "line \($0) ``` x" }
    for (first, indent) in [
      ("1. a\n\n   ~~~~ sh", "   "), ("> ~~~~ sh", "> "), ("- - ~~~~ sh", "    "), ("> - ~~~~ sh", ">   "),
    ] {
      let fence = "~~~~"
      let source = ([first] + (lines + [fence]).map { indent + $0 }).joined(separator: "\n") + "\n\nafter"
      let parts = bytes(110).split(source)
      #expect(parts.count > 2)
      #expect(parts.map(\.slice).joined() == source)
      let found = parts.flatMap { codes(Markdown($0.markdown).blocks) }.joined(separator: "\n")
      #expect(found == lines.joined(separator: "\n"), "\(first)")
    }
    let long = "```\n" + String(repeating: "x", count: 300) + "\n```"
    let parts = bytes(100).split(long)
    #expect(
      parts.flatMap { codes(Markdown($0.markdown).blocks) }.joined() == String(repeating: "x", count: 300))
  }

  @Test("a table's rows stay whole, and its head is repeated")
  func tables() {
    let rows = (0..<20).map { "| row \($0) | \u{901A}\u{8FC7} |" }
    for indent in ["", "> "] {
      let source = (["text", "", "| n | s |", "|:--|--:|"] + rows).map { indent + $0 }.joined(separator: "\n")
      let parts = bytes(160).split(source)
      #expect(parts.count > 2)
      #expect(parts.map(\.slice).joined() == source)
      var found: [Table] = []
      for part in parts {
        var blocks = Markdown(part.markdown).blocks
        if case .quote(let inner)? = blocks.first { blocks = inner }
        for case .table(let table) in blocks { found.append(table) }
      }
      #expect(found.count == parts.count || found.count == parts.count - 1)
      #expect(found.flatMap(\.rows).map { $0[0].plainText } == (0..<20).map { "row \($0)" })
      for table in found {
        #expect(table.header.map(\.plainText) == ["n", "s"])
        #expect(table.alignments == [.left, .right])
      }
    }
  }

  @Test("what is deep in a list does not become code in the next part")
  func lists() {
    let words = String(repeating: "word ", count: 12) + "end"
    let source = "- a\n  - b\n    - \(words)\n    - \(words)\n    - \(words)\n\n      more"
    for part in bytes(90).split(source) {
      for block in Markdown(part.markdown).blocks {
        if case .code = block { Issue.record("\(part.markdown)") }
      }
    }
  }

  @Test("parts are numbered, and the numbers count")
  func numbers() {
    let source = String(repeating: "word ", count: 300)
    let parts = bytes(200, isNumbered: true).split(source)
    #expect(parts.count >= 8)
    for (index, part) in parts.enumerated() {
      #expect(part.number == index + 1 && part.count == parts.count)
      #expect(part.markdown.hasPrefix("(\(index + 1)/\(parts.count))\n\n"))
      #expect(part.markdown.utf8.count <= 200)
    }
  }

  @Test("what would be too many parts is a file")
  func files() {
    let splitter = TextSplitter(limit: 200, isNumbered: true) { $0.utf8.count }
    let source = String(repeating: "word ", count: 300)
    guard case .parts(let parts) = splitter.plan(source, most: 20, note: "(file)") else {
      Issue.record("not parts")
      return
    }
    #expect(parts == splitter.split(source))
    guard case .file(let beginning) = splitter.plan(source, most: 3, note: "(file)") else {
      Issue.record("not a file")
      return
    }
    #expect(beginning.hasPrefix("word word"))
    #expect(beginning.hasSuffix("…\n\n(file)"))
    #expect(beginning.utf8.count <= 200)
  }

  @Test("the beginning of a growing text")
  func growing() {
    let splitter = TextSplitter(limit: 100) { $0.utf8.count }
    #expect(splitter.beginning("short") == "short")
    let text = splitter.beginning("```sh\n" + String(repeating: "make\n", count: 40))
    #expect(text.hasPrefix("```sh\nmake\n") && text.hasSuffix("…") && text.utf8.count <= 100)
    #expect(Markdown(text).blocks.count == 2)
  }

  @Test(
    "hostile texts end in as many parts as they need, with few measurements",
    arguments: [
      "a", "`", "> ", "\u{301}", "\u{4E2D}", "[", "![[]()", "*a **b ", "- ", "| a ", "|-|-|\na\n", "<?",
      "```\n", "~~~x\n- ",
      "\u{1F1E9}", "\u{1F468}\u{200D}", "\r", " \n", "http://", "a\u{301}\u{302} ", "\t", "&#", "\\",
    ])
  func hostile(_ piece: String) {
    let source = String(repeating: piece, count: 30_000 / piece.utf8.count)
    var count = 0
    let measure = TextSplitter.discord.measure
    let splitter = TextSplitter(limit: 2000) {
      count += 1
      return measure($0)
    }
    let parts = splitter.split(source)
    #expect(parts.map(\.slice).joined().utf8.elementsEqual(source.utf8))
    #expect(parts.count <= 64)
    #expect(count <= parts.count * 12 + 10)
    #expect(parts.allSatisfy { measure($0.markdown) <= 2000 })
  }
}
