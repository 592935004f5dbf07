package import Gate
package import Settings
internal import Store
internal import Text

/// What people are told about their answers.
package enum ApproveWords {
  /// The reply; nil where what follows says it all.
  package static func reply(to heard: Heard, _ language: Language) -> String? {
    let isChinese = language == .zh
    switch heard {
    case .ordinary: return nil
    case .settled(_, let granted, let couldNotGrant):
      if couldNotGrant {
        return isChinese
          ? "仅允许这一次：这个操作不能长期允许。" : "Allowed this once only: this cannot be granted for longer."
      }
      guard let granted else { return nil }
      return isChinese
        ? "已长期允许（\(granted)）。撤销：agim-approve revoke 编号"
        : "Granted (\(displayEscaped(granted))). To take it back: agim-approve revoke NUMBER"
    case .late(let row):
      return isChinese
        ? "太晚了：请求 \(row.code) 已经了结（\(fate(row, language))）。这个回答不起作用。"
        : "Too late: request \(row.code) was settled before (\(fate(row, language))). This answer changes nothing."
    case .repeated(let row):
      return isChinese
        ? "你已经这样回答过请求 \(row.code) 了。" : "You have given this answer to request \(row.code) already."
    case .unknown(let code):
      return isChinese
        ? "没有编号为 \(displayEscaped(String(code.prefix(64)))) 的请求。"
        : "There is no request \(displayEscaped(String(code.prefix(64))))."
    case .ambiguous(let rows):
      let codes = rows.map(\.code).joined(separator: ", ")
      return isChinese
        ? "有 \(rows.count) 个请求在等待：请带上编号回答（\(codes)）。"
        : "\(rows.count) requests are waiting: answer with the code of the one you mean (\(codes))."
    case .needsCode(let row) where row.kind == RequestRow.question:
      return isChinese
        ? "只有紧跟在问题之后的单个词才算数。请带上编号回答：\(row.code) 加内容"
        : "A word alone counts only right after the question was shown. Answer with the code: \(row.code) and the "
          + "answer"
    case .needsCode(let row):
      return isChinese
        ? "只有紧跟在请求之后的单个词才算数。请带上编号回答：y \(row.code) 或 n \(row.code)"
        : "A word alone counts only right after the request was shown. Answer with the code: "
          + "y \(row.code) or n \(row.code)"
    case .unclear(let row) where row.kind == RequestRow.question:
      return isChinese
        ? "这不是对问题 \(row.code) 的回答：请给出选项编号，或用自己的话。"
        : "That is no answer to question \(row.code): give the number of an option, or words of your own "
          + "where it takes them."
    case .unclear: return nil
    case .notApprover(let row) where row.kind == RequestRow.question:
      return isChinese
        ? "问题 \(row.code) 不是问你的。"
        : "Question \(row.code) is not for you: its person or an approver answers it."
    case .notApprover(let row):
      return isChinese
        ? "你无权回答请求 \(row.code)。" : "You may not answer request \(row.code): only approvers can."
    }
  }

  private static func fate(_ row: RequestRow, _ language: Language) -> String {
    switch (row.state, language) {
    case (.allowed, .zh), (.used, .zh): "已允许"
    case (.denied, .zh): "已拒绝"
    case (.expired, .zh): "无人回答，已拒绝"
    case (_, .zh): "不再需要"
    case (.allowed, _), (.used, _): "allowed"
    case (.denied, _): "denied"
    case (.expired, _), (.pending, _): "denied, because nobody answered"
    case (.void, _): "not needed any more"
    }
  }
}
