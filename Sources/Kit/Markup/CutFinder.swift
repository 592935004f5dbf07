/// Finds where a part may best end.
struct CutFinder {
  let map: SourceMap
  let start: Int
  /// The part ends here at the latest.
  let window: Int

  func best() -> Int {
    if window >= map.bytes.count { return map.bytes.count }
    let lines = lineCuts()
    let half = start + (window - start) / 2
    let tenth = start + (window - start) / 10
    if let empty = lines.empty, empty >= half { return empty }
    if let feed = lines.feed, feed >= half { return feed }
    let last = map.line(at: window)
    // In a row, and in code, nothing but the end of a line is good, if there is one.
    let isBound = map.grid(last) != nil || map.code(last) != nil
    if isBound, let any = lines.feed { return any }
    let words = characterCuts(in: last)
    if let sentence = words.sentence, sentence >= half { return sentence }
    if let blank = words.blank, blank >= half { return blank }
    if let any = lines.feed, any >= tenth { return any }
    return words.sentence ?? words.blank ?? lines.feed ?? words.any
  }

  /// The last ends of lines in the window: behind an empty line, and behind any.
  private func lineCuts() -> (empty: Int?, feed: Int?) {
    var feed: Int?
    var line = map.line(at: window)
    while map.starts[line] > start {
      let cut = map.starts[line]
      defer { line -= 1 }
      guard mayBegin(line) else { continue }
      if feed == nil { feed = cut }
      if map.code(line) == nil, line > 0, map.isEmpty(line - 1), !map.isEmpty(line) { return (cut, feed) }
      // What is before the first half is not wanted.
      if cut < start + (window - start) / 2 { break }
    }
    return (nil, feed)
  }

  /// Whether a part may begin with this line: not with a fence that closes, or the first line behind one that
  /// opens, nor with the rule or the first row of a table.
  private func mayBegin(_ line: Int) -> Bool {
    if let code = map.code(line) { return line > code.content.lowerBound && line < code.content.upperBound }
    if let grid = map.grid(line) { return line > grid.rows.lowerBound }
    if line + 1 < map.count, let grid = map.grid(line + 1) { return grid.rows.lowerBound != line + 1 }
    return true
  }

  /// The last places in a line that are the end of a sentence, of a word, of a character.
  private func characterCuts(in line: Int) -> (sentence: Int?, blank: Int?, any: Int) {
    let first = max(start, map.starts[line])
    // A little more than the window shows whether a character goes on behind it.
    var end = min(map.starts[line + 1], window + 128)
    while end < map.bytes.count, map.bytes[end] & 0xC0 == 0x80 { end += 1 }
    var sentence: Int?
    var blank: Int?
    var any: Int?
    var place = first
    var before: Character = " "
    for character in String(decoding: map.bytes[first..<end], as: UTF8.self) {
      if place > window { break }
      // The beginning of a line has been judged as such.
      if place > first {
        any = place
        if before == " " || before == "\t" {
          blank = place
        } else if Self.isStop(before) {
          sentence = place
        }
        if before == " ", let stop = sentenceBefore(place - 1), stop > start { sentence = place }
      }
      before = character
      place += character.utf8.count
    }
    if let any { return (sentence, blank, any) }
    if first > start { return (nil, nil, first) }
    // One character is longer than the window: all of it, if it is not endless.
    if place < end || place == map.starts[line + 1], place > start, place - start <= 128 {
      return (nil, nil, place)
    }
    var cut = min(window, map.bytes.count)
    while cut > start + 1, cut < map.bytes.count, map.bytes[cut] & 0xC0 == 0x80 { cut -= 1 }
    while cut < map.bytes.count, map.bytes[cut] & 0xC0 == 0x80 { cut += 1 }
    return (nil, nil, cut)
  }

  /// Whether a blank at a place stands behind the end of a sentence: the place.
  private func sentenceBefore(_ place: Int) -> Int? {
    guard place > start else { return nil }
    switch map.bytes[place - 1] {
    case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: ";"): return place
    default: return nil
    }
  }

  private static func isStop(_ character: Character) -> Bool {
    switch character {
    case "\u{3002}", "\u{FF01}", "\u{FF1F}", "\u{FF1B}", "\u{2026}", "\u{FF0E}": true
    default: false
    }
  }
}
