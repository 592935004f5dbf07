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
}
