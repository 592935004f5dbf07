internal import Store

/// What the code that ended a turn says about the agent.
package enum Ending: Sendable {
  /// It was there and did its work, well or badly.
  case works
  /// It was not there.
  case fails
  /// Nothing: a person, the policy or a limit ended the turn.
  case neither

  /// The code of a message that was refused because its agent is left alone.
  package static let breakerOpen = "breaker_open"
  /// The code of a message that was refused because enough was spent.
  package static let spendLimit = "spend_limit"
  /// The code of a turn that a person ended.
  package static let aborted = "aborted"
  /// The code of a row that is no turn: somebody lets an agent be tried at once that was left alone.
  package static let reset = "reset"
  /// The codes of messages that no agent was given.
  package static let refusals: Set<String> = [breakerOpen, spendLimit, reset]

  /// The codes by which an agent shows that it is there; `exit`: a program ran and ended with its own status.
  static let working = [TurnRecord.ok, "exit", reset]
  /// The codes by which an agent, or the model behind it, shows that it is not there.
  ///
  /// A driver whose agent fails in another way uses a code that is in neither list.
  static let failing = [
    // The program.
    "cannot_start", "sandbox", "program", "died", "ended", "protocol", "garbled", "flood", "idle_timeout",
    // Where it is another machine's.
    "unreachable", "not_found", "unavailable", "timeout",
    // The model behind it.
    "login", "unauthorized", "billing", "usage_limit", "rate_limit", "rate_limited", "overloaded",
    "server_error", "model",
    "agent",
  ]

  /// What a code says.
  package init(code: String) {
    self = Self.working.contains(code) ? .works : Self.failing.contains(code) ? .fails : .neither
  }
}
