/// What is known about a chat platform before anything of it is opened.
package struct PlatformFacts: Sendable {
  /// Its name, as in addresses.
  package let name: String
  /// Other names that people know it by.
  package let aliases: [String]
  /// The keys that an account on it may have, `enabled` aside.
  package let keys: [String]
  /// Those of the keys that hold secrets.
  package let secrets: [String]
  /// The usual variable of a key: together they make an account without a file.
  package let variables: [String: String]
  /// What an account must have, each a set of keys one of which is enough.
  package let needs: [[String]]

  /// The manual page about it.
  package let page: String

  /// Facts of a platform; its page is its own unless another one is named.
  package init(
    name: String, aliases: [String] = [], keys: [String], secrets: [String] = [],
    variables: [String: String] = [:], needs: [[String]] = [], page: String? = nil
  ) {
    (self.name, self.aliases, self.keys, self.secrets) = (name, aliases, keys, secrets)
    (self.variables, self.needs) = (variables, needs)
    self.page = page ?? "agim-\(name)(7)"
  }

  /// Whether a word names the platform.
  package func isCalled(_ word: String) -> Bool { word == name || aliases.contains(word) }
}
