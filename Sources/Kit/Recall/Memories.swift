package import Memory
package import Store
package import System
internal import Text

/// What is done with memos and facts: one place for the command, the chat and the agents' tools.
///
/// Whatever is stored goes through here: secrets are scrubbed first, and the words for the search are kept in
/// step in the same transaction.
package struct Memories {
  /// Why something cannot be done, for the person who asked.
  package struct Refusal: Error, Equatable, CustomStringConvertible {
    /// What it says.
    package let description: String
    /// A refusal in words.
    package init(_ words: String) { description = words }
  }

  /// The store.
  package let store: Store
  private let clock: Clock
  private let scrubber: LazyScrubber

  /// Memories of a store.
  ///
  /// `secrets`: what the configuration names as such, so that it is recognised wherever it stands.
  package init(_ store: Store, clock: Clock, secrets: @autoclosure @escaping () -> [String] = []) {
    self.store = store
    self.clock = clock
    scrubber = LazyScrubber(secrets)
  }

  // MARK: - Whose

  /// Every scope of a person's accounts, of a project and of a team that has something in it.
  package func scopes(person: String, project: String? = nil, team: String? = nil) throws -> [ScopeRow] {
    var scopes = try store.accounts(of: person).compactMap { try store.scope(.person, $0) }
    if let project, let scope = try store.scope(.project, project) { scopes.append(scope) }
    if let team, let scope = try store.scope(.team, team) { scopes.append(scope) }
    return scopes
  }

  // MARK: - Memos

  /// Stores a memo of a person, made by `fill` from one that only says what; the row as it was stored.
  ///
  /// - Throws: `Refusal`, `StoreError`.
  package func add(
    _ what: String, person: String, fill: (inout MemoRow) throws -> Void = { _ in }
  ) throws -> MemoRow {
    try store.write {
      let scope = try store.makeScope(.person, store.person(of: person))
      var memo = MemoRow(scope: scope.n, what: what, at: clock.now())
      try fill(&memo)
      memo = try clean(memo)
      memo.n = try store.insert(memo, words: MatchText.words(MemoryText.searched(memo), scope: scope.n))
      return memo
    }
  }

  /// Stores a changed memo.
  ///
  /// - Throws: `Refusal` where it is gone.
  package func change(_ memo: MemoRow) throws -> MemoRow {
    var memo = try clean(memo)
    memo.changed = clock.now()
    let words = MatchText.words(MemoryText.searched(memo), scope: memo.scope)
    guard try store.write({ try store.update(memo, words: words) }) else {
      throw Refusal("memo \(memo.n) is gone")
    }
    return memo
  }

  /// A memo of one of some scopes; nil where there is none.
  package func memo(_ n: Int64, in scopes: [ScopeRow]?) throws -> MemoRow? {
    guard let memo = try store.memo(n: n) else { return nil }
    return scopes.map { $0.contains { $0.n == memo.scope } } ?? true ? memo : nil
  }

  /// The newest memos of some scopes.
  package func memos(in scopes: [ScopeRow], limit: Int) throws -> [MemoRow] {
    let all = try scopes.flatMap { try store.memos(in: $0.n, limit: limit) }
    return Array(all.sorted { $0.n > $1.n }.prefix(limit))
  }

  private func clean(_ memo: MemoRow) throws -> MemoRow {
    var memo = memo
    memo.what = try clean(memo.what, "what")
    func field(_ text: String?, _ name: String) throws -> String? {
      guard let text, !Self.isBlank(text) else { return nil }
      return try clean(text, name)
    }
    memo.who = try field(memo.who, "who")
    memo.whenText = try field(memo.whenText, "when")
    memo.whereText = try field(memo.whereText, "where")
    memo.why = try field(memo.why, "why")
    memo.how = try field(memo.how, "how")
    memo.tags = Self.tags(try field(memo.tags, "tags") ?? "")
    guard (memo.lat == nil) == (memo.lon == nil) else {
      throw Refusal("a place needs latitude and longitude")
    }
    if let lat = memo.lat, let lon = memo.lon {
      guard lat.isFinite, lon.isFinite, abs(lat) <= 90, abs(lon) <= 180 else {
        throw Refusal("\(lat), \(lon) is no place: a latitude is within 90 degrees, a longitude within 180")
      }
    }
    return memo
  }

  private func clean(_ text: String, _ name: String) throws -> String {
    guard !Self.isBlank(text) else { throw Refusal("\(name): there is no text") }
    guard text.utf8.count <= MemoryText.limit else {
      throw Refusal("\(name): longer than \(MemoryText.limit) bytes")
    }
    // A NUL would end the text for SQLite's own functions.
    return scrubber.scrub(String(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : Character($0) }))
  }

  private static func isBlank(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0.properties.isWhitespace || $0.value < 0x20 }
  }

  /// Tags as they are stored: without their signs, each once, with a space between.
  package static func tags(_ text: String) -> String {
    var seen: Set<String> = []
    return text.unicodeScalars.split { $0.properties.isWhitespace || $0 == "," || $0 == "，" || $0 == "#" }
      .map { String($0) }.filter { seen.insert($0).inserted }.joined(separator: " ")
  }

  // MARK: - Facts

  /// Stores a fact; the row as it was stored.
  ///
  /// `supersedes`: The fact whose place it takes.
  /// `fill`: Sets what is known besides: class, project, source.
  package func remember(
    _ text: String, _ kind: ScopeRow.Kind, _ name: String, state: FactState = .active, confidence: Double = 1,
    supersedes: Int64? = nil, fill: (inout FactRow) throws -> Void = { _ in }
  ) throws -> FactRow {
    try store.write {
      let scope = try store.makeScope(kind, kind == .person ? store.person(of: name) : name)
      var fact = FactRow(
        scope: scope.n, kind: FactClass.fact.rawValue, state: state.rawValue, text: text,
        confidence: min(max(confidence, 0), 1), at: clock.now())
      try fill(&fact)
      guard FactClass(rawValue: fact.kind) != nil else {
        throw Refusal(
          "'\(fact.kind)' is no class of facts: "
            + FactClass.allCases.map(\.rawValue).joined(separator: ", "))
      }
      fact.text = try clean(fact.text, "fact")
      fact.n = try store.insert(fact, words: MatchText.words(fact.text, scope: scope.n))
      if let supersedes { try move(supersedes, .supersede, successor: fact.n) }
      return fact
    }
  }

  /// Moves a fact to another state.
  ///
  /// - Throws: `Refusal` where there is no such fact, or that cannot happen to it.
  package func move(_ n: Int64, _ event: FactState.Event, successor: Int64? = nil) throws {
    try store.write {
      guard let fact = try store.fact(n: n), let state = FactState(rawValue: fact.state) else {
        throw Refusal("there is no fact \(n)")
      }
      guard let next = state.after(event) else {
        throw Refusal("fact \(n) is \(state.rawValue): \(event.rawValue) does nothing to it")
      }
      _ = try store.move(
        fact: n, from: state.rawValue, to: next.rawValue, successor: next == .superseded ? successor : nil,
        at: clock.now())
    }
  }

  // MARK: - Persons

  /// Stores what is known of a person in a few sentences.
  package func setPersona(_ text: String, person: String, made: String) throws {
    let text = try clean(text, "persona")
    try store.write {
      let scope = try store.makeScope(.person, store.person(of: person))
      try store.setPersona(of: scope.n, text, made: made, at: clock.now())
    }
  }

  /// What is known of a person in a few sentences; nil where nobody wrote it.
  package func persona(of person: String) throws -> PersonaRow? {
    for scope in try scopes(person: person) {
      if let row = try store.persona(of: scope.n) { return row }
    }
    return nil
  }

  /// Removes what is known of a person in a few sentences; false where nobody wrote it.
  package func removePersona(of person: String) throws -> Bool {
    try store.write {
      try scopes(person: person).reduce(false) { try store.removePersona(of: $1.n) || $0 }
    }
  }

  /// Sentences made of a person's facts, without a model: the surest and newest of each class.
  package func summary(of person: String) throws -> String {
    let facts = try scopes(person: person).flatMap {
      try store.facts(in: $0.n, state: FactState.active.rawValue, limit: 500)
    }.filter { FactClass(rawValue: $0.kind)?.isDurable ?? false }
    var lines: [String] = []
    for kind in [FactClass.preference, .fact, .decision, .workflow, .discovery] {
      let own = facts.filter { $0.kind == kind.rawValue }
        .sorted { ($0.confidence, $0.recalls, $0.n) > ($1.confidence, $1.recalls, $1.n) }
      lines += own.prefix(8).map { "- \(MemoryText.beginning($0.text, 200))" }
    }
    return lines.joined(separator: "\n")
  }

  /// Removes everything that is known of a person: memos, facts, vectors, words, persona, notes of recalls,
  /// links, and the words of what was said and answered.
  ///
  /// `accounts`: every account of the person. It gives how many memos and facts that were, and whether the log could be cut.
  package func forget(_ accounts: [String]) throws -> (entries: Int, isSwept: Bool) {
    let count = try store.write {
      var count = 0
      for account in accounts {
        if let scope = try store.scope(.person, account) { count += try store.forget(scope: scope.n) }
      }
      for account in accounts {
        _ = try store.unlink(account)
        try store.forgetPlans(of: account)
        let parts = account.unicodeScalars.split(separator: ":", maxSplits: 1).map { String($0) }
        if parts.count == 2 { _ = try store.forgetMessages(platform: parts[0], id: parts[1]) }
      }
      return count
    }
    return (count, try store.sweep())
  }
}
