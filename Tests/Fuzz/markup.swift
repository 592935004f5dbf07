// Feeds any text to the Markdown parser, to every form and to the splitter. Built by build-markup.sh:
// libFuzzer brings its own main function.

import Markup

/// Ends the process so that libFuzzer keeps the input.
private func demand(_ condition: Bool, _ rule: StaticString) {
  precondition(condition, "broken rule: \(rule)")
}

private var splitters: [TextSplitter] {
  [
    TextSplitter(limit: 30, isNumbered: false) { $0.utf8.count },
    TextSplitter(limit: 120, unit: .utf16) { $0.telegram.visible },
    TextSplitter(limit: 200, unit: .bytes) { $0.feishuMarkdown },
  ]
}

/// Writes one input in every form.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMarkup(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let source = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  let text = Markdown(source)
  let telegram = text.telegram
  demand(telegram.html.utf8.count >= telegram.visible.utf8.count, "markup is added to what is seen")
  for form in [
    text.plain, text.slack, text.discord, text.dingtalk, text.wecom, text.wecomV2, text.commonMark,
    text.emailText,
    text.emailHTML, text.feishuMarkdown, text.feishuMarkdownOne,
  ] {
    demand(form.utf8.count <= 2000 + 200 * count, "a form is not much longer than its source")
  }
  let slack = Array(text.slack.utf8)
  demand(!zip(slack, slack.dropFirst()).contains { $0 == 0x3C && $1 == 0x21 }, "nothing notifies everybody")
  _ = text.feishuElements()
  _ = text.feishuPost()
  for splitter in splitters {
    let parts = splitter.split(source)
    demand(parts.map(\.slice).joined().utf8.elementsEqual(source.utf8), "the slices are the source")
    for part in parts {
      demand(
        part.slice.unicodeScalars.count <= 1 || part.slice.count <= 1
          || splitter.measure(part.markdown) <= splitter.limit,
        "a part fits")
    }
  }
  return 0
}
