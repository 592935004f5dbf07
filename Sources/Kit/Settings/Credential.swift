internal import Console
package import JSON

/// Where a secret comes from; the secret itself only exists once it is resolved.
package enum Credential: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
  /// The secret stands in the configuration.
  case literal(String, Owner)
  /// A variable of the environment or the `env` file holds it.
  case variable(String, Owner)
  /// A file holds it; absolute, or below `~`.
  case file(String, Owner)
  /// The first line that a program prints is it.
  case command([String], Owner)
  /// A systemd credential holds it: a file in `$CREDENTIALS_DIRECTORY`.
  case systemd(String, Owner)

  /// The account and key that a credential belongs to, for messages.
  package struct Owner: Equatable, Sendable, CustomStringConvertible {
    /// The key in `accounts`.
    package let account: String
    /// The key in the account.
    package let key: String
    /// An owner.
    package init(account: String, key: String) {
      self.account = account
      self.key = key
    }
    /// Both, as messages name them.
    package var description: String { ([.name("accounts"), .name(account), .name(key)] as Place).words }
  }

  /// Reads `"text"`, `{"env": NAME}`, `{"file": PATH}`, `{"command": [..]}` or `{"credential": NAME}`.
  ///
  /// - Throws: `Failure` with status 78 that names account and key, never the value.
  package static func parse(_ value: JSONValue, account: AccountSettings, key: String) throws -> Credential {
    let owner = Owner(account: account.key, key: key)
    if let text = value.string, !text.isEmpty { return .literal(text, owner) }
    guard let members = value.object?.members else {
      throw account.failure(key, "expected \(forms), found \(ConfigDocument.kind(of: value))")
    }
    guard members.count == 1, let member = members.first else {
      throw account.failure(key, "expected \(forms), found an object of \(members.count) members")
    }
    let text = member.value.string ?? ""
    switch member.name {
    case "env" where Names.isVariable(text): return .variable(text, owner)
    case "file" where !text.isEmpty: return .file(account.resolve(path: text), owner)
    case "credential" where isFileName(text): return .systemd(text, owner)
    case "command":
      let words = member.value.array?.map(\.string) ?? []
      if let program = words.first, program?.isEmpty == false, !words.contains(nil) {
        return .command(words.compactMap(\.self), owner)
      }
    default: break
    }
    guard let form = allowed.first(where: { $0.name == member.name }) else {
      let near = Nearest.match(member.name, among: allowed.map(\.name))
      throw account.failure(
        key, "expected \(forms), found the key \(Shown.quoted(member.name))",
        hint: near.map { "did you mean \"\($0)\"?" })
    }
    throw account.failure(key, "\"\(form.name)\": expected \(form.value)")
  }

  /// Where it comes from, without the secret.
  package var description: String {
    switch self {
    case .literal: "a literal"
    case .variable(let name, _): "variable \(name)"
    case .file(let path, _): "file \(Shown.path(path))"
    case .command(let words, _): "command \(Shown.quoted(words.first ?? ""))"
    case .systemd(let name, _): "credential \(Shown.quoted(name))"
    }
  }

  /// Where it comes from, without the secret.
  package var debugDescription: String { description }

  private static let forms =
    "a string that is not empty or one of {\"env\"}, {\"file\"}, {\"command\"}, {\"credential\"}"

  private static let allowed = [
    (name: "env", value: "the name of a variable"),
    (name: "file", value: "a path"),
    (name: "command", value: "an array of strings, the first a program"),
    (name: "credential", value: "the name of a systemd credential"),
  ]

  private static func isFileName(_ name: String) -> Bool {
    (1...255).contains(name.utf8.count) && !name.utf8.contains(UInt8(ascii: "/")) && name != "."
      && name != ".."
  }
}
