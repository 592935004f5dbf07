internal import Console
internal import Journal
internal import Stage
internal import Store
internal import System

/// What stands before a message's text in the prompt: sections, each of which may have nothing to say.
///
/// A section is a function of the message's row; one that fails is left out, because a prompt without it is
/// better than none.
struct Preface {
  /// A section of the text; nil for nothing.
  typealias Section = (InboxRow, Stage) throws -> String?

  /// The sections, in their order.
  private static var sections: [Section] { [goal] }
  /// Bytes of a section at most.
  private static let limit = 16 << 10
  private static let shownNotes = 5

  /// The text of a prompt: what the sections say, then what the person said.
  ///
  /// A text that begins with a slash is a command of the agent's own, which must stay at the beginning.
  static func put(before text: String, of row: InboxRow, _ stage: Stage) -> String {
    guard text.utf8.first != UInt8(ascii: "/") else { return text }
    var parts: [String] = []
    for section in sections {
      do {
        if let part = try section(row, stage), part.utf8.count <= limit { parts.append(part) }
      } catch {
        Log.warning("a part of the prompt is left out: \(error)")
      }
    }
    return (parts + [text]).joined(separator: "\n\n")
  }

  /// What the conversation works towards.
  private static func goal(_ row: InboxRow, _ stage: Stage) throws -> String? {
    let store = stage.journal.store
    guard let goal = try store.activeGoal(row.session) else { return nil }
    var lines = [
      "[agim] The lasting goal of this conversation, set by \(goal.person) on "
        + "\(goal.created.description.prefix(10)): \(goal.text)"
    ]
    let notes = try store.goalNotes(goal.n, last: shownNotes)
    if !notes.isEmpty {
      lines.append("Noted on the way:")
      lines += notes.map { "- \($0.created.description.prefix(10)) \($0.text)" }
    }
    lines.append(
      "Let what you do now serve this goal, and say so when it is reached or when the message leads away from "
        + "it. The message:")
    return lines.joined(separator: "\n")
  }
}
