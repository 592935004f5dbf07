internal import JSON
package import Settings
package import Store
internal import System
internal import Text

/// What a person reads before saying yes or no: made from the request's row, the tool and its input first.
package enum Card {
  private static let inputLimit = 1500
  private static let wordsLimit = 400

  /// What stands on a card, in the order in which it is read.
  package struct Content: Equatable, Sendable {
    /// Who wants what.
    package var title: String
    /// What is asked for, line by line, escaped.
    package var matter: [String] = []
    /// Where, why, and what else is known.
    package var notes: [String] = []
    /// How it is answered by typing, and until when.
    package var typed: [String] = []
    /// The agent's own words, marked as such.
    package var words: [String] = []
  }

  /// The text of a request's card.
  package static func text(_ row: RequestRow, _ language: Language) -> String {
    let content = content(row, language)
    return
      ([content.title] + content.matter.map { "  \($0)" } + content.notes + content.typed + content.words)
      .joined(separator: "\n")
  }

  /// What stands on a request's card.
  package static func content(_ row: RequestRow, _ language: Language) -> Content {
    if let question = Question(row) { return QuestionCard.content(question, row, language) }
    let words = CardWords.of(language)
    let agent = displayEscaped(row.agent)
    var content = Content(
      title: row.tool == "Bash" ? words.runs(agent) : "\(words.wants(agent)) \(displayEscaped(row.tool))")
    let (shown, left) = shortened(matter(row), inputLimit)
    content.matter = displayEscaped(shown).split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
    if left > 0 { content.matter.append(words.more(left)) }
    if !row.isComplete { content.notes.append(words.incomplete) }
    content.notes.append("\(words.place) \(displayEscaped(row.workdir))")
    // No message caused it: a person started the agent, and has walked away from it.
    if row.parent == nil { content.notes.append(words.terminal(displayEscaped(row.person))) }
    content.notes.append("\(words.why) \(displayEscaped(row.reason)) [\(row.rule)]")
    if row.chat == "group", row.parent != nil {
      content.notes.append("\(words.asked) \(displayEscaped(row.person))")
    }
    content.typed.append(words.answers(row.code, row.chat == "direct", row.proposal != nil))
    content.typed.append(
      words.until(String(row.expires.description.prefix(16)), String(row.digest.prefix(12))))
    if let said = row.words, !said.isEmpty {
      let (shown, left) = shortened(said, wordsLimit)
      content.words.append(words.own)
      content.words += displayEscaped(shown).split(separator: "\n", omittingEmptySubsequences: false).map {
        "  > \($0)"
      }
      if left > 0 { content.words.append("  > \(words.more(left))") }
    }
    return content
  }

  /// The choices that a request leaves, as an `answer` line says them, with what stands on their buttons.
  package static func choices(_ row: RequestRow, _ language: Language) -> [(word: String, label: String)] {
    let labels = CardWords.labels(language)
    if let question = Question(row) {
      let options = question.options.enumerated().map {
        ("\($0 + 1)", displayEscaped(String($1.label.prefix(40))))
      }
      return options + [("decline", labels.decline)]
    }
    let yes = [("once", labels.once)]
    let more = row.proposal == nil ? [] : [("session", labels.session), ("always", labels.always)]
    return yes + more + [("deny", labels.deny)]
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
  /// What stands on buttons.
  struct Labels {
    let once, session, always, deny, decline: String
  }

  static func labels(_ language: Language) -> Labels {
    switch language {
    case .en:
      Labels(
        once: "Allow once", session: "Allow in this session", always: "Always allow", deny: "Deny",
        decline: "No answer")
    case .zh:
      Labels(once: "允许一次", session: "本次会话允许", always: "总是允许", deny: "拒绝", decline: "不回答")
    }
  }

  /// How a request was settled, and by whom; nil while it is open.
  package static func outcome(_ row: RequestRow, _ language: Language) -> String? {
    let by = displayEscaped(row.by ?? "")
    let time = String(row.since.description.prefix(16))
    let isQuestion = row.kind == RequestRow.question
    switch (row.state, language) {
    case (.pending, _): return nil
    case (.allowed, .en), (.used, .en):
      let scope = row.scope == "session" ? " in this session" : row.scope == "always" ? " always" : " once"
      return isQuestion ? "Answered by \(by), \(time) UTC" : "Allowed\(scope) by \(by), \(time) UTC"
    case (.allowed, .zh), (.used, .zh):
      let scope = row.scope == "session" ? "（本次会话）" : row.scope == "always" ? "（总是）" : "（一次）"
      return isQuestion ? "\(by) 已回答，\(time) UTC" : "\(by) 已允许\(scope)，\(time) UTC"
    case (.denied, .en):
      return isQuestion ? "Declined by \(by), \(time) UTC" : "Denied by \(by), \(time) UTC"
    case (.denied, .zh): return isQuestion ? "\(by) 不回答，\(time) UTC" : "\(by) 已拒绝，\(time) UTC"
    case (.expired, .en): return "Nobody answered in time (\(time) UTC)"
    case (.expired, .zh): return "无人及时回答（\(time) UTC）"
    case (_, .en): return "Withdrawn (\(time) UTC)"
    case (_, .zh): return "已撤回（\(time) UTC）"
    }
  }

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
