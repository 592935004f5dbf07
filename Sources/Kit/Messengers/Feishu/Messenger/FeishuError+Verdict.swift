internal import FeishuWire
internal import Journal

extension FeishuError {
  /// What it means for what was to be sent.
  var verdict: FeishuVerdict {
    switch cause {
    case .network, .malformed: isTemporary ? .again : .refused
    case .status(let status): FeishuVerdict(status: status)
    case .code(let code, _): FeishuVerdict(code: code) ?? (isTemporary ? .again : .refused)
    }
  }

  /// What becomes of the delivery.
  var fate: Outcome {
    switch verdict {
    case .wait, .again, .token: .postponed(reason: description, after: retryAfter)
    default: .refused(reason: description + (hint.map { ": \($0)" } ?? ""))
    }
  }

  /// Whether it may work later.
  var isPassing: Bool { if case .postponed = fate { true } else { false } }

  /// Whether the content was the trouble.
  var isAboutContent: Bool { verdict == .unreadable || verdict == .tooLong }

  /// Whether the message cannot be answered, though something may be said in its chat.
  var isUnanswerable: Bool {
    if verdict == .unanswerable { return true }
    guard case .code(230_001, let words) = cause else { return false }
    // "Your request contains an invalid request parameter, ext=invalid message_id."
    return words.utf8.indices.contains { words.utf8[$0...].starts(with: "message_id".utf8) }
  }
}
