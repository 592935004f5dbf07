package import System

/// The states of a request, see agim-store(5).
package enum RequestState: String, Sendable, CaseIterable {
  /// Nobody has answered yet.
  case pending
  /// A person said yes; agim-run has not acted on it yet.
  case allowed
  /// agim-run acted on the yes: it never counts again.
  case used
  /// A person said no.
  case denied
  /// Nobody answered in time, or nobody was left to answer.
  case expired
  /// The turn that asked has ended, or what was asked for has changed since.
  case void

  /// Whether nothing more will happen to it.
  package var isSettled: Bool { self != .pending && self != .allowed }
}

/// What an agent wants to be allowed, or wants to know, from a person.
package struct RequestRow: Sendable, Equatable {
  /// Its number: the order of asking.
  package var n: Int64 = 0
  /// The id of the request's line.
  package var id: String
  /// `permission` or `question`.
  package var kind: String
  /// The id of the message whose turn asks.
  package var parent: String?
  /// The address of the session.
  package var session: String
  /// Who said that message: `PLATFORM:ID`.
  package var person: String
  /// `direct` or `group`.
  package var chat: String
  /// The agent that asks.
  package var agent: String
  /// The tool that it wants to use; for a question, empty.
  package var tool: String
  /// The complete input, a JSON object, or what is known of it.
  package var input: [UInt8]
  /// Whether the input is complete.
  package var isComplete: Bool
  /// Where the agent works.
  package var workdir: String
  /// The rule of the policy that asks, and why.
  package var rule: String
  /// Why it is asked, for a person.
  package var reason: String
  /// SHA-256 over everything that a yes is about.
  package var digest: String
  /// What "always" would grant, as JSON; nil where nothing may be granted.
  package var proposal: String?
  /// The agent's own words about it.
  package var words: String?
  /// What a person answered to a question, as JSON; nil for none.
  package var answer: String?
  /// The short code for typed answers.
  package var code: String
  /// Where it stands.
  package var state: RequestState
  /// Who settled it: `PLATFORM:ID`, or the command.
  package var by: String?
  /// How: the id of the message or answer, or `agim-approve`.
  package var via: String?
  /// `once`, `session` or `always`.
  package var scope: String?
  /// The pipeline.
  package var pipe: String
  /// The agim-run that waits.
  package var holder: String
  /// When it was asked.
  package var created: Timestamp
  /// When it is denied for want of an answer.
  package var expires: Timestamp
  /// When its state changed last.
  package var since: Timestamp

  /// The kind of a row that asks for a permission.
  package static let permission = "permission"
  /// The kind of a row that asks a question of the agent.
  package static let question = "question"

  /// A request that is about to be asked.
  package init(
    id: String, kind: String, parent: String?, session: String, person: String, chat: String, agent: String,
    tool: String, input: [UInt8], isComplete: Bool, workdir: String, rule: String, reason: String,
    digest: String, proposal: String?, words: String?, code: String, pipe: String, holder: String,
    at now: Timestamp, expires: Timestamp
  ) {
    (self.id, self.kind, self.parent, self.session) = (id, kind, parent, session)
    (self.person, self.chat, self.agent, self.tool) = (person, chat, agent, tool)
    (self.input, self.isComplete, self.workdir) = (input, isComplete, workdir)
    (self.rule, self.reason, self.digest, self.proposal) = (rule, reason, digest, proposal)
    (self.words, self.code, self.pipe, self.holder) = (words, code, pipe, holder)
    (created, since, self.expires) = (now, now, expires)
    state = .pending
  }
}

/// A standing permission.
package struct GrantRow: Sendable, Equatable {
  /// Its number, by which people name it.
  package var n: Int64
  /// The grant, as JSON.
  package var grant: String
  /// What it covers, for people.
  package var title: String
  /// Who gave it.
  package var by: String
  /// The request that it answered.
  package var request: String?
  /// When it was given.
  package var created: Timestamp
  /// When it ends; nil for never.
  package var expires: Timestamp?
  /// When it was revoked.
  package var revoked: Timestamp?
}

/// An entry of the ledger.
package struct LedgerRow: Sendable, Equatable {
  /// Its number; there is none left out.
  package var n: Int64
  /// When it was written.
  package var time: Timestamp
  /// What it says, a JSON object.
  package var entry: String
  /// The hash of the entry before; empty for the first.
  package var previous: String
  /// SHA-256 over the previous hash, the number, the time and the entry.
  package var hash: String

  /// An entry with all its parts.
  package init(n: Int64, time: Timestamp, entry: String, previous: String, hash: String) {
    (self.n, self.time, self.entry, self.previous, self.hash) = (n, time, entry, previous, hash)
  }
}

/// A person who was let in by a code.
package struct PairedRow: Sendable, Equatable {
  /// `PLATFORM:ID`.
  package var person: String
  /// The name they gave.
  package var name: String
  /// `allowed`, `approver` or `admin`; empty while the code is open.
  package var rank: String
  /// The code; nil once it was used.
  package var code: String?
  /// When the code was made, or the person let in.
  package var since: Timestamp

  /// A person with all that is known.
  package init(person: String, name: String, rank: String, code: String?, since: Timestamp) {
    (self.person, self.name, self.rank, self.code, self.since) = (person, name, rank, code, since)
  }
}
