/// Chinese: goals.
extension Chinese {
  package func say(_ phrase: WorkPhrase) -> String {
    switch phrase {
    case .goalIs(let text, let since, let notes, let more):
      (["本会话的目标（\(since) 起）：", text] + (more > 0 ? ["（还有 \(more) 条更早的记录）"] : [])
        + notes.map { "- \($0)" }).joined(separator: "\n")
    case .noGoal: "本会话没有目标。用 /goal set 内容 设定一个"
    case .goalSet(let text, let replaced):
      "目标已设定，今后每条消息前都会带上：\(text)" + (replaced.map { "\n取代了：\($0)" } ?? "")
    case .goalNoted: "已记录。"
    case .goalDone(let text): "目标已达成：\(text)"
    case .goalDropped(let text): "目标已放弃：\(text)"
    case .goalTooLong(let limit): "内容超过 \(limit) 字节，未作任何改动。"
    }
  }
}
