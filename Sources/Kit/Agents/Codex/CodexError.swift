internal import JSON

/// Why codex could not do what it was asked, in words for the chat.
struct CodexError {
  /// The code of the error line.
  let code: String
  /// What happened and what to do.
  let text: String

  private static let limit = 1500

  /// An error of a turn: `message`, `codexErrorInfo`, `additionalDetails`.
  init(_ error: JSONValue, agent: String) {
    let info = error["codexErrorInfo"]
    let kind = info?.string ?? info?.object?.members.first?.name ?? "other"
    let status = info?.object?.members.first?.value["httpStatusCode"]?.int ?? Self.status(error)
    let said = Self.words(error)
    switch (kind, status) {
    case ("unauthorized", _), (_, 401?), (_, 403?):
      code = "login"
      text =
        "\(agent) is not logged in, or its key is refused: run `codex login` once in a terminal. It says: \(said)"
    case ("usageLimitExceeded", _), ("sessionBudgetExceeded", _):
      code = "usage_limit"
      text = "\(agent) has used up what its account allows: try again later. It says: \(said)"
    case ("rateLimitExceeded", _), (_, 429?):
      code = "rate_limit"
      text = "The model of \(agent) refuses because of too many requests: try again later. It says: \(said)"
    case ("serverOverloaded", _), ("flexUnavailable", _), (_, 503?), (_, 529?):
      code = "overloaded"
      text = "The model of \(agent) is overloaded: try again later. It says: \(said)"
    case ("contextWindowExceeded", _):
      code = "context"
      text =
        "The conversation is too long for the model of \(agent): begin a new one with /new. It says: \(said)"
    case ("sandboxError", _):
      code = "sandbox"
      text = "The sandbox of \(agent) does not work here: see agim doctor. It says: \(said)"
    default:
      code = "model"
      text = "\(agent) could not go on: \(said)"
    }
  }

  /// What the error says, where it is the body of an answer only its message.
  private static func words(_ error: JSONValue) -> String {
    var text = error["message"]?.string ?? "no reason given"
    if text.utf8.first == UInt8(ascii: "{"), let body = try? JSONReader.parse(Array(text.utf8)) {
      text = body["error"]?["message"]?.string ?? body["message"]?.string ?? body["detail"]?.string ?? text
    }
    if let more = error["additionalDetails"]?.string, !more.isEmpty { text += " (\(more))" }
    return text.utf8.count <= limit ? text : String(text.prefix(limit)) + " …"
  }

  /// A status that stands only in the words: "unexpected status 401 Unauthorized", "exceeded retry limit,
  /// last status: 429 Too Many Requests".
  private static func status(_ error: JSONValue) -> Int? {
    let words = (error["message"]?.string ?? "").utf8.prefix(4000)
      .split { !($0 >= 0x30 && $0 <= 0x39) && !($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) }
    for (index, word) in words.enumerated() where word.elementsEqual("status".utf8) {
      guard index + 1 < words.count else { break }
      if let number = Int(String(Substring(words[index + 1]))), (400..<600).contains(number) { return number }
    }
    return nil
  }
}
