import Console
import JSON
import Journal
import Memory
import Recall
import Settings
import Stage
import Store
import System
import Text

/// Facts, what is recalled, and personas.
extension Desk {
  /// The scope that facts are about: its kind and its name.
  private func scope() throws -> (ScopeRow.Kind, String) {
    let word = arguments.value("scope") ?? "person"
    guard let kind = ScopeRow.Kind(rawValue: word) else {
      throw Failure.usage("option --scope: '\(word)' is neither person, project nor team")
    }
    switch kind {
    case .person: return (kind, person)
    case .project:
      guard let name = arguments.value("project") else {
        throw Failure.usage("--scope project needs --project NAME")
      }
      return (kind, name)
    case .team:
      guard let team else {
        throw Failure.usage("--scope team needs --team NAME, or memory.team in config.json")
      }
      return (kind, team)
    }
  }

  func remember() throws {
    let text = try text(from: 0)
    let (kind, name) = try scope()
    let confidence = arguments.value("confidence").map { ($0, Double($0)) }
    if let (text, value) = confidence, value.map({ !(0...1).contains($0) }) ?? true {
      throw Failure.usage("option --confidence: '\(text)' is not a number from 0 to 1")
    }
    if let word = arguments.value("class"), FactClass(rawValue: word) == nil {
      throw Failure.usage(
        "option --class: '\(word)' is none",
        hint: FactClass.allCases.map(\.rawValue).joined(separator: ", "))
    }
    let supersedes = try arguments.value("supersedes").map { try Self.number($0, "fact") }
    if let supersedes { _ = try fact(supersedes) }
    if isDry { return print("would remember: \(displayEscaped(MemoryText.beginning(text, 500)))") }
    let fact = try memories.remember(
      text, kind, name, state: arguments.has("candidate") ? .candidate : .active,
      confidence: confidence?.1 ?? 1, supersedes: supersedes
    ) { fact in
      if let word = arguments.value("class") { fact.kind = word }
      if kind == .person { fact.project = arguments.value("project") }
    }
    if isJSON { show(fact) } else { print("\(fact.n)") }
  }

  private func ownScopes() throws -> [ScopeRow] {
    let (kind, name) = try scope()
    return kind == .person ? try scopes() : try store.scope(kind, name).map { [$0] } ?? []
  }

  private func fact(_ n: Int64) throws -> FactRow {
    let scopes = try ownScopes()
    guard let fact = try store.fact(n: n), scopes.contains(where: { $0.n == fact.scope }) else {
      throw Failure(.noInput, "there is no fact \(n) here", hint: "see 'agim-memo facts list --state all'")
    }
    return fact
  }

  func facts() throws {
    let verb = operands.first ?? "list"
    switch verb {
    case "list":
      let word = arguments.value("state") ?? "active"
      guard word == "all" || FactState(rawValue: word) != nil else {
        throw Failure.usage(
          "option --state: '\(word)' is none",
          hint: (FactState.allCases.map(\.rawValue) + ["all"]).joined(separator: ", "))
      }
      // A person with several accounts may have several scopes.
      let most = try limit()
      let rows = try ownScopes().flatMap {
        try store.facts(in: $0.n, state: word == "all" ? nil : word, limit: most)
      }
      for row in rows.sorted(by: { $0.n > $1.n }).prefix(most) { show(row) }
    case "activate", "archive", "restore":
      guard let event = FactState.Event(rawValue: verb) else { return }
      let row = try fact(number(1, "fact"))
      if isDry { return print("would \(verb) fact \(row.n)") }
      try memories.move(row.n, event)
      show(try fact(row.n))
    case "supersede":
      let row = try fact(number(1, "fact"))
      let (kind, name) = try scope()
      let text = try text(from: 2)
      if isDry { return print("would supersede fact \(row.n)") }
      let new = try memories.remember(
        text, kind, name, confidence: row.confidence, supersedes: row.n
      ) { ($0.kind, $0.project) = (row.kind, row.project) }
      show(new)
    case "rm":
      let row = try fact(number(1, "fact"))
      if isDry { return print("would remove fact \(row.n)") }
      _ = try store.write { try store.removeFact(row.n) }
    default:
      throw Failure.usage(
        "facts: unknown word '\(verb)'", hint: "list, activate, archive, restore, supersede, rm")
    }
  }

  // MARK: - Recalling

  func recall() throws {
    let text = try text(from: 0)
    let project = arguments.value("project")
    let query = try Model.query(text, isWanted: arguments.has("vectors"), stage)
    let recalled = try Recaller(store, at: stage.journal.clock.now()).recall(
      text, in: memories.scopes(person: person, project: project, team: team), project: project, query: query)
    for one in recalled where one.isChosen || arguments.has("explain") {
      if isJSON { json(one) } else { line(one) }
    }
  }

  private func line(_ one: Recaller.Recalled) {
    let text = one.found.memo.map(MemoryText.line) ?? MemoryText.oneLine(one.found.text)
    let what = "\(one.found.doc.isFact ? "fact" : "memo") \(one.found.doc.n)"
    print("\(what)  \(displayEscaped(MemoryText.beginning(text, 300)))")
    guard arguments.has("explain") else { return }
    let score = one.score
    var parts =
      "  \(one.isChosen ? "recalled" : "left out")  score \(Self.hundredths(score.total)) = "
      + "0.40 × similarity \(Self.hundredths(score.similarity))"
    if let cosine = one.found.cosine {
      parts += " (words \(Self.hundredths(one.found.likeness)), vector \(Self.hundredths(cosine)))"
    }
    parts += " + 0.25 × recency \(Self.hundredths(score.recency))"
    parts += " + 0.15 × frequency \(Self.hundredths(score.frequency))"
    parts += " + 0.20 × project \(Self.hundredths(score.project))"
    if score.isExact { parts += " + 100, the words stand there as they are" }
    print(parts)
    let count = one.found.memo?.recalls ?? one.found.fact?.recalls ?? 0
    let last = one.found.memo?.recalled ?? one.found.fact?.recalled
    print("  recalled \(count) time\(count == 1 ? "" : "s")" + (last.map { ", last \($0)" } ?? ""))
  }

  private func json(_ one: Recaller.Recalled) {
    var json = JSONWriter()
    json.beginObject()
    json.member("type", one.found.doc.isFact ? "fact" : "memo")
    json.member("n", Int(one.found.doc.n))
    json.member("text", one.found.memo.map(MemoryText.line) ?? one.found.text)
    json.member("recalled", one.isChosen)
    for (name, value) in [
      ("score", one.score.total), ("similarity", one.score.similarity), ("recency", one.score.recency),
      ("frequency", one.score.frequency), ("project", one.score.project),
    ] {
      json.name(name)
      json.raw(Self.hundredths(value).utf8)
    }
    json.member("exact", one.score.isExact)
    json.member("recalls", Int(one.found.memo?.recalls ?? one.found.fact?.recalls ?? 0))
    json.member("last", (one.found.memo?.recalled ?? one.found.fact?.recalled)?.description)
    json.endObject()
    json.newline()
    stage.output.append(json.bytes)
  }

  private static func hundredths(_ value: Double) -> String {
    let number = Int((value * 1000).rounded())
    let rest = String(abs(number) % 1000)
    return
      "\(number < 0 ? "-" : "")\(abs(number) / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
  }

  // MARK: - Personas

  func persona() throws {
    let verb = operands.first ?? "show"
    let known = try memories.persona(of: person)
    switch verb {
    case "show":
      guard let known else {
        throw Failure(.noInput, "nobody has written about \(person) yet", hint: "'agim-memo persona rebuild'")
      }
      if isJSON { return stage.output.append(Exchange.line(Exchange.item(known))) }
      print(known.text)
    case "export":
      if let known { stage.output.append(Exchange.line(Exchange.item(known))) }
    case "edit":
      var text = operands.dropFirst().joined(separator: " ")
      if text.isEmpty {
        guard let edited = try Editor.edit((known?.text ?? "") + "\n", stage) else {
          return print("it stays as it is")
        }
        text = edited
      }
      while text.last?.isWhitespace == true { text.removeLast() }
      if isDry { return print("would write: \(displayEscaped(text))") }
      try memories.setPersona(text, person: person, made: "person")
    case "rebuild":
      let facts = try memories.summary(of: person)
      guard !facts.isEmpty else {
        throw Failure(.noInput, "there are no facts about \(person)", hint: "see 'agim-memo remember'")
      }
      let model = isDry || arguments.has("no-model") ? nil : try Model.persona(facts, stage)
      if isDry { return print(facts) }
      try memories.setPersona(model ?? facts, person: person, made: model == nil ? "facts" : "model")
      print(model ?? facts)
    case "rm":
      if isDry, known != nil { return print("would remove what is known of \(displayEscaped(person))") }
      guard try memories.removePersona(of: person) else {
        throw Failure(.noInput, "nobody has written about \(person) yet")
      }
    default: throw Failure.usage("persona: unknown word '\(verb)'", hint: "show, edit, rebuild, export, rm")
    }
  }

  // MARK: - Vectors

  func embed() throws {
    let most = try limit(1000)
    var count = 0
    guard let model = try Model.embed(["agim"], stage).first?.model else { return }
    for scope in try memories.scopes(person: person, team: team) {
      let docs = try store.withoutVector(in: scope.n, model: model, limit: most - count)
      for start in stride(from: 0, to: docs.count, by: 32) {
        let part = docs[start..<min(start + 32, docs.count)]
        let texts = try part.map { doc in
          doc.isFact
            ? try store.fact(n: doc.n)?.text ?? "" : try store.memo(n: doc.n).map(MemoryText.searched) ?? ""
        }
        if isDry { continue }
        let made = try Model.embed(texts, stage)
        try store.write {
          for (doc, one) in zip(part, made) {
            guard let unit = Vectors.unit(one.vector) else { continue }
            try store.setVector(
              of: doc, in: scope.n, model: one.model, dimension: unit.count, data: Vectors.bytes(unit),
              code: VectorCode(unit).bytes)
          }
        }
      }
      count += docs.count
    }
    print(isDry ? "would make \(count) vectors" : "\(count)")
  }
}
