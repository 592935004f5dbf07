package import System

/// What is noted about a turn besides what its row in the inbox says.
package struct TurnRecord: Sendable, Equatable {
  /// What stands in place of an error's code for a turn that was answered.
  package static let ok = "ok"

  /// Who spoke: `PLATFORM:ID`.
  package var person: String
  /// The platform they spoke on.
  package var platform: String
  /// `ok`, or the code of the error that ended it.
  package var code: String
  /// Bytes that the agent was given.
  package var prompt: Int
  /// Bytes that it answered.
  package var reply: Int
  /// The tokens that it used; nil where the agent does not say.
  package var tokens: Int64?
  /// What it cost, in millionths of a US dollar; nil where the agent does not say.
  package var cost: Int64?

  /// A record of its parts.
  package init(
    person: String, platform: String, code: String = TurnRecord.ok, prompt: Int, reply: Int = 0,
    tokens: Int64? = nil, cost: Int64? = nil
  ) {
    (self.person, self.platform, self.code) = (person, platform, code)
    (self.prompt, self.reply, self.tokens, self.cost) = (prompt, reply, tokens, cost)
  }
}

/// A turn that has ended.
package struct AuditRow: Sendable, Equatable {
  /// What stands before a role's name where an agent's would be: no agent can be called so.
  package static let model = "model:"

  /// Its number: the order of ends.
  package let n: Int64
  /// The message's id; one that was run again has several turns.
  package let id: String
  /// The agent; a command of the installation begins with a slash, a role of models with `model:`.
  package let agent: String
  /// The address of the session.
  package let session: String
  /// When it began.
  package let began: Timestamp
  /// When it ended; nil where nobody saw it end.
  package let ended: Timestamp?
  /// Who, and how much.
  package let record: TurnRecord

  /// A turn of its parts.
  package init(
    n: Int64, id: String, agent: String, session: String, began: Timestamp, ended: Timestamp?,
    record: TurnRecord
  ) {
    (self.n, self.id, self.agent, self.session) = (n, id, agent, session)
    (self.began, self.ended, self.record) = (began, ended, record)
  }
}

/// Which turns are asked for; nil stands for all.
package struct AuditFilter: Sendable, Equatable {
  /// The agent.
  package var agent: String?
  /// Who spoke: `PLATFORM:ID`.
  package var person: String?
  /// The platform they spoke on.
  package var platform: String?
  /// The address of the session.
  package var session: String?
  /// The moment that they began at or after.
  package var since: Timestamp?

  /// All turns.
  package init() {}
}

/// What turns are counted by.
package enum AuditGroup: String, Sendable, CaseIterable {
  /// The agent that ran.
  case agent
  /// The person who spoke.
  case person
  /// The day of its beginning, in UTC.
  case day
  /// The platform that the person spoke on.
  case platform
  /// The session.
  case session
}

/// Turns, counted.
package struct AuditSum: Sendable, Equatable {
  /// The agent, person, platform or session; for a day, its number since 1970.
  package let key: String
  /// How many turns there were.
  package let turns: Int64
  /// How many of them ended in an error.
  package let failed: Int64
  /// Milliseconds that they took, where that is known.
  package let milliseconds: Int64
  /// The tokens that they used, where that is known; nil where it is known of none.
  package let tokens: Int64?
  /// What they cost in millionths of a US dollar, where that is known; nil where it is known of none.
  package let cost: Int64?

  /// A count of its parts.
  package init(
    key: String, turns: Int64, failed: Int64, milliseconds: Int64, tokens: Int64?, cost: Int64?
  ) {
    (self.key, self.turns, self.failed) = (key, turns, failed)
    (self.milliseconds, self.tokens, self.cost) = (milliseconds, tokens, cost)
  }
}
