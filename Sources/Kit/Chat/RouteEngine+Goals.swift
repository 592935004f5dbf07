internal import Goals
internal import Journal
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Text

/// `/goal`, `/long_task` and `/complete_goal`.
extension RouteEngine {
  private static let shownNotes = 10

  func goal(
    _ command: GoalCommand, _ message: RouteLine, _ language: Language, _ line: Span<UInt8>
  ) throws -> Bool {
    let words = language.catalogue
    let goals = Goals(stage.journal.store, secrets: self.stage.settings.plainSecrets)
    let (session, person) = (message.session.name, message.person.name)
    let now = stage.journal.clock.now()
    let known = try goals.active(in: session, notes: Self.shownNotes)
    var phrase: WorkPhrase
    var change: () throws -> Void = {}
    switch command {
    case .show:
      guard let known else {
        phrase = .noGoal
        break
      }
      let all = try stage.journal.store.goalNoteCount(known.goal.n)
      phrase = .goalIs(
        displayEscaped(known.goal.text), since: String(known.goal.created.description.prefix(10)),
        notes: known.notes.map { "\($0.created.description.prefix(10)) \(displayEscaped($0.text))" },
        more: all - known.notes.count)
    case .set(let text):
      phrase = .goalSet(
        Self.short(text), replaced: known.map { Self.short($0.goal.text) })
      change = { try goals.set(text, in: session, by: person, at: now) }
    case .progress(let text):
      phrase = known == nil ? .noGoal : .goalNoted
      if known != nil { change = { try goals.progress(text, in: session, by: person, at: now) } }
    case .complete(let text):
      phrase = known.map { .goalDone(Self.short($0.goal.text)) } ?? .noGoal
      if known != nil { change = { try goals.end(.done, text, in: session, by: person, at: now) } }
    case .drop:
      phrase = known.map { .goalDropped(Self.short($0.goal.text)) } ?? .noGoal
      if known != nil { change = { try goals.end(.dropped, in: session, by: person, at: now) } }
    }
    // Before anything is stored: nothing is thrown within the transaction.
    if let text = command.text, !text.isEmpty, (try? goals.check(text)) == nil {
      (phrase, change) = (.goalTooLong(Goals.limit), {})
    }
    return try answer(words.say(phrase), nil, nil, message, line) {
      // Somebody may have ended it since it was looked at: then there is nothing to change.
      do { try change() } catch GoalProblem.none {}
    }
  }

  /// The beginning of a text, on one line, as it may be shown.
  static func short(_ text: String) -> String {
    let flat = String(text.map { $0.isNewline ? " " : $0 })
    return displayEscaped(String(flat.prefix(200))) + (flat.count > 200 ? "…" : "")
  }
}
