internal import Memory
package import Store

/// Finds memos and facts by the words of a question, and by its vector where there is one.
///
/// Only the lists of the scopes that are asked are read, and of each the newest part. So a question takes about
/// as long among a million memos as among ten thousand.
package struct Searcher {
  /// A memo or a fact that was found.
  package struct Found: Sendable {
    /// What it is.
    package var doc: MemoryDoc
    /// Whose it is.
    package var scope: ScopeRow
    /// The memo; nil for a fact.
    package var memo: MemoRow?
    /// The fact; nil for a memo.
    package var fact: FactRow?
    /// What it says.
    package var text: String
    /// How near it is by its words.
    package var likeness: Double
    /// How near it is by its vector; nil where that was not compared.
    package var cosine: Double?
    /// Whether the question stands in it as it is.
    package var isExact: Bool

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
    var sums: [MemoryDoc: (scope: ScopeRow, terms: [Int])] = [:]
    var total = 0.0
    for scope in scopes {
      total += Double(scope.entries)
      var common: [Int] = []
      for (index, term) in terms.enumerated() {
        let list = try store.matches(MatchText.one(term, scope: scope.n), limit: Self.listLimit)
        for id in list { sums[MemoryDoc(id: id), default: (scope, [])].terms.append(index) }
        counts[index] += Self.estimate(list, entries: scope.entries)
        if list.count == Self.listLimit { common.append(index) }
      }
      // Of what many have, the newest part of each list may miss what has several of them.
      for group in Self.groups(common, counts) {
        let match = MatchText.all(group.map { terms[$0] }, scope: scope.n)
        for id in try store.matches(match, limit: 64) {
          let doc = MemoryDoc(id: id)
          let known = Set(sums[doc]?.terms ?? [])
          sums[doc, default: (scope, [])].terms += group.filter { !known.contains($0) }
        }
      }
    }
    let likeness = Likeness(
      question, frequencies: zip(terms, counts).map { (term: $0, count: $1) }, total: max(total, 1))
    let weights = terms.map(likeness.weight(of:))
    var ranked = sums.map { doc, value in
      (doc: doc, scope: value.scope, weight: value.terms.reduce(0) { $0 + weights[$1] })
    }
    ranked.sort { ($0.weight, $0.doc) > ($1.weight, $1.doc) }
    let cosines = try query.map { try nearest($0, in: scopes, count: Self.fullLimit) } ?? [:]
    var wanted: [(doc: MemoryDoc, scope: ScopeRow)] = ranked.prefix(max(Self.fullLimit, limit)).map {
      ($0.doc, $0.scope)
    }
    let listed = Set(wanted.map(\.doc))
    for (doc, value) in cosines where !listed.contains(doc) { wanted.append((doc, value.scope)) }
    var found: [Found] = []
    for (doc, scope) in wanted {
      guard var one = try load(doc, scope, recalledOnly: recalledOnly) else { continue }
      (one.likeness, one.isExact) = likeness.of(one.text)
      if let query { one.cosine = try cosines[doc]?.cosine ?? cosine(query, doc) }
      if one.similarity > 0 { found.append(one) }
    }
    found.sort { one, other in
      if one.isExact != other.isExact { return one.isExact }
      return (one.similarity, one.doc.n) > (other.similarity, other.doc.n)
    }
    return Array(found.prefix(limit))
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
    let rarest = common.sorted { counts[$0] < counts[$1] }
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
      return Found(
        doc: doc, scope: scope, memo: nil, fact: fact, text: fact.text, likeness: 0, cosine: nil,
        isExact: false)
    }
    guard let memo = try store.memo(n: doc.n) else { return nil }
    return Found(
      doc: doc, scope: scope, memo: memo, fact: nil, text: MemoryText.searched(memo), likeness: 0,
      cosine: nil, isExact: false)
  }

  // MARK: - Vectors

  private func cosine(_ query: Query, _ doc: MemoryDoc) throws -> Double? {
    guard let bytes = try store.vector(of: doc), let vector = Vectors.vector(bytes),
      vector.count == query.vector.count
    else { return nil }
    return Double(Vectors.cosine(query.vector, vector))
  }

  /// The memos and facts with the nearest vectors: exactly these, though only bytes are read of most.
  package func nearest(
    _ query: Query, in scopes: [ScopeRow], count: Int
  ) throws -> [MemoryDoc: (scope: ScopeRow, cosine: Double)] {
    let code = VectorCode(query.vector)
    var near: [(doc: MemoryDoc, scope: Int, value: Float, bound: Float)] = []
    var lows = Lows(count)
    for (index, scope) in scopes.enumerated() {
      try store.vectorCodes(in: scope.n, model: query.model) { doc, bytes in
        guard let (value, bound) = code.cosine(with: bytes), value + bound >= lows.least else { return }
        lows.add(value - bound)
        near.append((doc, index, value, bound))
      }
    }
    var exact: [(doc: MemoryDoc, scope: Int, cosine: Double)] = []
    for one in near where one.value + one.bound >= lows.least {
      if let cosine = try cosine(query, one.doc) { exact.append((one.doc, one.scope, cosine)) }
    }
    exact.sort { ($0.cosine, $0.doc) > ($1.cosine, $1.doc) }
    var result: [MemoryDoc: (scope: ScopeRow, cosine: Double)] = [:]
    for one in exact.prefix(count) { result[one.doc] = (scopes[one.scope], one.cosine) }
    return result
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
