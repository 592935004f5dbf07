internal import Memory
package import Store
package import System

/// What of the memory is put before a prompt.
package struct PromptMemory {
  /// The words; empty where there is nothing to say.
  package var text = ""
  /// What was recalled, for the audit.
  package var recalled: [RecallRow] = []

  /// Looks for what matters to a message.
  ///
  /// `question`: What the person said.
  /// `query`: Its vector.
  /// `person`: Whose memos and facts are looked at; nil in a group, where others would read them.
  /// `project`: The project that is worked on.
  /// `team`: The team whose facts are everybody's.
  /// `tokens`: About how much it may be.
  /// `message`: The message's id, and the address of its session.
  package init(
    _ store: Store, _ question: String, query: Searcher.Query? = nil, person: String?, project: String?,
    team: String?, tokens: Int,
    message: (id: String, session: String), at now: Timestamp
  ) throws {
    var scopes: [ScopeRow] = []
    var persona: String?
    if let person {
      for account in try store.accounts(of: person) {
        guard let scope = try store.scope(.person, account) else { continue }
        scopes.append(scope)
        if persona == nil { persona = try store.persona(of: scope.n)?.text }
      }
    }
    if let project, let scope = try store.scope(.project, project) { scopes.append(scope) }
    if let team, let scope = try store.scope(.team, team) { scopes.append(scope) }
    guard !scopes.isEmpty else { return }
    var left = tokens
    var parts: [String] = []
    if let persona, MemoryText.tokens(persona) <= left / 2 {
      parts.append("About the person:\n\(persona)")
      left -= MemoryText.tokens(persona)
    }
    var lines: [String] = []
    for one in try Recaller(store, at: now).recall(
      question, in: scopes, project: project, query: query)
    where one.isChosen {
      let found = one.found
      let what = found.memo.map(MemoryText.line) ?? MemoryText.oneLine(found.text)
      let time = (found.memo?.changed ?? found.fact?.changed)?.description.prefix(10) ?? ""
      let line = "- [\(found.doc.isFact ? "fact" : "memo") \(found.doc.n), \(time)] \(what)"
      // What does not fit is left out whole; something shorter may fit still.
      guard MemoryText.tokens(line) <= left else { continue }
      left -= MemoryText.tokens(line)
      lines.append(line)
      recalled.append(
        RecallRow(
          time: now, message: message.id, session: message.session, scope: found.scope.n, doc: found.doc,
          score: min(one.score.total, Score.Rule.exact)))
    }
    if !lines.isEmpty { parts.append("Remembered, perhaps out of date:\n" + lines.joined(separator: "\n")) }
    text = parts.joined(separator: "\n\n")
  }
}
