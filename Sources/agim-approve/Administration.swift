import Console
import Gate
import Glibc
import JSON
import Journal
import Requests
import Settings
import Stage
import Store
import System
import Text
import Wire

/// What the operator does at the machine: looks at requests and grants, answers, lets people in.
struct Administration {
  private let stage: Stage
  private let isJSON: Bool

  init(_ stage: Stage, json: Bool) {
    self.stage = stage
    isJSON = json
  }

  private var store: Store { stage.journal.store }

  /// Who sits at the machine, as the ledger names them.
  private var me: String { "local:\(getlogin().map { String(cString: $0) } ?? "uid \(getuid())")" }

  private func say(_ text: String) { stage.output.append(Array((text + "\n").utf8)) }

  private func say(_ object: JSONObject) {
    var json = JSONWriter()
    json.value(.object(object))
    stage.output.appendLine(json.bytes)
  }

  // MARK: - Requests

  func list(all: Bool) throws {
    let rows = all ? try store.requests(limit: 1000) : try store.openRequests()
    for row in rows {
      if isJSON {
        say(object(row))
      } else {
        let matter = Card.matter(row).split(separator: "\n").first.map(String.init) ?? ""
        say(
          "\(row.id)  \(row.code)  \(row.state.rawValue)  \(row.created)  \(row.agent)  \(row.tool): "
            + displayEscaped(String(matter.prefix(100))))
      }
    }
  }

  func show(_ name: String) throws {
    let row = try find(name)
    if isJSON { return say(object(row)) }
    for (name, value) in [
      ("id", row.id), ("state", row.state.rawValue), ("session", row.session), ("asked for by", row.person),
      ("asked", row.created.description), ("settled by", row.by ?? "-"), ("through", row.via ?? "-"),
      ("scope", row.scope ?? "-"), ("digest", row.digest),
    ] { say("\(name): \(displayEscaped(value))") }
    say("")
    say(Card.text(row, stage.settings.language))
  }

  private func find(_ name: String) throws -> RequestRow {
    if let row = try store.request(name) ?? store.request(code: name.lowercased()) { return row }
    throw Failure(.noInput, "no request '\(name)'", hint: "agim-approve list shows those that wait")
  }

  private func object(_ row: RequestRow) -> JSONObject {
    var object = JSONObject([
      ("id", .string(row.id)), ("code", .string(row.code)), ("state", .string(row.state.rawValue)),
      ("kind", .string(row.kind)), ("agent", .string(row.agent)), ("tool", .string(row.tool)),
      ("input", (try? JSONReader.parse(row.input)) ?? .null), ("complete", .bool(row.isComplete)),
      ("workdir", .string(row.workdir)), ("session", .string(row.session)), ("person", .string(row.person)),
      ("rule", .string(row.rule)), ("reason", .string(row.reason)), ("digest", .string(row.digest)),
      ("grantable", .bool(row.proposal != nil)), ("created", .string(row.created.description)),
      ("expires", .string(row.expires.description)),
    ])
    object["by"] = row.by.map { .string($0) }
    object["via"] = row.via.map { .string($0) }
    object["scope"] = row.scope.map { .string($0) }
    return object
  }

  func settle(_ name: String, _ answer: SpokenAnswer) throws {
    let row = try find(name)
    let said = Said(
      session: row.session, person: me, isApprover: true, isDirect: true, isAgain: false, accepted: nil,
      quoted: nil, id: "agim-approve")
    let heard = try stage.journal.write {
      try ApprovalDesk(store, at: stage.journal.clock.now()).settle(row, answer, said)
    }
    guard case .settled(let settled, let granted, let couldNotGrant) = heard else {
      throw Failure(.dataError, ApproveMessage.text(heard, row))
    }
    stage.journal.wakeOthers()
    say("\(settled.state == .denied ? "denied" : "allowed"): \(row.tool) (\(row.code))")
    if couldNotGrant { say("this once only: it cannot be granted for longer") }
    if let granted { say("granted \(displayEscaped(granted))") }
  }

  /// Answers a question of an agent.
  func answer(_ name: String, _ text: String) throws {
    let row = try find(name)
    guard row.kind == RequestRow.question else {
      throw Failure(
        .dataError, "request \(row.code) asks for a permission, not for an answer",
        hint: "agim-approve allow \(row.code), or deny")
    }
    let said = Said(
      session: row.session, person: me, isApprover: true, isDirect: true, isAgain: false, accepted: nil,
      quoted: nil, id: "agim-approve")
    let heard = try stage.journal.write {
      try ApprovalDesk(store, at: stage.journal.clock.now()).answer(row, text, said)
    }
    guard case .settled(let settled, _, _) = heard else {
      throw Failure(.dataError, ApproveMessage.text(heard, row))
    }
    stage.journal.wakeOthers()
    say("\(settled.state == .denied ? "declined" : "answered"): \(row.code)")
  }

  // MARK: - Grants

  func grants() throws {
    for row in try store.grants(at: stage.journal.clock.now()) {
      let grant = (try? JSONReader.parse(row.grant)) ?? .null
      if isJSON {
        say(
          JSONObject([
            ("n", .number(JSONNumber(Int(row.n)))), ("grant", grant), ("by", .string(row.by)),
            ("created", .string(row.created.description)),
          ]))
      } else {
        let place = grant["session"]?.string.map { "in \($0)" } ?? "everywhere"
        say(
          "\(row.n)  \(row.created)  \(grant["agent"]?.string ?? "?")  \(place)  "
            + displayEscaped("\(row.title)  [\(grant["workdir"]?.string ?? "")]  by \(row.by)"))
      }
    }
  }

  func revoke(_ text: String) throws {
    guard let n = Int64(text) else { throw Failure.usage("'\(text)' is not the number of a grant") }
    let now = stage.journal.clock.now()
    let wasThere = try stage.journal.write {
      guard try store.revokeGrant(n, at: now) else { return false }
      try Ledger.append(
        JSONObject([("kind", .string("revoke")), ("grant", .number(JSONNumber(Int(n)))), ("by", .string(me))]
        ),
        to: store, at: now)
      return true
    }
    guard wasThere else {
      throw Failure(.noInput, "no grant \(n) that holds", hint: "agim-approve grants shows them")
    }
    say("revoked \(n)")
  }

  // MARK: - People

  func people() throws {
    let now = stage.journal.clock.now()
    for row in try store.paired() {
      let isOpen = row.rank.isEmpty
      guard !isOpen || now - row.since < Pairing.lifetime else { continue }
      if isJSON {
        say(
          JSONObject([
            ("person", .string(row.person)), ("name", .string(row.name)),
            ("rank", isOpen ? .null : .string(row.rank)), ("since", .string(row.since.description)),
          ]))
      } else {
        say(
          displayEscaped("\(row.person)  \(isOpen ? "waits for pair" : row.rank)  \(row.since)  \(row.name)"))
      }
    }
  }

  func pair(_ code: String, rank: String) throws {
    guard ["allowed", "approver", "admin"].contains(rank) else {
      throw Failure.usage("option --as: '\(rank)' is not a rank", hint: "allowed, approver or admin")
    }
    let result = try stage.journal.write {
      try Pairing(store, at: stage.journal.clock.now(), random: stage.journal.clock.random)
        .accept(code, rank: rank, by: me)
    }
    switch result {
    case .success(let row):
      stage.journal.wakeOthers()
      say(displayEscaped("\(row.person) (\(row.name)) is let in as \(rank)"))
    case .failure(.wrong):
      throw Failure(.noInput, "nobody has the code '\(code)', or its hour is over")
    case .failure(.locked):
      throw Failure(.temporary, "too many wrong codes", hint: "try again in 15 minutes")
    }
  }

  func unpair(_ person: String) throws {
    let now = stage.journal.clock.now()
    let wasThere = try stage.journal.write {
      guard try store.unpair(person) else { return false }
      try Ledger.append(
        JSONObject([("kind", .string("unpair")), ("person", .string(person)), ("by", .string(me))]),
        to: store,
        at: now)
      return true
    }
    guard wasThere else {
      throw Failure(.noInput, "nobody called '\(person)' was let in", hint: "agim-approve people shows them")
    }
    say("\(displayEscaped(person)) is a stranger again")
  }

  // MARK: - Absence

  func away(_ text: String, agent: String) throws {
    guard let duration = DurationText.parse(text), duration.milliseconds <= 7 * 86_400_000 else {
      throw Failure.usage("'\(text)' is not a time from 0 to 7d", hint: "for example 30m, 8h or 2d")
    }
    let now = stage.journal.clock.now()
    let until = duration.milliseconds == 0 ? nil : now + duration.milliseconds
    try stage.journal.write {
      try store.setAway(agent: agent, until: until, by: me)
      try Ledger.append(
        JSONObject([
          ("kind", .string("away")), ("agent", .string(agent)), ("by", .string(me)),
          ("until", until.map { .string($0.description) } ?? .null),
        ]), to: store, at: now)
    }
    say(
      until.map { "until \($0) what \(agent) asks is allowed unasked; hard denials stay" }
        ?? "\(agent) asks again")
  }
}

/// Why the operator's answer changed nothing.
enum ApproveMessage {
  static func text(_ heard: Heard, _ row: RequestRow) -> String {
    if case .unclear = heard {
      return row.kind == RequestRow.question
        ? "that is no answer to question \(row.code): agim-approve answer \(row.code) NUMBER, or words"
        : "that is no answer to request \(row.code)"
    }
    if case .repeated = heard { return "request \(row.code) has this answer already" }
    return "request \(row.code) was settled before: \(row.state.rawValue)\(row.by.map { " by \($0)" } ?? "")"
  }
}
