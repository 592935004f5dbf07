import Gate
import JSON
import Policy
import System
import TestSupport
import Testing

@testable import Store

/// A store of a test, a moment, and what has been asked and delivered there.
final class Room {
  private let scratch: Scratch
  let store: Store
  var now = Timestamp(milliseconds: 1_790_000_000_000)

  init() throws {
    scratch = try Scratch()
    store = try Store(path: "\(scratch.path)/agim.db")
  }

  var path: String { scratch.path }
  var desk: ApprovalDesk { ApprovalDesk(store, at: now) }

  /// Some time passes.
  func wait(_ milliseconds: Int64 = 10) { now = now + milliseconds }

  /// A request that waits; its card is delivered a moment later unless told otherwise.
  @discardableResult
  func ask(
    _ id: String, code: String = "ab23", session: String = "chat:1", grantable: Bool = true,
    delivered: Bool = true
  ) throws -> RequestRow {
    let row = request(id, code: code, session: session, grantable: grantable, at: now)
    #expect(try store.insert(row))
    if delivered { try deliver(id, type: "request", session: session) }
    return try #require(try store.request(id))
  }

  /// A line is delivered to a chat, as the platform's message `proof-ID`.
  func deliver(_ id: String, type: String = "reply", session: String = "chat:1", target: String? = nil) throws
  {
    wait()
    var row = OutboxRow(
      id: id, stage: "run", parent: nil, type: type, final: type == "reply", session: session, target: target,
      pipe: nil, state: .sending, holder: "", line: Array("{}".utf8), at: now)
    row.proof = "proof-\(id)"
    #expect(try store.insert(row))
    try store.database.prepare(
      "UPDATE outbox SET state = 'delivered', since = ?2, proof = 'proof-' || id WHERE id = ?1"
    ).bind(1, id).bind(2, now.milliseconds).run()
    wait()
  }

  func state(_ id: String) throws -> RequestState? { try store.request(id)?.state }
  func ledger() throws -> [JSONObject] {
    try store.ledger(after: 0, limit: 1000).compactMap { try JSONReader.parse($0.entry).object }
  }
}

func request(
  _ id: String, code: String = "ab23", session: String = "chat:1", grantable: Bool = true,
  input: String = #"{"command":"touch x"}"#, words: String? = nil, chat: String = "direct",
  complete: Bool = true, at now: Timestamp = Timestamp(milliseconds: 1_790_000_000_000)
) -> RequestRow {
  RequestRow(
    id: id, kind: "permission", parent: "m-\(id)", session: session, person: "chat:U2", chat: chat,
    agent: "shell",
    tool: "Bash", input: Array(input.utf8), isComplete: complete, workdir: "/w", rule: "default",
    reason: "touch writes.", digest: String(repeating: "d", count: 64),
    proposal: grantable
      ? #"{"agent":"shell","workdir":"/w","words":["touch","x"],"programs":["/usr/bin/touch"]}"# : nil,
    words: words, code: code, pipe: "main", holder: "h", at: now, expires: now + 900_000)
}

/// Words of an approver in the chat of the request, said now.
func said(
  _ room: Room, by person: String = "chat:U1", approver: Bool = true, direct: Bool = true,
  again: Bool = false,
  session: String = "chat:1", quoted: String? = nil, id: String = "answer", known: Bool = true
) -> Said {
  Said(
    session: session, person: person, isApprover: approver, isDirect: direct, isAgain: again,
    accepted: known ? room.now : nil, quoted: quoted, id: id)
}

extension Heard {
  /// A word for what was heard.
  var word: String {
    switch self {
    case .ordinary: "ordinary"
    case .settled(let row, let granted, let couldNotGrant):
      "\(row.state.rawValue) \(row.scope ?? "-")\(granted == nil ? "" : " granted")\(couldNotGrant ? " not granted" : "")"
    case .late: "late"
    case .repeated: "repeated"
    case .unknown: "unknown"
    case .ambiguous(let rows): "ambiguous \(rows.count)"
    case .needsCode: "needs code"
    case .unclear: "unclear"
    case .notApprover: "not approver"
    }
  }
}
