package import System

/// Moments as header lines have them.
package enum HTTPDate {
  /// The longest wait that a server can ask for: a day.
  package static let longest: Int64 = 86_400_000

  /// Reads the value of Retry-After: seconds, or a date; milliseconds from `now`, never negative.
  package static func delay(_ value: String, now: Timestamp) -> Int64? {
    let text = value.utf8.drop { $0 == 0x20 || $0 == 0x09 }
    let digits = text.prefix { $0 >= 0x30 && $0 <= 0x39 }
    // Some send fractions of a second; what follows the whole ones rounds up.
    let rest = text.dropFirst(digits.count).reversed().drop { $0 == 0x20 || $0 == 0x09 }
    if !digits.isEmpty, rest.isEmpty || text.dropFirst(digits.count).first == UInt8(ascii: ".") {
      guard digits.count <= 9, let seconds = Int64(String(decoding: Array(digits), as: UTF8.self)) else {
        return longest
      }
      return min(longest, (seconds + (rest.isEmpty ? 0 : 1)) * 1000)
    }
    return date(value).map { max(0, min(longest, $0 - now)) }
  }

  /// Reads a date in each of the three forms of RFC 9110.
  ///
  /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
  package static func date(_ text: String) -> Timestamp? {
    let words = text.utf8.split { " ,-\t".utf8.contains($0) }.map { String($0) ?? "" }
    guard words.count >= 5 else { return nil }
    let isC = months[words[1].lowercased()] != nil
    let (day, month, year, time) =
      isC ? (words[2], words[1], words[4], words[3]) : (words[1], words[2], words[3], words[4])
    // Only the old form of C has no zone, and no form has another one.
    guard isC ? words.count == 5 : words.count == 6 && words[5] == "GMT" else { return nil }
    guard let number = months[month.lowercased()], let dayNumber = Int(day), var yearNumber = Int(year),
      (1...31).contains(dayNumber), time.utf8.count == 8
    else { return nil }
    // Two digits: the pages that still write them mean this century or the end of the last one.
    if year.utf8.count == 2 { yearNumber += yearNumber < 70 ? 2000 : 1900 }
    guard (1970...9999).contains(yearNumber) else { return nil }
    return Timestamp(
      rfc3339: "\(padded(yearNumber, 4))-\(padded(number, 2))-\(padded(dayNumber, 2))T\(time)Z")
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  private static let months: [String: Int] = [
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10,
    "nov": 11, "dec": 12,
  ]
}
