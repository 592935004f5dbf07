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

  /// The account or agent and the key that a credential belongs to, for messages.
  package struct Owner: Equatable, Sendable, CustomStringConvertible {
    /// The place in `config.json`, as messages name it.
    package let description: String

    /// A key of an account.
    package init(account: String, key: String) {
      self.init([.name("accounts"), .name(account), .name(key)])
    }

    init(_ place: Place) { description = place.words }
  }

  /// Reads `"text"`, `{"env": NAME}`, `{"file": PATH}`, `{"command": [..]}` or `{"credential": NAME}`.
  ///
  /// - Throws: `Failure` with status 78 that names account and key, never the value.
  package static func parse(_ value: JSONValue, account: AccountSettings, key: String) throws -> Credential {
    try parse(value, Owner(account: account.key, key: key), base: account.base) {
      account.failure(key, $0, hint: $1)
    }
  }

  /// The same for any owner.
  ///
  /// - Parameters:
  ///   - value: What stands there.
  ///   - owner: The place.
  ///   - base: The directory of `config.json`.
  ///   - failure: Makes the failure of a message and a hint.
  /// - Returns: The credential, not yet looked up.
  /// - Throws: what `failure` makes.
  static func parse(
    _ value: JSONValue, _ owner: Owner, base: String, failure: (String, String?) -> Failure
  ) throws -> Credential {
    if let text = value.string, !text.isEmpty { return .literal(text, owner) }
    guard let members = value.object?.members else {
      throw failure("expected \(forms), found \(ConfigDocument.kind(of: value))", nil)
    }
    guard members.count == 1, let member = members.first else {
      throw failure("expected \(forms), found an object of \(members.count) members", nil)
    }
    let text = member.value.string ?? ""
    switch member.name {
    case "env" where Names.isVariable(text): return .variable(text, owner)
    case "file" where !text.isEmpty: return .file(resolve(path: text, base), owner)
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
      throw failure(
        "expected \(forms), found the key \(Shown.quoted(member.name))",
        near.map { "did you mean \"\($0)\"?" })
    }
    throw failure("\"\(form.name)\": expected \(form.value)", nil)
  }

  /// A path of the configuration: relative ones start at the directory of `config.json`.
  private static func resolve(path: String, _ base: String) -> String {
    path.hasPrefix("/") || path.hasPrefix("~") ? path : "\(base)/\(path)"
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
