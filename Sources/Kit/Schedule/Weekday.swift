/// The names of the days of the week.
package enum Weekday {
  /// The English name; 1 is Monday.
  package static func english(_ weekday: Int) -> String {
    let name = Words.weekdayNames.first { $0.value == weekday }?.word ?? ""
    return name.prefix(1).uppercased() + name.dropFirst()
  }

  /// The Chinese name; 1 is Monday.
  package static func chinese(_ weekday: Int) -> String {
    "周" + (Words.chineseWeekdays.first { $0.value == weekday }?.word ?? "")
  }
}
