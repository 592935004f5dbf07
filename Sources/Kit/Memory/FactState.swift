/// The states of a fact, and what leads from one to the next.
///
/// Nothing is taken away by a change of state: what was archived or superseded can be restored.
package enum FactState: String, Sendable, CaseIterable {
  /// Somebody proposed it; it is not recalled until a person says yes.
  case candidate
  /// It is recalled.
  case active
  /// Another fact took its place.
  case superseded
  /// Put away by a person.
  case archived

  /// What can happen to a fact.
  package enum Event: String, Sendable, CaseIterable {
    /// A person confirms a candidate.
    case activate
    /// A person puts it away.
    case archive
    /// A person wants it back.
    case restore
    /// A newer fact takes its place.
    case supersede
  }

  /// The state after an event; nil where it cannot happen.
  package func after(_ event: Event) -> FactState? {
    switch (self, event) {
    case (.candidate, .activate): .active
    case (.candidate, .archive), (.active, .archive), (.superseded, .archive): .archived
    case (.active, .supersede), (.candidate, .supersede): .superseded
    case (.superseded, .restore), (.archived, .restore): .active
    default: nil
    }
  }

  /// Whether it is recalled.
  package var isRecalled: Bool { self == .active }
}

/// What a fact is about, which decides how long it counts as recent.
package enum FactClass: String, Sendable, CaseIterable {
  case fact, decision, preference, workflow, discovery, note
  case bugfix, feature, refactor
  case codePattern = "code_pattern"
  case skillCandidate = "skill_candidate"
  case summary

  /// Whether it stays true for long; a summary of what was done does not.
  package var isDurable: Bool {
    switch self {
    case .summary, .bugfix, .feature, .refactor, .note: false
    default: true
    }
  }
}
