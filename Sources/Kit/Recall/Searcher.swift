internal import Memory
package import Store

/// Finds memos and facts by the words of a question, and by its vector where there is one.
///
/// Only the lists of the scopes that are asked are read, and of each the newest part. So a question takes about
/// as long among a million memos as among ten thousand.
package struct Searcher {
  /// A memo or a fact that was found.
  package final class Found {
    /// What it is.
    package let doc: MemoryDoc
    /// Whose it is.
    package let scope: ScopeRow
    /// The memo; nil for a fact.
    package let memo: MemoRow?
    /// The fact; nil for a memo.
    package let fact: FactRow?
    /// What it says.
    package let text: String
    /// How near it is by its words.
    package internal(set) var likeness = 0.0
    /// How near it is by its vector; nil where that was not compared.
    package internal(set) var cosine: Double?
    /// Whether the question stands in it as it is.
    package internal(set) var isExact = false

    init(_ doc: MemoryDoc, _ scope: ScopeRow, _ memo: MemoRow?, _ fact: FactRow?, _ text: String) {
      (self.doc, self.scope, self.memo, self.fact, self.text) = (doc, scope, memo, fact, text)
    }

    /// How near it is in all.
    package var similarity: Double {
      guard let cosine else { return likeness }
      return max(likeness, 0.5 * likeness + 0.5 * max(cosine, 0))
    }
  }

  /// The vector of a question.
  package struct Query: Sendable {
    /// The model that made it.
    package var model: String
    /// The vector, of length 1.
    package var vector: [Float]
    /// A vector as a model gave it; nil where it is none.
    package init?(model: String, _ vector: [Float]) {
      guard let unit = Vectors.unit(vector) else { return nil }
      (self.model, self.vector) = (model, unit)
    }
  }

  private let store: Store
  /// How much of a term's list is read.
  private static let listLimit = 256
  /// So many are compared with the question in full.
  private static let fullLimit = 48

  /// A searcher of a store.
  package init(_ store: Store) { self.store = store }

  /// The nearest memos and facts of some scopes, the nearest first.
  ///
  /// `question`: What is asked.
  /// `scopes`: Whose are looked at.
  /// `query`: The question's vector.
  /// `recalledOnly`: Leaves out facts that are not active.
  package func search(
    _ question: String, in scopes: [ScopeRow], query: Query? = nil, recalledOnly: Bool = true, limit: Int
  ) throws -> [Found] {
    let terms = Terms.question(question)
    var counts = [Double](repeating: 0, count: terms.count)
    var hits = Hits()
    var total = 0.0
    for (place, scope) in scopes.enumerated() {
      total += Double(scope.entries)
      var common: [Int] = []
      for (index, term) in terms.enumerated() {
        let list = try store.matches(MatchText.one(term, scope: scope.n), limit: Self.listLimit)
        for id in list { hits.add(id, place, index) }
        counts[index] += Self.estimate(list, entries: scope.entries)
        if list.count == Self.listLimit { common.append(index) }
      }
      // Of what many have, the newest part of each list may miss what has several of them.
      for group in Self.groups(common, counts) {
        let match = MatchText.all(group.map { terms[$0] }, scope: scope.n)
        for id in try store.matches(match, limit: 64) {
          for index in group { hits.add(id, place, index) }
        }
      }
    }
    let likeness = Likeness(
      question, frequencies: zip(terms, counts).map { (term: $0, count: $1) }, total: max(total, 1))
    let weights = terms.map(likeness.weight(of:))
    let sums = hits.terms.map { mask in
      weights.indices.reduce(0) { mask & 1 << UInt64($1) == 0 ? $0 : $0 + weights[$1] }
    }
    var wanted = Ranking.order(hits.ids, sums).prefix(max(Self.fullLimit, limit)).map {
      (id: hits.ids[$0], place: hits.places[$0])
    }
    let near = try query.map { try nearest($0, in: scopes, count: Self.fullLimit) } ?? []
    for one in near where !wanted.contains(where: { $0.id == one.doc.id }) {
      wanted.append((one.doc.id, one.place))
    }
    var found: [Found] = []
    for one in wanted {
      guard let made = try load(MemoryDoc(id: one.id), scopes[one.place], recalledOnly: recalledOnly) else {
        continue
      }
      (made.likeness, made.isExact) = likeness.of(made.text)
      if let query { made.cosine = try cosine(query, made.doc) }
      if made.similarity > 0 { found.append(made) }
    }
    let order = Ranking.order(found.map(\.doc.n), found.map { $0.similarity + ($0.isExact ? 10 : 0) })
    return order.prefix(limit).map { found[$0] }
  }

  /// What was found in the lists: the rows, whose they are, and which terms they have.
  private struct Hits {
    var ids: [Int64] = []
    var places: [Int] = []
    /// A bit for each term; there are at most 32.
    var terms: [UInt64] = []
    private var known: [Int64: Int] = [:]

    mutating func add(_ id: Int64, _ place: Int, _ term: Int) {
      if let at = known[id] {
        terms[at] |= 1 << UInt64(term)
      } else {
        known[id] = ids.count
        ids.append(id)
        places.append(place)
        terms.append(1 << UInt64(term))
      }
    }
  }

  /// How many texts have a term, of the newest part of its list.
  private static func estimate(_ list: [Int64], entries: Int64) -> Double {
    guard list.count == listLimit, let newest = list.first, let oldest = list.last else {
      return Double(list.count)
    }
    // As dense as in that part; numbers of memos and facts are every second one.
    let span = Double(max(newest - oldest, 1))
    let guess = Double(list.count) * Double(max(newest, 1)) / span
    return max(Double(list.count), min(guess, Double(entries)))
  }

  /// Which common terms are looked for together: all of them, then the rarest in pairs.
  private static func groups(_ common: [Int], _ counts: [Double]) -> [[Int]] {
    guard common.count > 1 else { return [] }
    let rarest = Ranking.order(common.map { Int64($0) }, common.map { -counts[$0] }).map { common[$0] }
    var groups = [Array(rarest.prefix(6))]
    if rarest.count > 2 { groups.append(Array(rarest.prefix(3))) }
    for one in 0..<min(rarest.count, 3) {
      for other in (one + 1)..<min(rarest.count, 3) { groups.append([rarest[one], rarest[other]]) }
    }
    return groups
  }

  private func load(_ doc: MemoryDoc, _ scope: ScopeRow, recalledOnly: Bool) throws -> Found? {
    if doc.isFact {
      guard let fact = try store.fact(n: doc.n),
        !recalledOnly || FactState(rawValue: fact.state)?.isRecalled == true
      else { return nil }
      return Found(doc, scope, nil, fact, fact.text)
    }
    guard let memo = try store.memo(n: doc.n) else { return nil }
    return Found(doc, scope, memo, nil, MemoryText.searched(memo))
  }

  // MARK: - Vectors

  private func cosine(_ query: Query, _ doc: MemoryDoc) throws -> Double? {
    guard let bytes = try store.vector(of: doc), let vector = Vectors.vector(bytes),
      vector.count == query.vector.count
    else { return nil }
    return Double(Vectors.cosine(query.vector, vector))
  }

  /// The memos and facts with the nearest vectors, the nearest first, each with its place among the scopes:
  /// exactly these, though only bytes are read of most.
  package func nearest(
    _ query: Query, in scopes: [ScopeRow], count: Int
  ) throws -> [(doc: MemoryDoc, place: Int, cosine: Double)] {
    let code = VectorCode(query.vector)
    var ids: [Int64] = []
    var places: [Int] = []
    var highs: [Float] = []
    var lows = Lows(count)
    for (index, scope) in scopes.enumerated() {
      try store.vectorCodes(in: scope.n, model: query.model) { doc, bytes in
        guard let (value, bound) = code.cosine(with: bytes), value + bound >= lows.least else { return }
        lows.add(value - bound)
        ids.append(doc.id)
        places.append(index)
        highs.append(value + bound)
      }
    }
    var cosines: [Double] = []
    var kept: [Int] = []
    for at in ids.indices where highs[at] >= lows.least {
      guard let cosine = try cosine(query, MemoryDoc(id: ids[at])) else { continue }
      cosines.append(cosine)
      kept.append(at)
    }
    return Ranking.order(kept.map { ids[$0] }, cosines).prefix(count).map {
      (MemoryDoc(id: ids[kept[$0]]), places[kept[$0]], cosines[$0])
    }
  }

  /// The largest of the values that cosines have at least: what cannot reach the least of them is not among
  /// the nearest.
  private struct Lows {
    private var heap: [Float] = []
    private let count: Int
    init(_ count: Int) { self.count = max(count, 1) }

    var least: Float { heap.count < count ? -.infinity : heap[0] }

    mutating func add(_ value: Float) {
      if heap.count < count {
        heap.append(value)
        if heap.count == count { heap.sort() }
      } else if value > heap[0] {
        heap[0] = value
        var at = 0
        while true {
          var least = at
          for child in [2 * at + 1, 2 * at + 2] where child < count && heap[child] < heap[least] {
            least = child
          }
          if least == at { return }
          heap.swapAt(at, least)
          at = least
        }
      }
    }
  }
}
