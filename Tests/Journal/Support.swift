import Glibc
import Journal
import Store
import System
import TestSupport
import Testing

/// A home of a test, gone when the test is, and the clock of everybody in it.
final class Bench {
  private let scratch: Scratch
  var path: String { scratch.path }
  var now = Timestamp(milliseconds: 1_790_000_000_000)

  init() throws {
    scratch = try Scratch()
    try Files.makeDirectory("\(path)/run")
  }

  static func paths(_ path: String) -> Journal.Paths {
    Journal.Paths(database: "\(path)/agim.db", run: "\(path)/run", wake: "\(path)/run/wake")
  }

  /// The journal of another process.
  func journal(pipe: String = "main") throws -> Journal {
    var clock = Clock.system
    clock.now = { [unowned self] in now }
    return try Journal(paths: Self.paths(path), pipe: pipe, clock: clock)
  }

  /// The holder of a process that was killed.
  func deadHolder() throws -> String {
    let journal = try journal()
    let holder = try journal.holder()
    journal.close()
    return holder
  }
}

let session = "test:chat"

func incoming(_ id: String, event: String? = nil, type: String = "message", platform: String = "test")
  -> Incoming
{
  Incoming(
    id: id, type: type, platform: platform, account: "", event: event ?? "event-\(id)", session: session,
    line: Array("{\"id\":\"\(id)\"}".utf8))
}

func wanted(_ id: String, text: String = "as it came") -> Wanted {
  Wanted(
    id: id, type: "message", session: session, agent: "shell", line: Array("{\"text\":\"\(text)\"}".utf8))
}

func produced(
  _ id: String, to parent: String?, type: String = "reply", final: Bool = true, text: String = "t"
) -> Produced {
  Produced(
    id: id, parent: parent, type: type, final: final, session: session,
    line: Array("{\"text\":\"\(text)\"}".utf8))
}

extension Journal {
  /// What recover gives when there is nothing special about agents and notices.
  ///
  /// `resuming`: whether agents can go on with what was interrupted.
  func recoverAll(resuming: Bool = false) throws -> (
    taken: [InboxRow], notices: [Produced], reprints: [OutboxRow]
  ) {
    let left = try recover(
      agents: { _ in true }, resumes: { _ in resuming },
      notice: { produced("notice-\($0.id)", to: $0.id, type: "error") })
    return (left.taken, left.notices.map(\.line), left.reprints)
  }

  func begin(_ ids: String...) throws -> Set<String> {
    let starts = try ids.map { TurnStart(try #require(try store.inbox(id: $0))) }
    return try commit(ends: [], lines: [], starts: starts)
  }

  func end(_ id: String, reply: String, deadBecause reason: String? = nil) throws {
    _ = try commit(
      ends: [TurnEnd(id: id, deadBecause: reason, reply: produced(reply, to: id))], lines: [], starts: [])
  }

  /// Takes a message the whole way to its answer.
  func run(_ id: String) throws {
    _ = try claim([wanted(id)])
    _ = try begin(id)
    try end(id, reply: "reply-\(id)")
  }

  func state(_ id: String) throws -> InboxState? { try store.inbox(id: id)?.state }
  func replyState(_ id: String) throws -> OutboxState? { try store.outbox(id: id).first?.state }
}

extension Claim {
  /// A word for a table.
  var word: String {
    switch self {
    case .taken: "taken"
    case .answered(let rows): "answered \(rows.map(\.id).joined(separator: " "))"
    case .ignored: "ignored"
    }
  }
}
