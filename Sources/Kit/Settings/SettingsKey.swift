/// One key of `config.json`.
package struct SettingsKey: Sendable {
  /// The path from the top, `.` between names; a part in capitals stands for a name that users choose.
  package let path: String
  /// What the value may be, in a few words.
  package let type: String
  /// The default as one would write it, or a word such as `none`.
  package let defaultText: String
  /// One line of help.
  package let help: String
  let kind: ValueKind

  init(_ path: String, _ kind: ValueKind, _ defaultText: String, _ help: String) {
    self.path = path
    self.kind = kind
    type = kind.words
    self.defaultText = defaultText
    self.help = help
  }

  /// The last part of the path.
  var name: Substring { path[(lastDot.map(path.utf8.index(after:)) ?? path.startIndex)...] }

  /// The keys right below a path; those at the top for the empty path.
  static func below(_ path: String) -> [SettingsKey] {
    Settings.known.filter { $0.parent == path }
  }

  private var parent: Substring { path[..<(lastDot ?? path.startIndex)] }

  private var lastDot: String.Index? { path.utf8.lastIndex(of: UInt8(ascii: ".")) }
}
