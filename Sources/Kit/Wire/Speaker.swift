internal import JSON

/// Who said a line, as the line itself has it.
package struct Speaker: Equatable, Sendable {
  /// The id on the platform; empty where the line names nobody.
  package var id = ""
  /// The name to be shown; empty where there is none.
  package var name = ""
  /// Whether the chat is a direct one.
  ///
  /// A line that does not say counts as a group, which is the stricter.
  package var isDirect = false
  /// False for what came to `agim-recv tty` without a terminal.
  package var isTyped = true
  /// The platform's id of the message that it is a reply to.
  package var quoted: String?

  /// Reads the members of a line; what is missing or of the wrong kind stays empty.
  package init(_ line: [UInt8]) {
    guard let object = try? JSONReader.parse(line, limits: .line).object else { return }
    let from = object["from"]?.object
    id = from?["id"]?.string ?? ""
    name = from?["name"]?.string ?? ""
    isDirect = object["chat"]?.string == "direct"
    isTyped = object["origin"]?["terminal"]?.bool ?? true
    quoted = object["quote"]?["id"]?.string
  }
}
