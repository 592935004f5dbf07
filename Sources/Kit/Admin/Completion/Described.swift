/// What a command says about itself with `--help-options`.
package struct Described: Equatable, Sendable {
  /// An option with its spellings.
  package struct Switch: Equatable, Sendable {
    /// `-x`, empty where there is none.
    package let short: String
    /// `--xxx`, empty where there is none.
    package let long: String
    /// The name of its argument, empty when it takes none.
    package let argument: String
    /// One line of help.
    package let help: String
    /// The subcommands that it belongs to; empty for all.
    package let verbs: [String]
  }

  /// A word that may follow, or a name for what may.
  package struct Operand: Equatable, Sendable {
    /// Its literal first word, empty when it stands for something.
    package let word: String
    /// What follows the word, such as `ID...`; the whole where there is no word.
    package let rest: String
    /// One line of help.
    package let help: String
  }

  /// The name of the program.
  package let name: String
  /// What it does, in a line.
  package private(set) var summary = ""
  /// Its options.
  package private(set) var options: [Switch] = []
  /// Its operands.
  package private(set) var operands: [Operand] = []

  /// Takes the listing; nil when it is none.
  package init?(_ name: String, listing: String) {
    self.name = name
    let rows = listing.utf8.split(separator: 0x0A).map { line in
      line.split(separator: 0x09, omittingEmptySubsequences: false).map { String($0) ?? "" }
    }
    guard !rows.isEmpty, rows.allSatisfy({ $0.count == 4 }) else { return nil }
    for row in rows where row[0].isEmpty && row[1].isEmpty {
      if row[2].isEmpty {
        summary = row[3]
      } else {
        let words = row[2].split(separator: " ", maxSplits: 1).map(String.init)
        let isLiteral = words[0].utf8.allSatisfy { $0 | 0x20 == $0 }
        operands.append(
          isLiteral
            ? Operand(word: words[0], rest: words.count > 1 ? words[1] : "", help: row[3])
            : Operand(word: "", rest: row[2], help: row[3]))
      }
    }
    for row in rows where !row[0].isEmpty || !row[1].isEmpty {
      options.append(
        Switch(
          short: row[0], long: row[1], argument: row[2], help: row[3],
          verbs: Self.verbs(row[3], among: operands.map(\.word).filter { !$0.isEmpty })))
    }
  }

  /// The subcommands, where the first operand is one of several words.
  package var verbs: [String] { operands.map(\.word).filter { !$0.isEmpty } }

  /// Help such as `list, show: one object a line` names the subcommands of an option.
  private static func verbs(_ help: String, among known: [String]) -> [String] {
    let parts = help.split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else { return [] }
    let names = parts[0].split(separator: ",").map { String($0.drop { $0 == " " }) }
    return names.allSatisfy(known.contains) ? names : []
  }
}
