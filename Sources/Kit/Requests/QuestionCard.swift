internal import Settings
internal import Store
internal import System
internal import Text

/// What a person reads when an agent asks something: marked as the agent's own.
enum QuestionCard {
  private static let textLimit = 3000
  private static let optionLimit = 300

  static func content(_ question: Question, _ row: RequestRow, _ language: Language) -> Card.Content {
    let words = QuestionWords.of(language)
    var content = Card.Content(title: words.asks(displayEscaped(row.agent)))
    let (shown, left) = Card.shortened(question.text, textLimit)
    content.matter = displayEscaped(shown).split(separator: "\n", omittingEmptySubsequences: false).map {
      "> \($0)"
    }
    if left > 0 { content.matter.append("> \(words.more(left))") }
    for (index, option) in question.options.enumerated() {
      let whole = option.detail.isEmpty ? option.label : "\(option.label): \(option.detail)"
      content.matter.append("\(index + 1)  \(displayEscaped(String(whole.prefix(optionLimit))))")
    }
    if row.chat == "group" { content.notes.append("\(words.asked) \(displayEscaped(row.person))") }
    let isDirect = row.chat == "direct"
    if !question.options.isEmpty {
      content.typed.append(words.choose(row.code, isDirect, question.isMultiple))
    }
    if question.takesText { content.typed.append(words.own(row.code)) }
    content.typed.append(words.decline(row.code, isDirect))
    content.typed.append(words.until(String(row.expires.description.prefix(16))))
    return content
  }
}

/// The words of questions, a value a language.
struct QuestionWords {
  let asks: (String) -> String
  let more: (Int) -> String
  let asked: String
  let choose: (String, Bool, Bool) -> String
  let own: (String) -> String
  let decline: (String, Bool) -> String
  let until: (String) -> String

  static func of(_ language: Language) -> QuestionWords {
    switch language {
    case .en:
      QuestionWords(
        asks: { "\($0) asks (these are the agent's words; no answer to them allows anything):" },
        more: { "[\($0) more bytes are not shown]" }, asked: "Asked for by",
        choose: { code, isDirect, isMultiple in
          let several = isMultiple ? ", several as 1,2" : ""
          return isDirect ? "Answer: the number\(several)" : "Answer: \(code) and the number\(several)"
        },
        own: { "In your own words: \($0) and the words, or a reply to this message" },
        decline: { code, isDirect in
          isDirect ? "No answer: n" : "No answer: n \(code)"
        },
        until: { "Without an answer by \($0) UTC the agent is told that there is none." })
    case .zh:
      QuestionWords(
        asks: { "\($0) 提问（以下是智能体自己的话；回答不会授权任何操作）：" },
        more: { "[还有 \($0) 字节未显示]" }, asked: "发起人",
        choose: { code, isDirect, isMultiple in
          let several = isMultiple ? "，可多选，如 1,2" : ""
          return isDirect ? "请回答：选项编号\(several)" : "请回答：\(code) 加选项编号\(several)"
        },
        own: { "用自己的话回答：\($0) 加内容，或直接回复本消息" },
        decline: { code, isDirect in isDirect ? "不回答：n" : "不回答：n \(code)" },
        until: { "若在 \($0) UTC 之前无人回答，将告知智能体没有答案。" })
    }
  }
}
