internal import JSON

/// `limits`: how much and how long.
package struct LimitSettings: Equatable, Sendable {
  /// What is older is held until somebody releases it.
  package var backlog: Duration = .seconds(86_400)
  /// How many turns one agim-run runs at once.
  package var jobs = 4
  /// How long a person has to answer a request.
  package var request: Duration = .seconds(900)
  /// How many bytes an agent may write in a turn, where the agent has no limit of its own.
  package var output = 8 << 20
  /// How many failures in a row make an agent wait; 0: it never does.
  package var breakerFailures = 3
  /// How long it waits first; each failure after that doubles it.
  package var breakerPause: Duration = .seconds(300)
  /// How long it waits at most.
  package var breakerLongest: Duration = .seconds(3600)
  /// How many turns a minute begin for one person on a chat platform; 0 for any number.
  package var personRate = 15
  /// How many turns a minute an agent begins for people on chat platforms; 0 for any number.
  package var agentRate = 50
  /// What a conversation may cost, in millionths of a US dollar; nil for any amount.
  package var spendSession: Int64?
  /// What a conversation may cost in a day of UTC, in millionths of a US dollar; nil for any amount.
  package var spendSessionDay: Int64?
  /// What all agents may cost in a day of UTC, in millionths of a US dollar; nil for any amount.
  package var spendDay: Int64?

  /// The defaults.
  package init() {}

  /// Takes an object that `ConfigCheck` has accepted.
  init(_ object: JSONObject?) {
    backlog = object?["backlog"].flatMap { DurationText.parse($0) } ?? backlog
    jobs = object?["jobs"]?.int ?? jobs
    output = object?["output"]?.int ?? output
    request = object?["request"].flatMap { DurationText.parse($0) } ?? request
    breakerFailures = object?["breaker_failures"]?.int ?? breakerFailures
    breakerPause = object?["breaker_pause"].flatMap { DurationText.parse($0) } ?? breakerPause
    breakerLongest = object?["breaker_longest"].flatMap { DurationText.parse($0) } ?? breakerLongest
    personRate = object?["person_rate"]?.int ?? personRate
    agentRate = object?["agent_rate"]?.int ?? agentRate
    spendSession = object?["spend_session"].flatMap { AmountText.parse($0) }
    spendSessionDay = object?["spend_session_day"].flatMap { AmountText.parse($0) }
    spendDay = object?["spend_day"].flatMap { AmountText.parse($0) }
  }
}

/// `keep`: how long finished things are kept.
package struct KeepSettings: Equatable, Sendable {
  /// Finished messages.
  package var inbox: Duration = .seconds(7 * 86_400)
  /// Finished replies.
  package var outbox: Duration = .seconds(7 * 86_400)
  /// A session without a message for so long is archived.
  package var sessionIdle: Duration = .seconds(1800)
  /// The agent and its own session ids of an idle session.
  package var session: Duration = .seconds(7 * 86_400)
  /// What is noted about turns: who, when, how much.
  package var audit: Duration = .seconds(30 * 86_400)

  init() {}

  /// Takes an object that `ConfigCheck` has accepted.
  init(_ object: JSONObject?) {
    inbox = object?["inbox"].flatMap { DurationText.parse($0) } ?? inbox
    outbox = object?["outbox"].flatMap { DurationText.parse($0) } ?? outbox
    sessionIdle = object?["session_idle"].flatMap { DurationText.parse($0) } ?? sessionIdle
    session = object?["session"].flatMap { DurationText.parse($0) } ?? session
    audit = object?["audit"].flatMap { DurationText.parse($0) } ?? audit
  }
}
