internal import JSON
internal import Requests
package import Store
internal import System

/// Answers to the questions of agents: they are never a yes to anything.
extension ApprovalDesk {
  /// Hears a text as the answer to a question; nil where it is not meant for one.
  func hearQuestion(_ text: String, _ said: Said) throws -> Heard? {
    if let (code, rest) = Self.codeAndRest(text), let row = try store.request(code: code),
      row.kind == RequestRow.question
    {
      return try answer(row, rest, said)
    }
    if let quoted = said.quoted {
      guard let row = try store.request(proof: quoted, in: said.session), row.kind == RequestRow.question
      else { return nil }
      return try answer(row, text, said)
    }
    // A bare word counts where nothing else can be meant, as for permissions.
    guard said.isDirect else { return nil }
    let pending = try store.openRequests().filter {
      $0.session == said.session && $0.state == .pending && $0.expires > now
    }
    guard let row = pending.first(where: { $0.kind == RequestRow.question }), let question = Question(row),
      question.read(text, isBare: true) != .unclear
    else { return nil }
    guard pending.count == 1 else { return .ambiguous(pending) }
    guard !said.isAgain, let accepted = said.accepted, let shown = try store.delivered(row.id),
      accepted > shown, try store.lastDelivered(in: said.session, since: row.created) == row.id
    else { return .needsCode(row) }
    return try answer(row, text, said)
  }

  /// Answers a question with a text that is meant for it.
  ///
  /// - Throws: `StoreError`, `CryptoError`.
  package func answer(_ row: RequestRow, _ text: String, _ said: Said) throws -> Heard {
    guard row.state == .pending, row.expires > now, let question = Question(row) else {
      return closed(row, true, said)
    }
    // It is the person's own affair; an approver may answer in their place.
    guard said.isApprover || said.isAllowed && said.person == row.person else { return .notApprover(row) }
    guard !said.isAgain, said.accepted.map({ $0 >= row.created }) ?? true else { return .needsCode(row) }
    let event: RequestEvent
    switch question.read(text) {
    case .unclear: return .unclear(row)
    case .declined: event = .deny
    case .answer(let answer):
      event = .allow
      var json = JSONWriter()
      json.value(.object(answer.json ?? JSONObject()))
      try store.setAnswer(String(decoding: json.bytes, as: UTF8.self), of: row.id)
    }
    guard let next = RequestMachine.next(row.state, event),
      try store.move(
        request: row.id, from: row.state, to: next, by: said.person, via: said.id, scope: nil, at: now)
    else { return .late(row) }
    // What was answered is in the request's row: it may be secret, and the ledger is kept for ever.
    var entry = Self.entry("answer", row)
    entry["verdict"] = .string(event == .allow ? "answered" : "declined")
    entry["by"] = .string(said.person)
    entry["via"] = .string(said.id)
    try Ledger.append(entry, to: store, at: now)
    var settled = row
    (settled.state, settled.by, settled.via, settled.since) = (next, said.person, said.id, now)
    return .settled(settled, granted: nil, couldNotGrant: false)
  }

  /// A code at the beginning of a text, or behind a single word, and the rest of it.
  private static func codeAndRest(_ text: String) -> (String, String)? {
    let words = text.split(maxSplits: 1) { $0.isWhitespace }
    guard words.count == 2, let first = words.first, let rest = words.last else { return nil }
    var code = first.lowercased()
    while let last = code.last, ".:,，：".contains(last) { code.removeLast() }
    if AnswerWords.isCode(code) { return (code, String(rest)) }
    let last = rest.lowercased()
    return AnswerWords.isCode(last) ? (last, String(first)) : nil
  }
}
