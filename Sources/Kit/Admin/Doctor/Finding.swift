internal import JSON
internal import Text

/// What the doctor says about one thing.
package struct Finding: Equatable, Sendable {
  /// How bad it is.
  package enum Level: String, Sendable {
    /// As it should be.
    case ok
    /// Worth knowing; nothing needs to be done.
    case note
    /// Will hurt sooner or later.
    case warning
    /// Something does not work.
    case error
  }

  /// How bad it is.
  package let level: Level
  /// What was looked at, in a word.
  package let check: String
  /// What was found.
  package let what: String
  /// How to mend it; nil where there is nothing to mend.
  package let mend: String?

  init(_ level: Level, _ check: String, _ what: String, mend: String? = nil) {
    self.level = level
    self.check = check
    self.what = what
    self.mend = mend
  }

  /// `level: what: how to mend`.
  package var line: String {
    // One line each, whatever the texts hold.
    ([level.rawValue, what] + (mend.map { [$0] } ?? [])).map(Self.flat).joined(separator: ": ")
  }

  /// The finding as an object and a line feed.
  package var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("level", level.rawValue)
    json.member("check", check)
    json.member("what", what)
    json.member("mend", mend)
    json.endObject()
    json.newline()
    return json.bytes
  }

  private static func flat(_ text: String) -> String {
    displayEscaped(String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 }))
  }
}
