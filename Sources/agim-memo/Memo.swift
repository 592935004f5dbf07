import Console
import Glibc
import JSON
import Journal
import Memory
import Recall
import Settings
import Stage
import Store
import System
import Text

private let verbs = [
  "add", "list", "show", "edit", "rm", "search", "export", "import", "remember", "recall", "facts", "persona",
  "embed", "forget",
]

/// The options of each word; --person goes with all of them.
private let ownOptions: [String: [String]] = {
  let fields = ["who", "when", "where", "why", "how", "tag", "lat", "lon"]
  return [
    "add": fields + ["dry-run", "json", "no-model"], "list": ["json", "limit"], "show": ["json"],
    "edit": fields + ["dry-run", "json", "what"], "rm": ["dry-run"],
    "search": ["json", "limit", "team", "vectors"], "export": ["format"], "import": ["dry-run", "format"],
    "remember": [
      "candidate", "class", "confidence", "dry-run", "json", "project", "scope", "supersedes", "team",
    ],
    "recall": ["explain", "json", "project", "team", "vectors"],
    "facts": ["dry-run", "json", "limit", "project", "scope", "state", "team"],
    "persona": ["dry-run", "json", "no-model"], "embed": ["dry-run", "limit", "team"], "forget": ["dry-run"],
  ]
}()

/// What agim-memo does with its arguments.
func memo(_ given: Arguments) throws -> ExitCode {
  guard let verb = given.operands.first else { throw Failure.usage("what to do is missing") }
  guard verbs.contains(verb) else {
    throw Failure.usage(
      "unknown word '\(verb)'", hint: Nearest.match(verb, among: verbs).map { "did you mean \($0)?" })
  }
  // Options may not stand among operands that are text.
  let isText = ["add", "search", "remember", "recall"].contains(verb)
  let arguments = try command.reparse(given, after: 1, order: isText ? .beforeOperands : .anywhere)
  try arguments.refuseOthers(than: verb, own: ownOptions)
  if ProcessTree.isBelowGuardian() {
    throw Failure(
      .notPermitted, "an agent may not look at everybody's memos",
      hint: "agim-mcp shows it those of its person")
  }
  let stage = try Stage("memo")
  defer { stage.journal.close() }
  do {
    let desk = try Desk(stage, arguments)
    try desk.run(verb)
    stage.journal.store.checkpoint(ifPast: 4 << 20)
    guard try stage.output.drain(limit: .max / 2) else { return .ioError }
  } catch let refusal as Memories.Refusal {
    throw Failure(.dataError, refusal.description)
  } catch {
    throw Stage.failure(error)
  }
  return .ok
}

extension Desk {
  func run(_ verb: String) throws {
    let most = ["list": 0, "show": 1, "edit": 1, "export": 0, "import": 1, "embed": 0, "forget": 0][verb]
    if let most, operands.count > most {
      throw Failure.usage("\(verb): '\(operands[most])' is too much")
    }
    switch verb {
    case "add": try add()
    case "list": for memo in try memories.memos(in: scopes(), limit: limit()) { show(memo) }
    case "show": try details(memo(number(0, "memo")))
    case "edit": try edit(memo(number(0, "memo")))
    case "rm": try remove()
    case "search": try search()
    case "export": try export()
    case "import": try takeIn()
    case "remember": try remember()
    case "recall": try recall()
    case "facts": try facts()
    case "persona": try persona()
    case "embed": try embed()
    default: try forget()
    }
  }

  // MARK: - Memos

  private func add() throws {
    let text = try text(from: 0)
    var fields = isDry || arguments.has("no-model") || hasFields ? [:] : try Model.split(text, stage)
    let what = fields.removeValue(forKey: "what") ?? text
    if isDry { return print("would add: \(displayEscaped(MemoryText.beginning(what, 500)))") }
    let memo = try memories.add(what, person: person) { memo in
      (memo.who, memo.whenText, memo.whereText) = (fields["who"], fields["when"], fields["where"])
      (memo.why, memo.how, memo.tags) = (fields["why"], fields["how"], fields["tags"] ?? "")
      try setFields(&memo)
    }
    if isJSON { show(memo) } else { print("\(memo.n)") }
  }

  private static let fieldNames = ["who", "when", "where", "why", "how", "tag", "lat", "lon", "what"]

  private var hasFields: Bool { Self.fieldNames.contains(where: arguments.has) }

  private func setFields(_ memo: inout MemoRow) throws {
    if let text = arguments.value("what") { memo.what = text }
    if let text = arguments.value("who") { memo.who = text }
    if let text = arguments.value("when") {
      memo.whenText = text
      memo.whenAt = Timestamp(rfc3339: text)
    }
    if let text = arguments.value("where") { memo.whereText = text }
    if let text = arguments.value("why") { memo.why = text }
    if let text = arguments.value("how") { memo.how = text }
    if arguments.has("tag") { memo.tags = arguments.all("tag").joined(separator: " ") }
    if let lat = try degrees("lat") { memo.lat = lat }
    if let lon = try degrees("lon") { memo.lon = lon }
  }

  private func degrees(_ name: String) throws -> Double? {
    guard let text = arguments.value(name) else { return nil }
    guard let value = Double(text), value.isFinite else {
      throw Failure.usage("option --\(name): '\(text)' is not a number of degrees")
    }
    return value
  }

  private func details(_ memo: MemoRow) throws {
    let item = Exchange.item(memo)
    if isJSON { return stage.output.append(Exchange.line(item, n: memo.n)) }
    for (name, value) in item.fields {
      print(name + String(repeating: " ", count: max(1, 10 - name.count)) + displayEscaped(value))
    }
    print("recalled  \(memo.recalls)\(memo.recalled.map { ", last \($0)" } ?? "")")
  }

  private func edit(_ memo: MemoRow) throws {
    var memo = memo
    if hasFields {
      try setFields(&memo)
    } else {
      guard
        let changed = try Editor.edit(Exchange.markdown([(Exchange.item(memo), memo.n)], of: person), stage)
      else { return print("memo \(memo.n) stays as it is") }
      let items = try Exchange.items(markdown: changed)
      guard items.count == 1, items[0].type == "memo", let what = items[0]["what"] else {
        throw Memories.Refusal("what the editor left is not one memo; nothing was changed")
      }
      let item = items[0]
      memo.what = what
      (memo.who, memo.whenText, memo.whereText) = (item["who"], item["when"], item["where"])
      (memo.why, memo.how, memo.tags) = (item["why"], item["how"], item["tags"] ?? "")
      memo.whenAt = item["at"].flatMap { Timestamp(rfc3339: $0) }
      (memo.lat, memo.lon) = (item["lat"].flatMap { Double($0) }, item["lon"].flatMap { Double($0) })
    }
    if isDry { return print("would change memo \(memo.n): \(displayEscaped(MemoryText.line(memo)))") }
    show(try memories.change(memo))
  }

  private func remove() throws {
    guard !operands.isEmpty else { throw Failure.usage("rm: the number of a memo is missing") }
    // All of them are looked at before the first is removed.
    let found = try operands.map { try memo(Self.number($0, "memo")) }
    if isDry {
      for memo in found { print("would remove memo \(memo.n)") }
      return
    }
    try store.write { for memo in found { _ = try store.removeMemo(memo.n) } }
  }

  private func search() throws {
    let text = try text(from: 0)
    let query = try Model.query(text, isWanted: arguments.has("vectors"), stage)
    let found = try Searcher(store).search(
      text, in: memories.scopes(person: person, team: team), query: query, recalledOnly: false, limit: limit()
    )
    for one in found {
      if let memo = one.memo { show(memo) }
      if let fact = one.fact {
        show(
          Exchange.item(fact), n: fact.n, isFact: true, line: MemoryText.beginning(fact.text, 200))
      }
    }
  }

  // MARK: - Out and in

  private func export() throws {
    let format = try format()
    var items: [(item: Exchange.Item, n: Int64?)] = []
    func flush() {
      if format == "ndjson" {
        for (item, n) in items { stage.output.append(Exchange.line(item, n: n)) }
        items = []
      }
    }
    for scope in try scopes() {
      var last = Int64.max
      while true {
        let memos = try store.memos(in: scope.n, before: last, limit: 500)
        guard let oldest = memos.last else { break }
        last = oldest.n
        items += memos.map { (Exchange.item($0), $0.n) }
        flush()
      }
      last = .max
      while true {
        let facts = try store.facts(in: scope.n, state: nil, before: last, limit: 500)
        guard let oldest = facts.last else { break }
        last = oldest.n
        items += facts.map { (Exchange.item($0), $0.n) }
        flush()
      }
      if let persona = try store.persona(of: scope.n) { items.append((Exchange.item(persona), nil)) }
      flush()
    }
    if format == "markdown" { stage.output.append(Array(Exchange.markdown(items, of: person).utf8)) }
  }

  private func format() throws -> String {
    let format = arguments.value("format") ?? "ndjson"
    guard ["ndjson", "markdown"].contains(format) else {
      throw Failure.usage("option --format: '\(format)' is neither ndjson nor markdown")
    }
    return format
  }

  private func file(_ path: String, limit: Int) throws -> [UInt8] {
    do throws(SystemError) {
      return try Files.readRegular(path, limit: limit)
    } catch {
      guard error.isMissing else { throw error }
      throw Failure(.noInput, "\(path): \(error.reason)")
    }
  }

  private func takeIn() throws {
    let limit = 256 << 20
    let bytes =
      operands.first.map { $0 == "-" } ?? true
      ? try Desk.input(limit: limit) : try file(operands[0], limit: limit)
    var items: [Exchange.Item] = []
    if try format() == "markdown" {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw Memories.Refusal("what is to be imported is not text in UTF-8")
      }
      items = try Exchange.items(markdown: text)
    } else {
      for (index, line) in bytes.split(separator: 0x0A).enumerated() {
        do {
          items.append(try Exchange.item(line: Array(line)))
        } catch let refusal as Memories.Refusal {
          throw Memories.Refusal("line \(index + 1): \(refusal)")
        }
      }
    }
    if isDry { return print("would import \(items.count)") }
    // All or nothing, in the order in which they were made: exports have the newest first.
    try store.write {
      for (index, item) in items.enumerated().reversed() {
        do {
          try memories.take(item, person: person)
        } catch let refusal as Memories.Refusal {
          throw Memories.Refusal("\(item.type) \(index + 1): \(refusal)")
        }
      }
    }
    print("\(items.count)")
  }

  private func forget() throws {
    guard arguments.has("person") else {
      throw Failure.usage("forget: whom is missing", hint: "--person PLATFORM:ID")
    }
    var accounts: [String] = []
    for one in Desk.sameUser(person) {
      for account in try store.accounts(of: one) where !accounts.contains(account) {
        accounts.append(account)
      }
    }
    let count = try accounts.compactMap { try store.scope(.person, $0) }.reduce(0) { $0 + $1.entries }
    if isDry {
      return print("would forget \(accounts.joined(separator: ", ")): \(count) memos and facts")
    }
    let (entries, isSwept) = try memories.forget(accounts)
    print("forgotten: \(accounts.map(displayEscaped).joined(separator: ", ")): \(entries) memos and facts")
    guard isSwept else {
      throw Failure(
        .temporary, "others are reading the store: its log still holds what was removed",
        hint: "run the same command again when they are done")
    }
  }
}
