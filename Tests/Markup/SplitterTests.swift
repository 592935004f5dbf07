import Testing

@testable import Markup

struct SplitterTests {
  static let splitters: [(String, @Sendable (Int) -> TextSplitter)] = [
    ("source", { TextSplitter(limit: $0) { $0.utf8.count } }),
    ("telegram", { TextSplitter(limit: $0, unit: .utf16) { $0.telegram.visible } }),
    ("discord", { TextSplitter(limit: $0, unit: .utf16) { $0.discord } }),
    ("feishu", { TextSplitter(limit: $0, unit: .bytes) { $0.feishuMarkdown } }),
    ("plain", { TextSplitter(limit: $0, unit: .codePoints) { $0.plain } }),
  ]

  private func check(_ source: String, _ splitter: TextSplitter, _ what: String) {
    let parts = splitter.split(source)
    guard parts.map(\.slice).joined().utf8.elementsEqual(source.utf8) else {
      Issue.record("\(what): the slices are not the source: \(source.debugDescription)")
      return
    }
    var boundaries: Set<Int> = []
    var place = 0
    for character in source {
      boundaries.insert(place)
      place += character.utf8.count
    }
    boundaries.insert(place)
    var end = 0
    for part in parts {
      end += part.slice.utf8.count
      if !boundaries.contains(end) {
        Issue.record("\(what): cut inside a character at \(end): \(source.debugDescription)")
      }
      if splitter.measure(part.markdown) > splitter.limit, part.slice.count > 1 {
        Issue.record("\(what): \(splitter.measure(part.markdown)) > \(splitter.limit): \(part)")
      }
    }
  }

  @Test("slices are the source, characters stay whole, parts fit", arguments: splitters.indices)
  func properties(_ index: Int) {
    let (name, make) = Self.splitters[index]
    var dice = Dice(index + 1)
    for round in 0..<10 {
      let source = Made.noise(&dice, 400)
      for limit in [40, 130, 700] { check(source, make(limit), "\(name) \(limit) noise \(round)") }
    }
    for round in 0..<4 {
      let source = Made.document(&dice, 30)
      for limit in [120, 1000, 4096] { check(source, make(limit), "\(name) \(limit) document \(round)") }
    }
  }
}
