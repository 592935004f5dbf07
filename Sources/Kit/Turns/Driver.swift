/// What runs an agent: one file to write for a new kind.
///
/// A driver is called by the engine and answers by calling the turn. It never touches the journal or
/// standard output.
package protocol Driver: AnyObject {
  /// The agent's name, as messages are routed to it.
  var agent: String { get }
  /// Gives the turn's prompt to the agent. The driver calls `finish` or `fail` once, then or later.
  ///
  /// - Throws: why the turn cannot begin; the engine tells the person.
  func begin(_ turn: Turn) throws
  /// Ends the agent's work on a turn and everything it started; `finish` or `fail` follows.
  func abort(_ turn: Turn)
  /// Gives a running turn one more message of its person.
  ///
  /// - Returns: false where the agent cannot take it now: it becomes a turn of its own then.
  func steer(_ turn: Turn, with text: String) -> Bool
  /// Whether a running turn could take one more message now.
  func canSteer(_ turn: Turn) -> Bool
  /// What people can have done in the agent's own session: of `compact` and `undo`, see `Turn.command`.
  var commands: Set<String> { get }
  /// Whether files that its replies name in Markdown, or in lines `MEDIA: path`, go out with them.
  var showsFiles: Bool { get }
  /// Whether what is remembered may stand before a person's words: true for agents that talk, false for
  /// programs, which get their input as it is.
  var recalls: Bool { get }
  /// Whether its prompts are words, before which more may be put; false where they are run as they stand.
  var takesPreface: Bool { get }
  /// Whether an interrupted turn can go on in the agent's own session, which the turn has.
  var resumes: Bool { get }
  /// Lets go of every program that waits for another turn: agim-run is about to leave.
  func stop()
}

extension Driver {
  package func steer(_ turn: Turn, with text: String) -> Bool { false }
  package func canSteer(_ turn: Turn) -> Bool { false }
  package var commands: Set<String> { [] }
  package var showsFiles: Bool { false }
  package var recalls: Bool { false }
  package var resumes: Bool { false }
  package var takesPreface: Bool { true }
  package func stop() {}
}
