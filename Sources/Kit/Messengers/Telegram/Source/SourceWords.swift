internal import Settings

/// What the source itself says in a chat, a value a language.
struct SourceWords {
  let received: String
  let unknownButton: String
  let notFetched: (_ name: String, _ reason: String) -> String
  let tooLarge: (_ megabytes: Int) -> String

  static func of(_ language: Language) -> SourceWords {
    switch language {
    case .en:
      SourceWords(
        received: "Received.", unknownButton: "This button is no longer in use.",
        notFetched: { "[\($0) was not fetched: \($1)]" },
        tooLarge: { "it is larger than \($0) MB" })
    case .zh:
      SourceWords(
        received: "已收到。", unknownButton: "此按钮已失效。", notFetched: { "[未能取得 \($0)：\($1)]" },
        tooLarge: { "超过 \($0) MB" })
    }
  }
}
