package import Store

/// What is said about reminders; its words are beside each language's catalogue.
package enum ReminderPhrase: Equatable, Sendable {
  /// It was made: its number, the coming time, its schedule where it comes again.
  case made(
    Int64, ReminderRow.Kind, next: String, zone: String, schedule: String?, text: String, isServed: Bool)
  /// Those that wait, a line each.
  case list([String])
  case none(ReminderRow.Kind)
  case cancelled(Int64)
  case paused(Int64)
  case resumed(Int64, next: String)
  case snoozed(Int64, next: String)
  case times(Int64, [String])
  case unknown(String)
  case notYours(Int64)
  case impossible(Int64, ReminderRow.State)
  /// The time is none: why, and forms that are near.
  case unclear([String], command: String)
  case past(String)
  case never(String)
  case wrong(String, [String])
  case otherDay(date: String, weekday: Int, [String], command: String)
  case noText(String)
}
