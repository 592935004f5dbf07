internal import Memory
package import Store
internal import System

/// Memos and facts as text.
package enum MemoryText {
  /// A text beyond this is refused.
  package static let limit = 16 << 10

  /// What a memo is found by.
  package static func searched(_ memo: MemoRow) -> String {
    [memo.what, memo.who, memo.whenText, memo.whereText, memo.why, memo.how, memo.tags].compactMap(\.self)
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// A memo on one line, as it is put before a prompt.
  package static func line(_ memo: MemoRow) -> String {
    var text = oneLine(memo.what)
    var parts: [String] = []
    if let who = memo.who { parts.append("who: \(who)") }
    if let when = memo.whenText { parts.append("when: \(when)") }
    if let at = memo.whenAt { parts.append("at: \(at)") }
    if let place = memo.whereText { parts.append("where: \(place)") }
    if let why = memo.why { parts.append("why: \(why)") }
    if let how = memo.how { parts.append("how: \(how)") }
    if let place = coordinates(memo) { parts.append("at: \(place)") }
    if !memo.tags.isEmpty { parts.append("tags: \(memo.tags)") }
    if !parts.isEmpty { text += " (\(oneLine(parts.joined(separator: "; "))))" }
    return text
  }

  /// Where a memo is, as latitude and longitude; nil where it says nothing.
  package static func coordinates(_ memo: MemoRow) -> String? {
    guard let lat = memo.lat, let lon = memo.lon else { return nil }
    return "\(degrees(lat)), \(degrees(lon))"
  }

  /// Degrees to six places, a tenth of a metre.
  package static func degrees(_ value: Double) -> String {
    let millionths = Int64((abs(value) * 1e6).rounded())
    var digits = String(millionths % 1_000_000)
    digits = String(repeating: "0", count: 6 - digits.count) + digits
    return "\(value < 0 && millionths > 0 ? "-" : "")\(millionths / 1_000_000).\(digits)"
  }

  /// A text without line breaks.
  package static func oneLine(_ text: String) -> String {
    String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }

  /// About how many tokens a model makes of a text: four letters of the Latin alphabet each, or one of others.
  package static func tokens(_ text: String) -> Int {
    var narrow = 0
    var wide = 0
    for scalar in text.unicodeScalars { if scalar.value < 0x250 { narrow += 1 } else { wide += 1 } }
    return (narrow + 3) / 4 + wide
  }

  /// The first so many characters of a text.
  package static func beginning(_ text: String, _ count: Int) -> String {
    let flat = oneLine(text)
    return flat.unicodeScalars.count > count
      ? String(String.UnicodeScalarView(flat.unicodeScalars.prefix(count))) + "…" : flat
  }
}
