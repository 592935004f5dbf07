package import Console
internal import Delivery
internal import JSON
internal import Network
package import Stage
internal import TelegramWire

/// Whether an account works, and which files it takes.
extension TelegramMessenger: Checkable, FileChecking {
  package func check(_ done: @escaping (Result<[String], Failure>) throws -> Void) throws {
    outlet.ask("getMe") { [self] result in
      switch result {
      case .failure(let failure): try done(.failure(problem(failure)))
      case .success(let me):
        guard let username = me["username"]?.string else {
          return try done(.failure(Failure(.unavailable, "the server's answer is not one of the Bot API")))
        }
        var lines = ["the token is that of the bot @\(username)"]
        if me["can_read_all_group_messages"]?.bool == true {
          lines.append("it gets everything that is said in its groups (privacy mode is off)")
        } else {
          lines.append("in groups it gets what mentions, commands or answers it (privacy mode is on)")
        }
        if me["can_join_groups"]?.bool == false { lines.append("it cannot be added to groups") }
        outlet.ask("getWebhookInfo") { result in
          if case .success(let info) = result { lines += Self.webhook(info) }
          try done(.success(lines))
        }
      }
    }
  }

  private static func webhook(_ info: JSONValue) -> [String] {
    guard let url = info["url"]?.string, !url.isEmpty else { return [] }
    // Its path may be somebody's secret.
    let host = (try? WebAddress(url))?.origin ?? "somewhere"
    let waiting = info["pending_update_count"]?.int ?? 0
    let trouble = info["last_error_message"]?.string.map { "; the last error there: \($0)" } ?? ""
    return [
      "it has a webhook at \(host) with \(waiting) updates waiting\(trouble); 'agim-recv telegram' without --listen removes it"
    ]
  }

  private func problem(_ failure: CallFailure) -> Failure {
    let words = outlet.bot.words(failure)
    if failure.kind == .unauthorized {
      return Failure(.configuration, words, hint: "BotFather shows a bot's token, and makes a new one")
    }
    return Failure(failure.isTemporary ? .temporary : .notPermitted, words)
  }

  package func refusal(of file: Attachment) -> String? {
    let limit = outlet.bot.isCloud ? 50 : 2000
    if file.size == 0 { return "Telegram takes no empty files" }
    return file.size > limit << 20 ? "Telegram takes files of at most \(limit) MB" : nil
  }
}
