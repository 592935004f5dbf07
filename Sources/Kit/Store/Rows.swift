package import System

/// The states of a row of the inbox, see agim-store(5).
package enum InboxState: String, Sendable, CaseIterable {
  /// Accepted from a source; its line has been or will be printed.
  case new
  /// In the queue of a live agim-run.
  case taken
  /// The prompt has gone to the agent, or is about to.
  case running
  /// Finished: answered, or taken up by the stage that acts on it.
  case done
  /// Ended without an answer of an agent, with a reason.
  case dead
  /// Too old to be run unasked.
  case held

  /// Whether nothing more will happen to it.
  package var isFinished: Bool { self == .done || self == .dead }
}

/// The states of a row of the outbox, see agim-store(5).
package enum OutboxState: String, Sendable, CaseIterable {
  /// Written by its producer, which prints it.
  case ready
  /// Taken over by agim-send.
  case queued
  /// Handed to the platform, which has not answered yet.
  case sending
  /// The platform has it; the row holds the proof.
  case delivered
  /// It will not be delivered, with a reason.
  case refused
  /// Its line went out to another host's agim-send.
  case passed
  /// Too old to be sent unasked.
  case held

  /// Whether nothing more will happen to it.
  package var isFinished: Bool { self == .delivered || self == .refused || self == .passed }
}

/// A row of the inbox.
package struct InboxRow: Sendable, Equatable {
  /// Its number: the order of acceptance.
  package var n: Int64 = 0
  /// The line's id.
  package var id: String
  /// The platform of the source that accepted it.
  package var platform: String
  /// The account of that source, empty for its only one.
  package var account: String
  /// The platform's own id of the event, by which a redelivery is recognised.
  package var event: String?
  /// The line's type.
  package var type: String
  /// The address of its session.
  package var session: String
  /// The agent that claimed it.
  package var agent: String?
  /// The pipeline it belongs to; nil when any may take it.
  package var pipe: String?
  /// Where it stands.
  package var state: InboxState
  /// The process that has it, empty for none.
  package var holder: String
  /// Why it is dead or held.
  package var reason: String?
  /// The line, without its newline.
  package var line: [UInt8]
  /// When it was accepted.
  package var accepted: Timestamp
  /// When its state changed last.
  package var since: Timestamp
  /// When an operator released it last; its age is counted from here.
  package var released: Timestamp
  /// When to print it again.
  package var reprint: Timestamp?
  /// How often it has been printed.
  package var prints: Int64 = 0
  /// Whether it came as a line that another store accepted.
  package var adopted = false

  /// A row that is about to be inserted.
  package init(
    id: String, platform: String, account: String = "", event: String? = nil, type: String, session: String,
    agent: String? = nil, pipe: String?, state: InboxState, holder: String, reason: String? = nil,
    line: [UInt8], at now: Timestamp, reprint: Timestamp? = nil, prints: Int64 = 0, adopted: Bool = false
  ) {
    self.id = id
    self.platform = platform
    self.account = account
    self.event = event
    self.type = type
    self.session = session
    self.agent = agent
    self.pipe = pipe
    self.state = state
    self.holder = holder
    self.reason = reason
    self.line = line
    (accepted, since, released) = (now, now, now)
    self.reprint = reprint
    self.prints = prints
    self.adopted = adopted
  }
}

/// The few things about a row of the inbox that are asked for most.
package struct InboxOrigin: Sendable, Equatable {
  /// Its number.
  package let n: Int64
  /// The platform that accepted it.
  package let platform: String
  /// Where it stands.
  package let state: InboxState
  /// The agent that has it.
  package let agent: String?
}

/// A row of the outbox.
package struct OutboxRow: Sendable, Equatable {
  /// Its number: the order of production.
  package var n: Int64 = 0
  /// The line's id, which is the platform's idempotency key where it has one.
  package var id: String
  /// The number of the part, from 1.
  package var part: Int64 = 1
  /// The command that produced it, or `send` where that is not known.
  package var stage: String
  /// The id of the line it answers.
  package var parent: String?
  /// The line's type.
  package var type: String
  /// Whether it ends the turn.
  package var final: Bool
  /// The address of its session.
  package var session: String
  /// Where it goes instead of its session's platform.
  package var target: String?
  /// The pipeline it belongs to; nil when any agim-send may take it.
  package var pipe: String?
  /// Where it stands.
  package var state: OutboxState
  /// The process that has it, empty for none.
  package var holder: String
  /// Why it was refused, is held or waits.
  package var reason: String?
  /// The platform's id for it, or how the platform accepted it.
  package var proof: String?
  /// What the messenger noted before it sent, to recognise afterwards that it had.
  package var mark: String?
  /// The line, without its newline.
  package var line: [UInt8]
  /// How often it was tried.
  package var attempts: Int64 = 0
  /// When to try again.
  package var next: Timestamp?
  /// When it was produced.
  package var created: Timestamp
  /// When its state changed last.
  package var since: Timestamp
  /// When an operator released it last; its age is counted from here.
  package var released: Timestamp
  /// When to print it again.
  package var reprint: Timestamp?
  /// How often it has been printed.
  package var prints: Int64 = 0
  /// Whether it came as a line that another store produced, or answers a message that another store accepted.
  package var adopted = false

  /// A row that is about to be inserted.
  package init(
    id: String, stage: String, parent: String?, type: String, final: Bool, session: String,
    target: String? = nil,
    pipe: String?, state: OutboxState, holder: String, line: [UInt8], at now: Timestamp,
    reprint: Timestamp? = nil, prints: Int64 = 0, adopted: Bool = false
  ) {
    self.id = id
    self.stage = stage
    self.parent = parent
    self.type = type
    self.final = final
    self.session = session
    self.target = target
    self.pipe = pipe
    self.state = state
    self.holder = holder
    self.line = line
    (created, since, released) = (now, now, now)
    self.reprint = reprint
    self.prints = prints
    self.adopted = adopted
  }
}
