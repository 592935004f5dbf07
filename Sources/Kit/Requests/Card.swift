internal import JSON
package import Settings
package import Store
internal import System
internal import Text

/// What a person reads before saying yes or no: made from the request's row, the tool and its input first.
package enum Card {
  private static let inputLimit = 1500
  private static let wordsLimit = 400

  /// The text of a request's card.
  package static func text(_ row: RequestRow, _ language: Language) -> String {
    if let question = Question(row) { return QuestionCard.text(question, row, language) }
    let words = CardWords.of(language)
    var lines: [String] = []
    let agent = displayEscaped(row.agent)
    lines.append(row.tool == "Bash" ? words.runs(agent) : "\(words.wants(agent)) \(displayEscaped(row.tool))")
    let (shown, left) = shortened(matter(row), inputLimit)
    lines += displayEscaped(shown).split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
    if left > 0 { lines.append("  \(words.more(left))") }
    if !row.isComplete { lines.append(words.incomplete) }
    lines.append("\(words.place) \(displayEscaped(row.workdir))")
    // No message caused it: a person started the agent, and has walked away from it.
    if row.parent == nil { lines.append(words.terminal(displayEscaped(row.person))) }
    lines.append("\(words.why) \(displayEscaped(row.reason)) [\(row.rule)]")
    if row.chat == "group", row.parent != nil { lines.append("\(words.asked) \(displayEscaped(row.person))") }
    lines.append(words.answers(row.code, row.chat == "direct", row.proposal != nil))
    lines.append(words.until(String(row.expires.description.prefix(16)), String(row.digest.prefix(12))))
    if let said = row.words, !said.isEmpty {
      let (shown, left) = shortened(said, wordsLimit)
      lines.append(words.own)
      lines += displayEscaped(shown).split(separator: "\n", omittingEmptySubsequences: false).map {
        "  > \($0)"
      }
      if left > 0 { lines.append("  > \(words.more(left))") }
    }
    return lines.joined(separator: "\n")
  }

  /// Says that secrets were taken out of a card.
  package static func hidden(_ language: Language) -> String { CardWords.of(language).hidden }

  /// What is asked for, as people write it: a command as it would be typed, everything else as its members.
  package static func matter(_ row: RequestRow) -> String {
    if let question = Question(row) { return question.text }
    guard let input = try? JSONReader.parse(row.input).object else {
      return String(decoding: row.input, as: UTF8.self)
    }
    if let command = input["command"]?.string {
      let rest = input.members.filter { !["command", "description", "timeout"].contains($0.name) }
      return rest.isEmpty ? command : command + "\n" + rest.map(member).joined(separator: "\n")
    }
    return input.members.map(member).joined(separator: "\n")
  }

  private static func member(_ name: String, _ value: JSONValue) -> String {
    if let text = value.string { return "\(name): \(text)" }
    var json = JSONWriter()
    json.value(value)
    return "\(name): \(String(decoding: json.bytes, as: UTF8.self))"
  }

  static func shortened(_ text: String, _ limit: Int) -> (String, Int) {
    let shown = text.prefix(limit)
    return (String(shown), text.utf8.count - shown.utf8.count)
  }
}

/// The words of cards, a value a language.
package struct CardWords {
  /// That an agent does not wait any more for what a card asks.
  package static func withdrawn(_ row: RequestRow, _ language: Language) -> String {
    switch language {
    case .en: "Request \(row.code) was withdrawn: the work was interrupted, and the agent asks anew."
    case .zh: "请求 \(row.code) 已撤回：工作曾被中断，智能体会重新询问。"
    }
  }

  let runs: (String) -> String
  let wants: (String) -> String
  let more: (Int) -> String
  let incomplete: String
  let place: String
  let terminal: (String) -> String
  let why: String
  let asked: String
  let answers: (String, Bool, Bool) -> String
  let until: (String, String) -> String
  let own: String
  let hidden: String

  static func of(_ language: Language) -> CardWords {
    switch language {
    case .en: english
    case .zh: chinese
    }
  }

  private static var english: CardWords {
    CardWords(
      runs: { "\($0) wants to run" },
      wants: { "\($0) wants to use" },
      more: { "[\($0) more bytes are not shown; the digest covers all of it]" },
      incomplete: "Not all of its input is known: this can be allowed once, never for good.",
      place: "in", terminal: { "started at a terminal by \($0)" }, why: "Asked because:",
      asked: "Asked for by",
      answers: { code, isDirect, isGrantable in
        let more = isGrantable ? ", \(isDirect ? "session, always" : "session \(code), always \(code)")" : ""
        return isDirect
          ? "Answer: y, n\(more)  (with more than one waiting: y \(code) ...)"
          : "Answer: y \(code), n \(code)\(more)"
      },
      until: { "Denied without an answer by \($0) UTC. Digest \($1)." },
      own: "The agent's own words:",
      hidden: "[Secrets were taken out of this text; the digest covers them.]")
  }

  private static var chinese: CardWords {
    CardWords(
      runs: { "\($0) 想运行" },
      wants: { "\($0) 想使用" },
      more: { "[还有 \($0) 字节未显示；摘要涵盖全部内容]" },
      incomplete: "它的输入并不完全可知：只能允许一次，不能长期允许。",
      place: "目录", terminal: { "由 \($0) 在终端启动" }, why: "询问原因：", asked: "发起人",
      answers: { code, isDirect, isGrantable in
        let more = isGrantable ? (isDirect ? "、本次会话、总是" : "、本次会话 \(code)、总是 \(code)") : ""
        return isDirect
          ? "请回答：y、n\(more)（有多个请求时：y \(code) 等）" : "请回答：y \(code)、n \(code)\(more)"
      },
      until: { "若在 \($0) UTC 之前无人回答即拒绝。摘要 \($1)。" },
      own: "智能体自己的话：",
      hidden: "[已隐去文本中的机密；摘要涵盖它们。]")
  }
}
