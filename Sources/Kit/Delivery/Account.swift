package import Console
package import JSON
package import Settings

/// One account on a chat platform: from the configuration, or from the platform's usual variables.
package final class Account: CustomStringConvertible {
  /// What is known about its platform.
  package let facts: PlatformFacts
  /// The account on the platform; empty for the only one.
  package let account: String
  /// What was looked up so far and must never be shown.
  package private(set) var secrets: [String] = []
  /// Called with each secret that is looked up.
  package var onSecret: (String) -> Void = { _ in }

  private let settings: Settings
  private let configured: AccountSettings?

  /// The account that a platform's name and an account's name mean.
  ///
  /// - Throws: `Failure` with status 78 where there is none, it is switched off, or it has keys that its
  ///   platform does not know.
  package init(_ facts: PlatformFacts, account: String, settings: Settings) throws {
    self.facts = facts
    self.account = account
    self.settings = settings
    configured = settings.accounts.first { facts.isCalled($0.platform) && $0.account == account }
    if let configured {
      guard configured.isEnabled else {
        throw Failure(
          .configuration, "account \"\(configured.key)\" is switched off",
          hint: "it says \"enabled\": false in config.json")
      }
      try configured.check(known: facts.keys.contains("to") ? facts.keys : facts.keys + ["to"])
    }
    for alternatives in facts.needs where !alternatives.contains(where: isGiven) {
      throw missing(alternatives)
    }
  }

  /// Its name as the configuration and addresses write it.
  package var name: String { configured?.key ?? (account.isEmpty ? facts.name : "\(facts.name)@\(account)") }
  /// Its name.
  package var description: String { name }

  /// Whether a key has a value, in the file or by its usual variable.
  package func isGiven(_ key: String) -> Bool { configured?.values[key] != nil || variable(key) != nil }

  /// Whether nothing at all is known about it.
  package var isUnknown: Bool { configured == nil && !facts.keys.contains { variable($0) != nil } }

  private func variable(_ key: String) -> String? {
    // The variables are those of the only account.
    guard account.isEmpty, let name = facts.variables[key] else { return nil }
    return settings.variable(name)
  }

  /// The text of a key; nil when it has none.
  ///
  /// - Throws: `Failure` with status 78.
  package func text(_ key: String) throws -> String? { try configured?.text(key) ?? variable(key) }

  /// The value of a key as it stands in the file; nil when it is not there.
  package func value(_ key: String) -> JSONValue? { configured?.values[key] }

  /// The whole number of a key; nil when it has none.
  ///
  /// - Throws: `Failure` with status 78.
  package func number(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let value = value(key) else { return nil }
    guard let number = value.int, range.contains(number) else {
      throw failure(key, "expected a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// The flag of a key; nil when it has none.
  ///
  /// - Throws: `Failure` with status 78.
  package func flag(_ key: String) throws -> Bool? {
    guard let value = value(key) else { return nil }
    guard let flag = value.bool else { throw failure(key, "expected true or false") }
    return flag
  }

  /// The texts of a key, a list or a single one; nil when it has none.
  ///
  /// - Throws: `Failure` with status 78.
  package func texts(_ key: String) throws -> [String]? {
    guard let value = value(key) else { return nil }
    if let text = value.string, !text.isEmpty { return [text] }
    let texts = value.array?.map { $0.string ?? "" }
    guard let texts, !texts.contains("") else { throw failure(key, "expected a list of texts") }
    return texts
  }

  /// The milliseconds of a key that is a duration such as `15m`; nil when it has none.
  ///
  /// - Throws: `Failure` with status 78.
  package func milliseconds(_ key: String) throws -> Int64? {
    guard let text = try text(key) else { return nil }
    guard let time = DurationText.parse(text) else {
      throw failure(key, "expected a duration such as 30s, 15m or 2h")
    }
    return time.milliseconds
  }

  /// The secret of a key, looked up; nil when it has none.
  ///
  /// - Throws: `Failure` with status 78 or 69 that names account and key, never the value.
  package func secret(_ key: String) throws -> String? {
    guard
      let secret = try configured?.credential(key)?.resolve(environment: settings.environment)
        ?? variable(key)
    else { return nil }
    if !secrets.contains(secret) {
      secrets.append(secret)
      onSecret(secret)
    }
    return secret
  }

  /// The text of a key that must be there.
  ///
  /// - Throws: `Failure` with status 78 that says what to write.
  package func need(_ key: String) throws -> String {
    guard let text = try text(key) else { throw missing([key]) }
    return text
  }

  /// The secret of a key that must be there.
  ///
  /// - Throws: `Failure` with status 78 that says what to write.
  package func needSecret(_ key: String) throws -> String {
    guard let secret = try secret(key) else { throw missing([key]) }
    return secret
  }

  /// The address of a key, without a slash at its end: `https`, or `http` to this machine or where the
  /// account says `"insecure": true`.
  ///
  /// - Throws: `Failure` with status 78.
  package func url(_ key: String, default standard: String) throws -> String {
    var url = try text(key) ?? standard
    while url.last == "/" { url.removeLast() }
    let isPlain = url.hasPrefix("http://")
    guard isPlain || url.hasPrefix("https://"), !url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
      throw failure(key, "expected an address that begins with https://")
    }
    guard isPlain, try flag("insecure") != true else { return url }
    let rest = url.dropFirst("http://".count)
    let host = rest.prefix { $0 != "/" && $0 != "?" }
    let isHere = ["127.0.0.1", "localhost", "[::1]"].contains { host == $0 || host.hasPrefix("\($0):") }
    guard isHere else {
      throw failure(
        key, "what goes to \(host) could be read on its way",
        hint: "write https://, or \"insecure\": true if you know that the way is safe")
    }
    return url
  }

  /// A failure with status 78 about the value of a key.
  package func failure(_ key: String, _ message: String, hint: String? = nil) -> Failure {
    configured?.values[key] == nil
      ? Failure(.configuration, "\(facts.variables[key] ?? key): \(message)", hint: hint)
      : configured?.failure(key, message, hint: hint) ?? Failure(.configuration, message, hint: hint)
  }

  private func missing(_ keys: [String]) -> Failure {
    let words = keys.map { "\"\($0)\"" }.joined(separator: " or ")
    let variables = account.isEmpty ? keys.compactMap { facts.variables[$0] } : []
    let other = variables.isEmpty ? "" : ", or set \(variables.joined(separator: " or "))"
    return Failure(
      .configuration, "account \"\(name)\" has no \(words)",
      hint: "write it into \"accounts\" of config.json\(other); see \(facts.page)")
  }
}

extension Account {
  /// The secrets that stand in the configuration or the environment themselves, of every account: known
  /// without starting a program or reading a file.
  package static func plainSecrets(_ platforms: [PlatformFacts], _ settings: Settings) -> [String] {
    var found: [String] = []
    for facts in platforms {
      for key in facts.secrets {
        if let name = facts.variables[key], let value = settings.variable(name) { found.append(value) }
        for account in settings.accounts where facts.isCalled(account.platform) {
          guard case .literal(let value, _)? = try? account.credential(key) else { continue }
          found.append(value)
        }
      }
    }
    return found
  }
}
