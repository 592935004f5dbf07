internal import Schedule
internal import Store

/// What is said about reminders, in English.
extension ReminderPhrase {
  var english: String {
    switch self {
    case .made(let n, let kind, let next, let zone, let schedule, let text, let isServed):
      "\(kind == .text ? "Reminder" : "Prompt") \(n): \(next) (\(zone))"
        + (schedule.map { ", then again: \($0)" } ?? "") + "\n\(text)"
        + (isServed
          ? ""
          : "\n\nIt is noted, but nobody looks for what is due now: a pipeline that begins with 'agim-remind watch' "
            + "does, see agim-remind(1).")
    case .list(let lines): lines.joined(separator: "\n")
    case .none(.text): "No reminders wait. Make one: /remind 10m drink water"
    case .none(.prompt): "No prompts are scheduled. Make one: /cron daily:08:00 what is new?"
    case .cancelled(let n): "\(n) is cancelled."
    case .paused(let n): "\(n) waits until you resume it."
    case .resumed(let n, let next): "\(n) goes on: \(next)"
    case .snoozed(let n, let next): "\(n) comes again: \(next)"
    case .times(let n, []): "\(n) does not come now: it is paused, or has ended."
    case .times(let n, let times): "\(n) comes:\n" + times.joined(separator: "\n")
    case .unknown(let word): "There is no reminder \(word) here. All of them: /remind list"
    case .notYours(let n): "\(n) is another person's."
    case .impossible(let n, let state): "\(n) is \(state.rawValue) already."
    case .unclear(let forms, let command):
      "I do not understand the time. For example:\n"
        + forms.map { "/\(command) \($0)" }.joined(separator: "\n")
    case .past(let time): "\(time) has passed."
    case .never(let text): "\(text) never comes."
    case .otherDay(let date, let weekday, let forms, let command):
      "\(date) is a \(Weekday.english(weekday)). Which is it?\n"
        + forms.map { "/\(command) \($0)" }.joined(separator: "\n")
    case .wrong(let reason, let forms): "\(reason). For example: \(forms.joined(separator: ", "))"
    case .noText(let command): "And what? For example: /\(command) 10m drink water"
    }
  }
}
