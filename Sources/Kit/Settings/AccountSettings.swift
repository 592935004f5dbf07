package import Console
package import JSON

/// What the configuration says about one account on a chat platform.
package struct AccountSettings: Sendable, CustomStringConvertible {
  /// The key in `accounts`, as it is written.
  package let key: String
  /// The platform.
  package let platform: String
  /// The account on it, decoded; empty for the only one.
  package let account: String
  /// Whether it may be started.
  package let isEnabled: Bool
  /// Everything but `enabled`, for the platform to check; it holds secrets.
  package let values: JSONObject

  private let locator: Locator
  /// The directory of `config.json`.
  let base: String

  /// Takes an object that `ConfigCheck` has accepted.
  init?(_ key: String, _ object: JSONObject, _ locator: Locator, base: String) {
    guard let (platform, account) = Names.accountPrefix(key) else { return nil }
    self.key = key
    self.platform = platform
    self.account = account
    isEnabled = object["enabled"]?.bool ?? true
    var values = object
    values["enabled"] = nil
    self.values = values
    self.locator = locator
    self.base = base
  }

  /// The credential that a key holds, not yet looked up; nil when the key is not there.
  ///
  /// - Throws: `Failure` with status 78 that names account and key, never the value.
  package func credential(_ name: String) throws -> Credential? {
    guard let value = values[name] else { return nil }
    return try Credential.parse(value, account: self, key: name)
  }

  /// The text that a key holds; nil when the key is not there.
  ///
  /// - Throws: `Failure` with status 78 that names account and key, never the value.
  package func text(_ name: String) throws -> String? {
    guard let value = values[name] else { return nil }
    guard let text = value.string, !text.isEmpty else {
      throw failure(name, "expected a string that is not empty, found \(ConfigDocument.kind(of: value))")
    }
    return text
  }

  /// Refuses keys that the platform does not know, `enabled` aside.
  ///
  /// - Throws: `Failure` with status 78 that names the nearest known one.
  package func check(known: [String]) throws {
    for (name, _) in values.members where !known.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
      let near = Nearest.match(name, among: known + ["enabled"])
      throw ConfigDocument.failure(
        locator, place(name), atName: true, "\(platform) has no such key",
        hint: near.map { "did you mean \"\($0)\"?" } ?? "known here: "
          + (known + ["enabled"]).joined(separator: ", "))
    }
  }

  /// A failure with status 78 at the value of a key.
  package func failure(_ name: String, _ message: String, hint: String? = nil) -> Failure {
    ConfigDocument.failure(locator, place(name), message, hint: hint)
  }

  /// The account without its values.
  package var description: String { "account \(Shown.name(key))" }

  private func place(_ name: String) -> Place { [.name("accounts"), .name(key), .name(name)] }
}
