package import JSON
internal import Policy
package import Requests
package import Store
package import System

/// Somebody's words, as far as they may answer a request.
package struct Said: Sendable {
  /// The session's address.
  package var session: String
  /// Who said it: `PLATFORM:ID`.
  package var person: String
  /// Whether this person may answer requests.
  package var isApprover: Bool
  /// Whether this person may speak to agents at all.
  package var isAllowed: Bool
  /// Whether the chat is a direct one.
  package var isDirect: Bool
  /// Whether the line is printed again.
  package var isAgain: Bool
  /// When this store accepted it; nil for another host's line.
  package var accepted: Timestamp?
  /// The platform's id of the message it is a reply to.
  package var quoted: String?
  /// The id of the line.
  package var id: String

  /// Words and all that is known about them.
  package init(
    session: String, person: String, isApprover: Bool, isAllowed: Bool = true, isDirect: Bool, isAgain: Bool,
    accepted: Timestamp?, quoted: String?, id: String
  ) {
    self.isAllowed = isAllowed
    (self.session, self.person, self.isApprover, self.isDirect) = (session, person, isApprover, isDirect)
    (self.isAgain, self.accepted, self.quoted, self.id) = (isAgain, accepted, quoted, id)
  }
}

/// What an answer comes to.
package enum Heard: Equatable, Sendable {
  /// It is no answer.
  case ordinary
  /// It settled a request; `granted` is what was granted beyond this once, `isOnce` that it could not be.
  case settled(RequestRow, granted: String?, couldNotGrant: Bool)
  /// The request was settled before, by somebody else or otherwise.
  case late(RequestRow)
  /// The same person said the same before.
  case repeated(RequestRow)
  /// No request has this code or id.
  case unknown(String)
  /// A bare word cannot tell which one is meant.
  case ambiguous([RequestRow])
  /// It may have been said before the card was read: the code is needed.
  case needsCode(RequestRow)
  /// It is no answer to the question that it is meant for.
  case unclear(RequestRow)
  /// This person may not answer.
  case notApprover(RequestRow)
}

/// Takes answers to requests: one check for typed and pressed ones.
///
/// Everything here happens in the caller's transaction.
package struct ApprovalDesk {
  let store: Store
  let now: Timestamp
  /// Milliseconds for which an answer word is a late answer, not a message.
  private static let lateFor: Int64 = 15 * 60_000

  /// A desk at a moment.
  package init(_ store: Store, at now: Timestamp) {
    self.store = store
    self.now = now
  }

  /// Hears a typed text.
  ///
  /// - Throws: `StoreError`, `CryptoError`.
  package func hear(_ text: String, _ said: Said) throws -> Heard {
    if let heard = try hearQuestion(text, said) { return heard }
    guard let answer = AnswerWords.read(text) else { return .ordinary }
    if let code = answer.code {
      guard let row = try store.request(code: code) else { return .unknown(code) }
      return try settle(row, answer, said)
    }
    if let quoted = said.quoted, let row = try store.request(proof: quoted, in: said.session) {
      return try settle(row, answer, said)
    }
    // In a group a bare word is part of the conversation.
    guard said.isDirect else { return .ordinary }
    let all = try store.openRequests()
    let open = all.filter { $0.session == said.session }
    var pending = open.filter { $0.state == .pending && $0.expires > now }
    // Cards of jobs that were begun here are shown here, too.
    let jobs = try all.filter {
      guard $0.state == .pending, $0.expires > now, let n = JobRow.number($0.session) else { return false }
      return try store.job(n)?.session == said.session
    }
    if pending.isEmpty, let job = jobs.first { return said.isApprover ? .needsCode(job) : .notApprover(job) }
    pending += jobs
    guard let row = pending.first else {
      let settled = try open.last ?? store.lastSettledRequest(in: said.session)
      guard let settled, now - settled.since <= Self.lateFor else { return .ordinary }
      return closed(settled, answer.isYes, said)
    }
    guard said.isApprover else { return .notApprover(row) }
    guard pending.count == 1 else { return .ambiguous(pending) }
    // A word in reply to something else is about that.
    guard said.quoted == nil, !said.isAgain, let accepted = said.accepted,
      let shown = try store.delivered(row.id), accepted > shown,
      try store.lastDelivered(in: said.session, since: row.created) == row.id
    else { return .needsCode(row) }
    return try settle(row, answer, said)
  }

  /// Hears a pressed button.
  ///
  /// - Throws: `StoreError`, `CryptoError`.
  package func hear(choice: String, request: String, _ said: Said) throws -> Heard {
    guard let row = try store.request(request) else { return .unknown(request) }
    if row.kind == RequestRow.question { return try answer(row, choice == "decline" ? "n" : choice, said) }
    guard let answer = Self.choice(choice) else { return .unknown(choice) }
    return try settle(row, answer, said)
  }

  /// The choices that a button stands for.
  private static func choice(_ word: String) -> SpokenAnswer? {
    switch word {
    case "once", "allow": SpokenAnswer(isYes: true, scope: .once)
    case "session": SpokenAnswer(isYes: true, scope: .session)
    case "always": SpokenAnswer(isYes: true, scope: .always)
    case "deny": SpokenAnswer(isYes: false, scope: .once)
    default: nil
    }
  }

  /// Settles a request by its id, for somebody who is known to be the operator.
  ///
  /// - Throws: `StoreError`, `CryptoError`.
  package func settle(_ row: RequestRow, _ answer: SpokenAnswer, _ said: Said) throws -> Heard {
    // A yes is no answer to a question, and no answer to a question is a yes.
    guard row.kind == RequestRow.permission else { return .unclear(row) }
    guard row.state == .pending, row.expires > now else { return closed(row, answer.isYes, said) }
    guard said.isApprover else { return .notApprover(row) }
    guard !said.isAgain, said.accepted.map({ $0 >= row.created }) ?? true else { return .needsCode(row) }
    guard let next = RequestMachine.next(row.state, answer.isYes ? .allow : .deny) else {
      return closed(row, answer.isYes, said)
    }
    var scope = answer.isYes ? answer.scope : .once
    let couldNotGrant = scope != .once && row.proposal == nil
    if couldNotGrant { scope = .once }
    guard
      try store.move(
        request: row.id, from: row.state, to: next, by: said.person, via: said.id, scope: scope.rawValue,
        at: now)
    else { return .late(row) }
    let granted = scope == .once ? nil : try grant(row, scope, by: said.person)
    var entry = Self.entry("decision", row)
    entry["verdict"] = .string(answer.isYes ? "allow" : "deny")
    entry["scope"] = .string(scope.rawValue)
    entry["by"] = .string(said.person)
    entry["via"] = .string(said.id)
    try Ledger.append(entry, to: store, at: now)
    var settled = row
    (settled.state, settled.by, settled.via, settled.scope) = (next, said.person, said.id, scope.rawValue)
    settled.since = now
    return .settled(settled, granted: granted, couldNotGrant: couldNotGrant)
  }

  /// What the ledger says about a request.
  package static func entry(_ kind: String, _ row: RequestRow) -> JSONObject {
    JSONObject([
      ("kind", .string(kind)), ("request", .string(row.id)), ("agent", .string(row.agent)),
      ("session", .string(row.session)), ("person", .string(row.person)), ("tool", .string(row.tool)),
      ("matter", .string(String(Card.matter(row).prefix(500)))), ("digest", .string(row.digest)),
    ])
  }

  private func grant(_ row: RequestRow, _ scope: SpokenAnswer.Scope, by: String) throws -> String? {
    guard let text = row.proposal, let value = try? JSONReader.parse(Array(text.utf8)),
      var grant = Grant(value)
    else { return nil }
    grant.scope = scope == .session ? .session(row.session) : .everywhere
    var json = JSONWriter()
    json.value(grant.json)
    let n = try store.insertGrant(
      String(decoding: json.bytes, as: UTF8.self), agent: grant.agent, title: grant.title, by: by,
      request: row.id, at: now, expires: nil)
    var entry = Self.entry("grant", row)
    entry["grant"] = .number(JSONNumber(Int(n)))
    entry["scope"] = .string(scope.rawValue)
    entry["by"] = .string(by)
    try Ledger.append(entry, to: store, at: now)
    return "\(n): \(grant.title)"
  }

  func closed(_ row: RequestRow, _ isYes: Bool, _ said: Said) -> Heard {
    let wasYes = row.state == .allowed || row.state == .used
    let wasSame = row.state == .denied ? !isYes : wasYes && isYes
    return row.by == said.person && wasSame ? .repeated(row) : .late(row)
  }
}
