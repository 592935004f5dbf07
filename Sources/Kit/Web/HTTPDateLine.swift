internal import System

/// The Date of answers, made once a second.
struct HTTPDateLine {
  private var second: Int64 = -1
  private var text = ""

  /// `Sun, 06 Nov 1994 08:49:37 GMT`.
  mutating func text(_ now: Timestamp) -> String {
    let this = now.milliseconds / 1000
    guard this != second else { return text }
    second = this
    // 2026-11-21T08:00:00.000Z
    let parts = Array(now.description.utf8)
    let days = this / 86_400
    let weekday = Self.weekdays[Int((days % 7 + 11) % 7)]
    let month = Int(String(decoding: parts[5..<7], as: UTF8.self)) ?? 1
    let (day, year) = (parts[8..<10], parts[0..<4])
    text =
      "\(weekday), \(String(decoding: day, as: UTF8.self)) \(Self.months[(month + 11) % 12]) "
      + "\(String(decoding: year, as: UTF8.self)) \(String(decoding: parts[11..<19], as: UTF8.self)) GMT"
    return text
  }

  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
