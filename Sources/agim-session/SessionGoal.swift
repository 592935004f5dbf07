import Console
import Goals
import JSON
import Journal
import Settings
import Stage
import Store
import System
import Text

/// `agim-session goal`: what conversations work towards.
enum SessionGoal {
  private static let words = ["list", "show", "set", "progress", "complete", "drop"]
  private static let listLimit = 1000
  private static let shownNotes = 100

  /// Does what stands behind `goal`.
  static func run(_ given: Arguments, _ stage: Stage) throws {
    let word = given.operands[0]
    guard words.contains(word) else {
      throw Failure.usage(
        "goal: unknown word '\(word)'", hint: Nearest.match(word, among: words).map { "did you mean \($0)?" })
    }
    let arguments = try command.reparse(given, after: 1, order: .beforeOperands)
    if word == "list" {
      if !arguments.operands.isEmpty { throw Failure.usage("goal list takes no operand") }
      for row in try stage.journal.store.goals(of: nil, limit: listLimit)
      where row.state == .active || arguments.has("all") {
        stage.output.append(arguments.has("json") ? try json(row, stage) : line(row))
      }
      return
    }
    guard let name = arguments.operands.first else {
      throw Failure.usage("goal \(word): the address is missing")
    }
    let address = try address(name, stage)
    let text = arguments.operands.dropFirst().joined(separator: " ")
    if ["show", "drop"].contains(word), !text.isEmpty {
      throw Failure.usage("goal \(word) takes an address alone, but got '\(text)' too")
    }
    if word == "show" { return try show(address, arguments, stage) }
    if ProcessTree.isBelowGuardian() {
      throw Failure(.notPermitted, "goal \(word): an agent may not change what others work towards")
    }
    try change(word, address, text, by: "local:\(localName(arguments))", stage)
  }

  private static func show(_ address: String, _ arguments: Arguments, _ stage: Stage) throws {
    guard let goal = try stage.journal.store.activeGoal(address) else { throw none(address) }
    if arguments.has("json") { return stage.output.append(try json(goal, stage)) }
    stage.output.append(line(goal))
    for note in try stage.journal.store.goalNotes(goal.n, last: shownNotes) {
      stage.output.append(
        Array("  \(note.created)  \(displayEscaped(note.person))  \(displayEscaped(note.text))\n".utf8))
    }
  }

  private static func change(
    _ word: String, _ address: String, _ text: String, by person: String, _ stage: Stage
  ) throws {
    let goals = Goals(stage.journal.store, secrets: stage.settings.plainSecrets)
    let now = stage.journal.clock.now()
    do {
      _ = try stage.journal.write {
        switch word {
        case "set": try goals.set(text, in: address, by: person, at: now)
        case "progress": try goals.progress(text, in: address, by: person, at: now)
        case "complete": try goals.end(.done, text, in: address, by: person, at: now)
        default: try goals.end(.dropped, in: address, by: person, at: now)
        }
      }
    } catch GoalProblem.none {
      throw none(address)
    } catch GoalProblem.empty {
      throw Failure.usage("goal \(word): the text is missing")
    } catch GoalProblem.tooLong(let limit) {
      throw Failure(.dataError, "goal \(word): the text is longer than \(limit) bytes")
    }
  }

  private static func none(_ address: String) -> Failure {
    Failure(.noInput, "\(address) has no goal", hint: "agim-session goal set \(address) TEXT")
  }

  private static func line(_ row: GoalRow) -> [UInt8] {
    let columns = [
      "\(row.n)", row.state.rawValue, row.created.description, row.session, row.person,
      SessionText.oneLine(row.text),
    ]
    return Array((columns.map(displayEscaped).joined(separator: "  ") + "\n").utf8)
  }

  private static func json(_ row: GoalRow, _ stage: Stage) throws -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("n", Int(row.n))
    json.member("session", row.session)
    json.member("generation", Int(row.generation))
    json.member("person", row.person)
    json.member("state", row.state.rawValue)
    json.member("text", row.text)
    json.member("created", row.created.description)
    json.member("since", row.since.description)
    json.name("notes")
    json.beginArray()
    for note in try stage.journal.store.goalNotes(row.n, last: shownNotes) {
      json.beginObject()
      json.member("person", note.person)
      json.member("text", note.text)
      json.member("created", note.created.description)
      json.endObject()
    }
    json.endArray()
    json.endObject()
    json.newline()
    return json.bytes
  }
}
