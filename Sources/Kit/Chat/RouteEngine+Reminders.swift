internal import Console
internal import Journal
internal import Routing
internal import Settings
internal import Stage
internal import Store
internal import Wire

/// Reminders that are made and changed in a chat.
extension RouteEngine {
  /// Answers `/remind` or `/cron`; false when the store cannot be written now.
  func remind(
    _ kind: ReminderRow.Kind, _ argument: String, _ message: RouteLine, _ language: Language,
    _ line: Span<UInt8>
  ) throws -> Bool {
    let wanted = wanted(message, line)
    let speaker = Speaker(wanted.line)
    let chat = ReminderChat(
      kind: kind, session: message.session.name, person: message.person.name, name: speaker.name,
      isDirect: speaker.isDirect, isAdmin: message.rank >= .admin, journal: stage.journal, settings: settings,
      agents: router.agents)
    var answered = Answered.notOurs
    var reply = produced("", message)
    let stored = try stage.attempt {
      do {
        answered = try stage.journal.answer(wanted, replies: []) {
          reply = produced(language.catalogue.say(.reminder(try chat.answer(argument))), message)
          try stage.journal.produce([reply], stage: stage.name)
        }
      } catch let failure as Failure {
        // Nothing has happened then.
        reply = produced(language.catalogue.say(.failed("\(failure)")), message)
        answered = try stage.journal.answer(wanted, replies: [reply])
      }
    }
    guard stored else { return false }
    // What was told within the transaction came too early.
    stage.journal.wakeOthers()
    try show(answered, reply, control: nil)
    return true
  }
}
