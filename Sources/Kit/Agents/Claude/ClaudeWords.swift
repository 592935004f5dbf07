internal import JSON

/// What the program does and says, in words for the chat.
enum ClaudeWords {
  /// What a use of a tool is called in an `action` line: the tool and its main operand.
  static func title(_ tool: String, _ input: JSONValue) -> String {
    for name in [
      "command", "file_path", "notebook_path", "path", "url", "query", "pattern", "description", "skill",
      "prompt",
    ] {
      guard let operand = input[name]?.string, !operand.isEmpty else { continue }
      return "\(tool): \(short(operand, 120))"
    }
    return tool
  }

  /// The beginning of the first line of a text.
  static func short(_ text: String, _ limit: Int) -> String {
    let line =
      text.split(maxSplits: 1, omittingEmptySubsequences: true, whereSeparator: \.isNewline).first ?? ""
    let isWhole = line.utf8.count == text.utf8.count && line.count <= limit
    return isWhole ? String(line) : "\(line.prefix(limit))…"
  }

  /// Why a turn failed that ended with an error: a stable code, and what to do.
  static func failure(_ result: JSONValue, kind: String?, agent: String) -> (code: String, text: String) {
    let status = result["api_error_status"]?.int
    let errors = (result["errors"]?.array ?? []).compactMap(\.string)
    let said = short(result["result"]?.string ?? errors.first ?? "no words", 500)
    switch (status, kind) {
    case (401, _), (403, _), (_, "authentication_failed"?), (_, "oauth_org_not_allowed"?):
      return (
        "login",
        "\(agent) is not logged in, or its login has ended (\(said)). Run `claude` once in a terminal on this "
          + "machine and log in, or give it ANTHROPIC_API_KEY under \"env\" in config.json."
      )
    case (_, "billing_error"?):
      return ("billing", "The model's service refuses for lack of credit: \(said)")
    case (429, _), (_, "rate_limit"?):
      return (
        "rate_limit",
        "The model's service refuses for now, as its limit is reached: \(said). Try again later."
      )
    case (_?, _) where (status ?? 0) >= 500, (_, "overloaded"?), (_, "server_error"?):
      return (
        "overloaded",
        "The model's service is overloaded or out of order: \(said). Send the message again later."
      )
    default: break
    }
    switch result["subtype"]?.string {
    case "error_max_turns"?: return ("max_turns", "\(agent) stopped: it reached its limit of steps.")
    case "error_max_budget_usd"?: return ("max_budget", "\(agent) stopped: it reached its limit of cost.")
    default: return ("agent_error", "\(agent) failed: \(said)")
    }
  }
}
