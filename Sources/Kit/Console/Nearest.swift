/// The known name that a person probably meant.
package enum Nearest {
  /// The nearest of `known` to `name`, nil when none is near.
  package static func match(_ name: String, among known: [String]) -> String? {
    var best: (distance: Int, name: String)?
    for candidate in known {
      let distance = distance(name, candidate)
      if distance <= max(1, min(name.count, candidate.count) / 3), distance < (best?.distance ?? .max) {
        best = (distance, candidate)
      }
    }
    return best?.name
  }

  /// The number of single changes, swaps of neighbours among them, that make one word the other.
  static func distance(_ one: String, _ other: String) -> Int {
    let a = Array(one.lowercased().utf8.prefix(64))
    let b = Array(other.lowercased().utf8.prefix(64))
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [Int](repeating: i + 1, count: b.count + 1)
      for j in b.indices {
        row[j + 1] = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1)
        }
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
