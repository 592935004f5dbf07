/// A number alone where a time of the day could stand: `tomorrow 10 call Ann`.
///
/// It may be the hour, or what is said may begin with it. A guess would be wrong without a word about it.
enum BareHour {
  /// What to write instead, where a text goes on with such a number behind its time; empty for all others.
  static func forms(of text: String, behind place: Int, _ reader: (inout Words) throws -> Schedule?)
    -> [String]
  {
    var words = Words(text)
    words.at = place
    while let next = words.peek, Words.isBlank(next) || ",、".unicodeScalars.contains(next) { words.at += 1 }
    let start = words.at
    guard start > place, let hour = words.bareHour() else { return [] }
    let before = String(String.UnicodeScalarView(text.unicodeScalars.prefix(start)))
    let number = words.at - start
    // With a time of the day behind it already, a second one is not read.
    var marked = Words("\(before)at \(words.rest(from: start))")
    guard (try? reader(&marked)) != nil, marked.at == start + 3 + number else { return [] }
    let isChinese = before.unicodeScalars.contains(where: Words.isChinese)
    return [
      shortened(before, isChinese ? "\(hour)点" : "at \(hour)", words.rest(from: words.at)),
      shortened(before, "9:00 ", words.rest(from: start)),
    ]
  }

  private static func shortened(_ before: String, _ time: String, _ rest: String) -> String {
    rest.unicodeScalars.count > 40 ? "\(before)\(time)\(rest.prefix(40))…" : "\(before)\(time)\(rest)"
  }
}

extension Words {
  /// Takes a number alone that may be an hour.
  mutating func bareHour() -> Int? {
    let start = at
    skipBlanks()
    if let hour = digits(1...2), hour <= 24,
      peek.map({ Self.isBlank($0) || ",、".unicodeScalars.contains($0) }) ?? true
    {
      return hour
    }
    at = start
    return nil
  }

  /// Whether such a number follows.
  var isBareHour: Bool {
    var ahead = self
    return ahead.bareHour() != nil
  }
}
