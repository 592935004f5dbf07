/// What changed between two texts, line by line, as `diff -u` shows it.
enum Difference {
  /// Lines with `-`, `+` or a blank before them; long stretches without a change are left out.
  static func lines(_ old: [String], _ new: [String], context: Int = 2) -> [String] {
    let marked = marked(old, new)
    var shown: [String] = []
    var isCut = false
    for index in marked.indices {
      let near = marked[max(0, index - context)...min(marked.count - 1, index + context)]
      guard near.contains(where: { $0.mark != " " }) else {
        isCut = true
        continue
      }
      if isCut { shown.append("  ...") }
      isCut = false
      shown.append("\(marked[index].mark) \(marked[index].text)")
    }
    if isCut, !shown.isEmpty { shown.append("  ...") }
    return shown
  }

  private static func marked(_ old: [String], _ new: [String]) -> [(mark: String, text: String)] {
    var start = 0
    while start < old.count, start < new.count, old[start] == new[start] { start += 1 }
    var end = 0
    while end < old.count - start, end < new.count - start,
      old[old.count - 1 - end] == new[new.count - 1 - end]
    { end += 1 }
    let left = Array(old[start..<old.count - end])
    let right = Array(new[start..<new.count - end])
    return old[..<start].map { (" ", $0) } + middle(left, right) + old[(old.count - end)...].map { (" ", $0) }
  }

  /// The longest common sequence; of two large texts that have little in common the lines as they are.
  private static func middle(_ old: [String], _ new: [String]) -> [(mark: String, text: String)] {
    guard old.count * new.count < 4_000_000 else { return old.map { ("-", $0) } + new.map { ("+", $0) } }
    var lengths = [[Int32]](
      repeating: [Int32](repeating: 0, count: new.count + 1), count: old.count + 1)
    for i in old.indices.reversed() {
      for j in new.indices.reversed() {
        lengths[i][j] =
          old[i] == new[j] ? lengths[i + 1][j + 1] + 1 : max(lengths[i + 1][j], lengths[i][j + 1])
      }
    }
    var result: [(mark: String, text: String)] = []
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
      if i < old.count, j < new.count, old[i] == new[j] {
        result.append((" ", old[i]))
        (i, j) = (i + 1, j + 1)
      } else if i < old.count, j == new.count || lengths[i + 1][j] >= lengths[i][j + 1] {
        result.append(("-", old[i]))
        i += 1
      } else {
        result.append(("+", new[j]))
        j += 1
      }
    }
    return result
  }
}
