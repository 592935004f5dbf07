package import Console

extension FeishuError {
  /// What to do about one of Feishu's numbers.
  static func remedy(of code: Int) -> Remedy {
    switch code {
    case 99_991_400, 99_991_402, 11_020, 11_021, 11_232, 230_020: .slower
    case 99_991_661, 99_991_663, 99_991_664, 99_991_665, 99_991_668, 99_991_671, 99_991_677: .token
    case 99_991_543, 10_003, 10_012, 10_013, 10_014, 10_015: .credentials
    case 99_991_662, 99_991_673, 230_006: .app
    case 99_991_672, 99_991_679, 230_002, 230_013, 230_027: .permission
    case 230_011, 230_031, 230_072: .anew
    case 230_001, 230_022, 230_025, 230_028, 230_099: .content
    // System busy and internal errors, of the endpoint of the long connection and of the interface.
    case 1, 1_000_040_343, 2200, 230_049, 99_991_500...99_991_542, 55_000...55_999: .wait
    default: .nothing
    }
  }

  /// What somebody can do about it; nil where there is nothing to say.
  package var hint: String? {
    switch remedy {
    case .credentials:
      "check \"app_id\" and \"secret\" in config.json, and that \"base_url\" is Feishu or Lark"
    case .app: "publish the app and its bot in Feishu's console, and install it"
    case .permission:
      switch code {
      case 230_002: "add the bot to the chat"
      case 230_013: "add the person to those who may use the app, in Feishu's console"
      default: "give the app this permission in Feishu's console and publish a version; see agim-feishu(7)"
      }
    case .content: "Feishu does not take this content"
    case .anew, .nothing, .wait, .slower, .token: nil
    }
  }

  /// The end of a command that cannot work with this account; nil for what may work later, or for this one
  /// request only.
  ///
  /// `account` is its name in the configuration.
  package func failure(app: String, account: String) -> Failure? {
    switch remedy {
    case .credentials:
      return Failure(
        .configuration, "feishu: app id \(app) is refused (\(words))",
        hint: "check \"app_id\" and \"secret\" of account \"\(account)\" in config.json")
    case .app:
      return Failure(
        .notPermitted, "feishu: app id \(app) may not be used (\(words))",
        hint: "publish the app and its bot in Feishu's console, and install it")
    case .wait, .slower, .token, .permission, .anew, .content, .nothing: return nil
    }
  }

  /// Feishu's number and words.
  package var words: String {
    switch cause {
    case .code(let code, let words) where !words.isEmpty: "\(code): \(words.prefix(300))"
    case .code(let code, _): "\(code)"
    default: description
    }
  }
}
