package import System

/// Whose memos and facts they are.
package struct ScopeRow: Sendable, Hashable {
  /// The kinds of scopes.
  package enum Kind: String, Sendable, CaseIterable {
    /// One person, named `PLATFORM:ID`.
    case person
    /// All who work on a project of the configuration.
    case project
    /// A team.
    case team
  }

  /// Its number.
  package var n: Int64
  /// Its kind.
  package var kind: Kind
  /// Its name.
  package var name: String
  /// How many memos and facts it has.
  package var entries: Int64
}

/// What a row of the search is about: a memo or a fact.
package struct MemoryDoc: Hashable, Sendable, Comparable {
  /// The number of its row in the search.
  package let id: Int64

  /// What a row of the search is about.
  package init(id: Int64) { self.id = id }
  /// A memo.
  package static func memo(_ n: Int64) -> MemoryDoc { MemoryDoc(id: n &* 2) }
  /// A fact.
  package static func fact(_ n: Int64) -> MemoryDoc { MemoryDoc(id: n &* 2 &+ 1) }
  /// Whether it is a fact.
  package var isFact: Bool { id & 1 == 1 }
  /// The number of the memo or the fact.
  package var n: Int64 { id >> 1 }

  package static func < (one: MemoryDoc, other: MemoryDoc) -> Bool { one.id < other.id }
}

/// A memo: six fields, tags, and where it is from.
package struct MemoRow: Sendable, Equatable {
  /// Its number.
  package var n: Int64 = 0
  /// Whose it is.
  package var scope: Int64
  /// Who it is about.
  package var who: String?
  /// What it says.
  package var what: String
  /// When that is, in the person's words.
  package var whenText: String?
  /// When that is.
  package var whenAt: Timestamp?
  /// Where that is.
  package var whereText: String?
  /// Why.
  package var why: String?
  /// How.
  package var how: String?
  /// Words to find it by, with spaces between.
  package var tags = ""
  /// Degrees north.
  package var lat: Double?
  /// Degrees east.
  package var lon: Double?
  /// The id of the line that it was made from.
  package var source: String?
  /// The address of the session in which it was made.
  package var session: String?
  /// When it was made.
  package var created: Timestamp
  /// When it was changed last.
  package var changed: Timestamp
  /// How often it was recalled.
  package var recalls: Int64 = 0
  /// When it was recalled last.
  package var recalled: Timestamp?

  /// A memo that is about to be stored.
  package init(scope: Int64, what: String, at now: Timestamp) {
    self.scope = scope
    self.what = what
    (created, changed) = (now, now)
  }
}

/// Something that is to be known for long.
package struct FactRow: Sendable, Equatable {
  /// Its number.
  package var n: Int64 = 0
  /// Whose it is.
  package var scope: Int64
  /// What it is about, see agim-memo(1).
  package var kind: String
  /// Where it stands: `candidate`, `active`, `superseded` or `archived`.
  package var state: String
  /// What it says.
  package var text: String
  /// The project that it is about; nil where it holds everywhere.
  package var project: String?
  /// The id of the line that it was made from.
  package var source: String?
  /// The address of the session in which it was made.
  package var session: String?
  /// How sure it is, from 0 to 1.
  package var confidence: Double
  /// The fact that took its place.
  package var successor: Int64?
  /// When it was made.
  package var created: Timestamp
  /// When it was changed last.
  package var changed: Timestamp
  /// How often it was recalled.
  package var recalls: Int64 = 0
  /// When it was recalled last.
  package var recalled: Timestamp?

  /// A fact that is about to be stored.
  package init(
    scope: Int64, kind: String, state: String, text: String, confidence: Double, at now: Timestamp
  ) {
    self.scope = scope
    self.kind = kind
    self.state = state
    self.text = text
    self.confidence = confidence
    (created, changed) = (now, now)
  }
}

/// That something was put before a prompt.
package struct RecallRow: Sendable, Equatable {
  /// When.
  package var time: Timestamp
  /// The id of the message.
  package var message: String?
  /// The address of its session.
  package var session: String?
  /// Whose it is.
  package var scope: Int64
  /// What was recalled.
  package var doc: MemoryDoc
  /// Its score.
  package var score: Double

  /// A row of its parts.
  package init(
    time: Timestamp, message: String?, session: String?, scope: Int64, doc: MemoryDoc, score: Double
  ) {
    (self.time, self.message, self.session, self.scope) = (time, message, session, scope)
    (self.doc, self.score) = (doc, score)
  }
}

/// What is known of a person in a few sentences.
package struct PersonaRow: Sendable, Equatable {
  /// The sentences.
  package var text: String
  /// Who made it: `person` or `facts`, or the model's role.
  package var made: String
  /// When it was changed last.
  package var changed: Timestamp
}
