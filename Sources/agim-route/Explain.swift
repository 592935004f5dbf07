import Chat
import Console
import Glibc
import JSON
import Routing
import Settings
import Stage
import Store
import System
import Wire

/// Prints what would be decided about a text; nothing is changed, and no store is made.
func explain(_ text: String, _ arguments: Arguments, _ options: RouteOptions) throws -> ExitCode {
  let home = try Home.locate()
  let settings = try Settings.load(home)
  let router = try Router(settings, only: options.only, standard: options.standard)
  let given = arguments.value("session") ?? "stdin:main"
  guard let address = Address(settings.addresses[given] ?? given) else {
    throw Failure.usage("'\(given)' is not an address", hint: "see agim-address(7)")
  }
  let sender =
    arguments.value("from") ?? ProcessGuard.variable("LOGNAME") ?? ProcessGuard.variable("USER") ?? "local"
  // As if it came by its own platform.
  let person = Person(row: address.platform, session: address.platform, id: sender)
  let rank = settings.people.rank(of: person)
  let row = try stored(address, home)
  let choice = SessionChoice(row)
  let facts = MessageFacts(session: address, sender: sender, text: text)

  var json = JSONWriter()
  json.beginObject()
  json.member("text", text)
  json.member("session", address.description)
  json.member("from", person.name)
  json.member("rank", "\(rank)")
  let language = Language.of(text: text, standard: settings.language)
  json.member("language", language.rawValue)
  if rank < .allowed {
    json.member("outcome", "refused")
  } else if case .command(let name, let argument) = ChatText(text) {
    try command(name, argument, rank, language, choice, router, settings, home, &json)
  } else {
    let decision = router.decide(facts, in: choice)
    let isRouted = decision.agent != nil
    json.member("outcome", decision.droppedBy != nil ? "dropped" : isRouted ? "routed" : "passed on")
    write(decision, &json)
  }
  json.name("candidates")
  json.beginArray()
  for score in Classifier.score(text, among: router.agents) {
    json.beginObject()
    json.member("agent", score.agent)
    json.name("score")
    json.raw(Points.text(score.hundredths).utf8)
    json.name("hits")
    json.beginArray()
    for hit in score.hits { json.value(hit) }
    json.endArray()
    json.endObject()
  }
  json.endArray()
  json.endObject()
  json.newline()
  try Files.writeAll(json.bytes, to: 1, subject: "standard output")
  return .ok
}

private func command(
  _ name: String, _ argument: String, _ rank: People.Rank, _ language: Language, _ choice: SessionChoice,
  _ router: Router, _ settings: Settings, _ home: Home, _ json: inout JSONWriter
) throws {
  let desk = ChatDesk(router.agents, settings)
  let context = ChatDesk.Context(rank: rank, language: language, choice: choice)
  json.member("command", name)
  switch try desk.answer(name: name, argument: argument, context) {
  case .answer: json.member("outcome", "answered")
  case .ask, .retry, .attach, .keep, .link, .goal, .job, .heartbeat, .remind:
    json.member("outcome", "answered")
  case .aside(let words):
    json.member("outcome", "routed")
    json.member("words", words)
    json.member("aside", true)
  case .agentCommand(let command):
    json.member("outcome", "routed")
    json.member("command", command)
  case .forward(let agent, let words, _):
    json.member("outcome", "routed")
    json.member("words", words)
    json.member("agent", agent)
  case .unknown:
    let path = "\(home.commands)/\(name)"
    json.member("outcome", rank >= .admin && access(path, X_OK) == 0 ? "runs \(path)" : "unknown command")
  }
}

private func write(_ decision: Decision, _ json: inout JSONWriter) {
  json.member("agent", decision.agent)
  json.member("model", decision.model)
  json.member("project", decision.project)
  json.member("workdir", decision.workdir)
  json.member("mode", decision.mode)
  json.member("prompt", decision.prompt)
  json.member("reply_to", decision.replyTo)
  json.member("matched", decision.rule)
  json.name("reason")
  json.beginObject()
  json.member("rule", decision.reason.text)
  json.name("score")
  json.raw(decision.score.utf8)
  json.endObject()
}

/// The session's row, where there is a store.
private func stored(_ address: Address, _ home: Home) throws -> SessionRow? {
  guard access(home.database, R_OK) == 0 else { return nil }
  do {
    let store = try Store(reading: home.database)
    defer { store.database.close() }
    return try store.currentSession(address.description)
  } catch {
    throw Stage.failure(error)
  }
}
