package import Store
internal import System

/// For jobs: messages in sessions of their own, which their own source prints.
///
/// A job's row has the platform of its person, so that it is judged as that person's, and an account that
/// no source has, so that only `agim-recv job` prints it.
extension Journal {
  /// How many jobs of one person are worked on at once.
  package static let jobsAtOnce = 3

  /// Begins a job; in a transaction of the caller's.
  ///
  /// - Parameters:
  ///   - id: the id of its message.
  ///   - platform: the platform of its person.
  ///   - session: the conversation in which it is begun.
  ///   - person: who begins it, `PLATFORM:ID`.
  ///   - agent: the agent.
  ///   - title: the beginning of its text.
  ///   - line: makes the line of its message, which names the session of its number.
  /// - Returns: its number.
  /// - Throws: `StoreError`.
  package func beginJob(
    id: String, platform: String, session: String, person: String, agent: String, title: String,
    line: (Int64) -> [UInt8]
  ) throws -> Int64 {
    let now = clock.now()
    let n = try store.insertJob(
      message: id, session: session, person: person, agent: agent, title: title, at: now)
    _ = try store.insert(
      InboxRow(
        id: id, platform: platform, account: JobRow.account, type: "message", session: JobRow.session(n),
        pipe: nil, state: .new, holder: "", line: line(n), at: now))
    return n
  }

  /// Has a job end: at once where nobody works on it, else as soon as its agim-run sees it; in a transaction
  /// of the caller's.
  package func cancelJob(_ job: JobRow) throws {
    let now = clock.now()
    try store.cancelJob(job.n, at: now)
    guard let row = try store.inbox(id: job.message), row.state == .new || row.state == .held,
      let next = InboxMachine.next(row.state, .fail),
      try store.move(
        inbox: row.id, from: row.state, heldBy: row.holder, to: next, holder: "", reason: "cancelled", at: now
      )
    else { return }
    try store.endJob(job.n, message: job.message, code: "cancelled", at: now)
  }

  /// Takes over the jobs that may be worked on now; they are to be printed.
  ///
  /// Of one person three at most are at work; the next one comes when one of them has ended.
  package func adoptJobs() throws -> [InboxRow] {
    guard try store.openJobs().contains(where: { $0.state == .new && isFree($0.holder) }) else { return [] }
    let mine = try holder()
    let now = clock.now()
    return try write {
      let open = try store.openJobs()
      var busy: [String: Int] = [:]
      for job in open where job.state == .taken || job.state == .running || isWaiting(job) {
        busy[job.person, default: 0] += 1
      }
      var rows: [InboxRow] = []
      for job in open where job.state == .new && isFree(job.holder) {
        guard busy[job.person, default: 0] < Self.jobsAtOnce, let row = try store.inbox(id: job.message),
          (row.pipe ?? pipe) == pipe
        else { continue }
        if isTooOld(row.released, at: now) {
          _ = try hold(row, at: now)
          continue
        }
        guard try store.move(inbox: row.id, from: .new, heldBy: row.holder, to: .new, holder: mine, at: now)
        else { continue }
        try store.printed(inbox: row.id, again: Journal.reprint(after: row.prints + 1, from: now), pipe: pipe)
        busy[job.person, default: 0] += 1
        rows.append(row)
      }
      return rows
    }
  }

  /// Whether a job's line was printed, and its agim-run has not taken it yet.
  private func isWaiting(_ job: JobRow) -> Bool { job.state == .new && !isFree(job.holder) }

  private func isFree(_ holder: String) -> Bool { holder.isEmpty || isDead(holder) }
}
