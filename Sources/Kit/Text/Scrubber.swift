/// Replaces credentials in text that leaves agim.
///
/// Tokens are recognised by their shape (``ScrubShape/all``), by their surroundings (private key
/// blocks, URLs, headers, assignments: ``ScrubValue``), or because they are secrets which the program
/// itself knows. Each is replaced by `[redacted:family]`; of a header, URL or assignment only the value
/// is. Escape sequences and invisible characters within a token do not hide it.
///
/// A missed secret is worse than a redacted identifier. The limits: a token broken over two lines,
/// Base64 of a whole file, hexadecimal dumps, and secrets of unknown shape without a keyword.
package struct Scrubber: Sendable {
  private let catalog: ScrubCatalog

  /// Prepares a scrubber.
  ///
  /// - Parameter exact: Secrets that the program itself knows. Those of eight bytes or more are
  ///   replaced wherever they stand: as they are, percent-encoded, JSON-escaped, and within Base64.
  package init(exact: [String] = []) {
    let secrets = exact.filter { $0.utf8.count >= 8 }
    catalog = secrets.isEmpty ? .standard : ScrubCatalog(exact: Self.forms(of: secrets))
  }

  /// Replaces the credentials in a whole text.
  package func scrub(_ text: String) -> Scrubbed {
    run(text, partial: false).result
  }

  /// Replaces the credentials in a text that is still growing, and holds back its unfinished end.
  ///
  /// `text` is the whole text so far; when more has come, call again with the longer text. Nothing is
  /// shown that ``scrub(_:)`` redacts in any longer text, and what is shown remains as it is. Held
  /// back are the last word (600 bytes at most), and from its beginning whatever may still become or
  /// extend a secret, however long that is.
  package func scrubPartial(_ text: String) -> Scrubbed {
    run(text, partial: true).result
  }

  /// How many bytes the rules look at in a text: a measure of time for tests.
  package func work(_ text: String) -> Int {
    run(text, partial: false).work
  }

  private func run(_ text: String, partial: Bool) -> (result: Scrubbed, work: Int) {
    let raw = Array(text.utf8)
    var scanner = ScrubScanner(raw, places: nil, catalog: catalog)
    scanner.scan()
    if scanner.marks.isEmpty, !scanner.hasHidden, !partial {
      return (Scrubbed(text: text, rules: [], held: 0), scanner.work)
    }
    var marks = scanner.marks
    var held = scanner.held
    var work = scanner.work
    if scanner.hasHidden {
      // The second look, at what a person sees; the first one finds what an escape sequence contains.
      let clean = ScrubCleaner(raw)
      var second = ScrubScanner(clean.bytes, places: clean.places, catalog: catalog)
      second.scan()
      for mark in second.marks {
        let range = clean.places[mark.start]..<(clean.places[mark.end - 1] + 1)
        marks.append(.init(start: range.lowerBound, end: range.upperBound, rule: mark.rule))
      }
      held = min(held, clean.cut)
      if second.held < clean.places.count { held = min(held, clean.places[second.held]) }
      work += second.work
    }
    let merged = Self.merged(marks)
    var end = partial ? held : raw.count
    // A redaction is shown whole or not at all.
    if let cut = merged.first(where: { $0.start < end && end < $0.end }) { end = cut.start }
    return (render(raw, merged.filter { $0.end <= end }, end: end, text: text), work)
  }

  private func render(
    _ raw: [UInt8], _ marks: [ScrubScanner.Mark], end: Int, text: String
  ) -> Scrubbed {
    if marks.isEmpty, end == raw.count { return Scrubbed(text: text, rules: [], held: 0) }
    var output: [UInt8] = []
    var rules: [String] = []
    var place = 0
    for mark in marks {
      output += raw[place..<mark.start]
      output += "[redacted:\(catalog.family(mark.rule))]".utf8
      place = mark.end
      if !rules.contains(catalog.names[mark.rule]) { rules.append(catalog.names[mark.rule]) }
    }
    output += raw[place..<end]
    return Scrubbed(text: String(decoding: output, as: UTF8.self), rules: rules, held: raw.count - end)
  }

  /// Joins overlapping ranges; the rule of highest precedence gives its name to all.
  private static func merged(_ marks: [ScrubScanner.Mark]) -> [ScrubScanner.Mark] {
    var result: [ScrubScanner.Mark] = []
    for mark in marks.sorted(by: { ($0.start, $0.rule) < ($1.start, $1.rule) }) {
      guard let last = result.last, mark.start < last.end else {
        result.append(mark)
        continue
      }
      result[result.count - 1].end = max(last.end, mark.end)
      result[result.count - 1].rule = min(last.rule, mark.rule)
    }
    return result
  }

  /// The byte strings by which a secret can be recognised; percent and JSON forms are matched on the fly.
  private static func forms(of secrets: [String]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    for secret in secrets {
      var forms = [Array(secret.utf8)]
      // What looks percent-encoded in the secret itself would be decoded on the fly.
      if secret.utf8.contains(UInt8(ascii: "%")) { forms.append(secret.utf8.flatMap(Self.escaped)) }
      if !secret.utf8.allSatisfy({ $0 < 128 }) {
        // Writers that keep to ASCII give two bytes of UTF-16 at a time.
        for upper in [false, true] {
          forms.append(secret.utf16.flatMap { Self.unit($0, upper: upper) })
        }
      }
      for offset in 0...2 {
        forms += [false, true].map { Base64.inner(Array(secret.utf8), offset: offset, url: $0) }
      }
      for form in forms where !result.contains(form) { result.append(form) }
    }
    return result
  }

  private static func escaped(_ byte: UInt8) -> [UInt8] {
    let backslash = UInt8(ascii: "\\")
    return byte == backslash || byte == UInt8(ascii: "\"") ? [backslash, byte] : [byte]
  }

  private static func unit(_ unit: UInt16, upper: Bool) -> [UInt8] {
    if unit < 128 { return [UInt8(truncatingIfNeeded: unit)] }
    let digits = String(unit, radix: 16, uppercase: upper)
    return Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
  }
}
