/// Takes one part after the other from a source.
struct PartCutter {
  private let map: SourceMap
  private let splitter: TextSplitter
  private var place = 0
  /// How much of the measure a byte took in the part before.
  private var density = 1.0

  init(_ map: SourceMap, _ splitter: TextSplitter) { (self.map, self.splitter) = (map, splitter) }

  /// The next part, without its number; nil at the end.
  ///
  /// - Parameters:
  ///   - label: what will stand before it.
  ///   - ending: what will stand behind it, and becomes a part of it.
  /// - Returns: the part.
  mutating func next(label: String, ending: String) -> TextPart? {
    let count = map.bytes.count
    guard place < count else { return nil }
    let limit = splitter.limit
    var best: (end: Int, text: String)?
    /// The least end that is known to be too far.
    var tooFar = count + 1
    var window = place + clamp(Double(limit) / density)
    // Every second step at least halves what lies between; a part takes two or three.
    for attempt in 0..<64 {
      let end = cut(upTo: min(window, count, tooFar - 1))
      if let best, end <= best.end { break }
      let text = assemble(place..<end) + ending
      let size = splitter.measure(label + text)
      if size <= limit {
        best = (end, text)
        density = max(0.01, Double(size) / Double(end - place))
        if end == count || attempt >= 4 || size > limit / 4 * 3 { break }
        let wanted = Double(end - place) * Double(limit) / Double(max(1, size))
        window = max(place + clamp(wanted), window + 1)
        if window >= tooFar { window = min((end + tooFar) / 2, tooFar - 1) }
        if window <= end { break }
      } else {
        if best != nil, attempt >= 4 { break }
        // What cannot be shorter goes out as it is; the platform will say what it thinks of it.
        guard let least = shorter(end) else {
          if best == nil { best = (end, text) }
          break
        }
        tooFar = end
        let wanted = Double(end - place) * Double(limit) / Double(size) * 0.95
        window = max(least, min(place + clamp(attempt < 8 ? wanted : wanted / 2), end - 1))
      }
    }
    let end = best?.end ?? cut(upTo: place + 1)
    let part = TextPart(
      markdown: best?.text ?? assemble(place..<end) + ending,
      slice: String(decoding: map.bytes[place..<end], as: UTF8.self), number: 0, count: 0)
    place = end
    return part
  }

  private func clamp(_ value: Double) -> Int {
    value < 1 ? 1 : value > Double(map.bytes.count) ? max(1, map.bytes.count) : Int(value)
  }

  /// A place before `end` that a part could end at, if there is one.
  private func shorter(_ end: Int) -> Int? {
    let least = cut(upTo: place + 1)
    return least < end ? least : nil
  }

  /// Where a part ends that begins here and is to end at `window` at the latest.
  ///
  /// It may be later, where a single character is longer than that.
  private func cut(upTo window: Int) -> Int {
    let finder = CutFinder(map: map, start: place, window: max(window, place + 1))
    return finder.best()
  }

  /// The Markdown of a slice, made whole.
  private func assemble(_ slice: Range<Int>) -> String {
    PartText(map: map, slice: slice, limit: splitter.limit).text()
  }
}
