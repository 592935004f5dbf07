package import Memory
package import Store
package import System

/// Decides what is recalled for a question: the nearest, weighed by age, use and project.
package struct Recaller {
  /// Something that was recalled, and why.
  package struct Recalled {
    /// What was found.
    package var found: Searcher.Found
    /// Why it was recalled, or not.
    package var score: Score
    /// Whether it was recalled; false is only seen by who explains.
    package var isChosen: Bool
  }

  private let searcher: Searcher
  private let now: Timestamp

  /// A recaller at a moment.
  package init(_ store: Store, at now: Timestamp) {
    searcher = Searcher(store)
    self.now = now
  }

  /// What is recalled for a question, the best first, followed by what was near and is not.
  ///
  /// `question`: What was said; nothing is recalled for one that is too short to mean something, unless
  /// `isAsked`: somebody looks for just that.
  /// `scopes`: Whose memos and facts are looked at.
  /// `project`: The project that is worked on.
  /// `query`: The question's vector.
  package func recall(
    _ question: String, in scopes: [ScopeRow], project: String?, query: Searcher.Query? = nil,
    isAsked: Bool = false
  ) throws -> [Recalled] {
    guard isAsked || !Terms.isTrivial(question) else { return [] }
    let found = try searcher.search(question, in: scopes, query: query, limit: 24)
    let scores = found.map { score($0, project) }
    let order = Ranking.order(found.map(\.doc.n), scores.map(\.total))
    let enough = order.filter { scores[$0].isEnough }
    let chosen = enough.prefix(Score.count(of: enough.map { scores[$0].total }))
    return (enough + order.filter { !scores[$0].isEnough }).map { at in
      Recalled(found: found[at], score: scores[at], isChosen: chosen.contains(at))
    }
  }

  private func score(_ found: Searcher.Found, _ project: String?) -> Score {
    if let fact = found.fact {
      let nearness = Self.nearness(found.scope.kind == .project ? found.scope.name : fact.project, project)
      return Score(
        similarity: found.similarity, age: now - fact.changed,
        isDurable: FactClass(rawValue: fact.kind)?.isDurable ?? true, recalls: fact.recalls,
        project: nearness, isExact: found.isExact)
    }
    let memo = found.memo
    let nearness = Self.nearness(found.scope.kind == .project ? found.scope.name : nil, project)
    return Score(
      similarity: found.similarity, age: memo.map { now - $0.changed } ?? 0, isDurable: true,
      recalls: memo?.recalls ?? 0, project: nearness, isExact: found.isExact)
  }

  private static func nearness(_ own: String?, _ project: String?) -> Score.Nearness {
    guard let own else { return .none }
    return own == project ? .same : .other
  }
}
