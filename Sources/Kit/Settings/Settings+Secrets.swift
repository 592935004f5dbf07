internal import JSON

/// What of the configuration is secret and known without starting a program or reading a file.
extension Settings {
  /// The secrets of accounts, agents, models and servers, and the variables that their names call secrets.
  ///
  /// For what stores people's words: a value that is found in them is taken out, whatever its shape. What is
  /// too short to be told from a word is for the `Scrubber` to leave out.
  package var plainSecrets: [String] {
    var found = environment.filter { Self.isSecret($0.key) }.map(\.value)
    for account in accounts { found += Self.secrets(.object(account.values), nil, environment) }
    var credentials = agents.values.flatMap { [$0.token, $0.key] } + models.map(\.key)
    for model in models { credentials += model.headers.map(\.value) }
    for server in servers { credentials += server.values.map(\.value) }
    for credential in credentials.compactMap(\.self) {
      switch credential {
      case .literal(let value, _): found.append(value)
      case .variable(let name, _): found += environment[name].map { [$0] } ?? []
      case .file, .command, .systemd: break
      }
    }
    for env in agents.values.map(\.env) + models.map(\.env) {
      found += env.filter { Self.isSecret($0.key) }.map(\.value)
    }
    return Set(found).filter { !$0.isEmpty }.sorted()
  }

  private static func secrets(
    _ value: JSONValue, _ name: String?, _ environment: [String: String]
  ) -> [String] {
    switch value {
    case .string(let text): name.map(isSecret) == true ? [text] : []
    case .object(let object):
      object.members.flatMap { member in
        if member.name == "env", let variable = member.value.string {
          return environment[variable].map { [$0] } ?? []
        }
        return secrets(member.value, member.name, environment)
      }
    default: []
    }
  }

  /// Whether a name says that what it stands for is a secret: `bot_token`, `SMTP_PASSWORD`.
  static func isSecret(_ name: String) -> Bool {
    let words = name.lowercased().utf8.split { $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    guard let last = words.last else { return false }
    // The address of a robot or an incoming webhook is its key, and so is an account's plain `url`.
    if last.elementsEqual("url".utf8) {
      return words.count == 1 || words.dropLast().last.map(isAddressWord) == true
    }
    return secretWords.contains { $0.elementsEqual(last) }
  }

  private static func isAddressWord(_ word: Substring.UTF8View) -> Bool {
    word.elementsEqual("webhook".utf8) || word.elementsEqual("robot".utf8)
  }

  private static let secretWords = [
    "token", "secret", "password", "passwd", "passphrase", "key", "apikey", "webhook", "robot",
  ].map { Array($0.utf8) }
}
