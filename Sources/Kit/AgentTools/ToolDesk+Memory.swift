internal import JSON
internal import Journal
internal import MCP
internal import Memory
internal import Policy
internal import Recall
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// Memos and what is remembered of the person.
///
/// In a group nothing is read: what is known of one person is not for the others there.
extension ToolDesk {
  /// Bytes of an answer.
  private static let answerLimit = 40_000

  private func memories(_ stage: Stage) -> Memories {
    Memories(stage.journal.store, clock: stage.journal.clock, secrets: stage.settings.plainSecrets)
  }

  /// What may be read: in a direct chat that of the person, anywhere that of the project and the team.
  private func readable(_ scope: ToolScope, _ stage: Stage, memos: Bool) throws -> [ScopeRow] {
    let project = try project(scope, stage)
    let team = stage.settings.memory.team
    if scope.subject.chat == .direct {
      return try memories(stage).scopes(
        person: scope.subject.person, project: memos ? nil : project, team: memos ? nil : team)
    }
    guard !memos else {
      throw ToolRefusal(
        "Memos are shown in a direct chat only: in a group they would be everybody's to read.")
    }
    let store = stage.journal.store
    return try [
      project.flatMap { try store.scope(.project, $0) }, team.flatMap { try store.scope(.team, $0) },
    ].compactMap(\.self)
  }

  private func project(_ scope: ToolScope, _ stage: Stage) throws -> String? {
    guard let address = scope.cause?.session,
      let row = try stage.journal.store.currentSession(address)
    else { return nil }
    return (try? JSONReader.parse(row.data))?["project"]?.string
  }

  // MARK: - Memos

  func saveMemo(_ job: ToolJob) throws {
    guard let scope = job.scope else { return }
    let stage = try stage()
    func text(_ name: String) -> String? { job.input[name]?.string }
    let memo = try refusing {
      try memories(stage).add(text("what") ?? "", person: scope.subject.person) { memo in
        (memo.who, memo.whenText, memo.whereText) = (text("who"), text("when"), text("where"))
        (memo.why, memo.how) = (text("why"), text("how"))
        memo.tags = Memories.tags(
          (job.input["tags"]?.array ?? []).compactMap(\.string).joined(separator: " "))
        (memo.source, memo.session) = (scope.turn?.message, scope.cause?.session)
      }
    }
    finish(job, .init("Memo \(memo.n) is kept."))
  }

  func searchMemos(_ job: ToolJob) throws {
    guard let scope = job.scope else { return }
    let stage = try stage()
    let found = try Searcher(stage.journal.store).search(
      job.input["query"]?.string ?? "", in: readable(scope, stage, memos: true),
      limit: job.input["limit"]?.int ?? 10)
    finish(job, Self.lines(found.compactMap(\.memo).map(Self.line), none: "There is no memo about that."))
  }

  func listMemos(_ job: ToolJob) throws {
    guard let scope = job.scope else { return }
    let stage = try stage()
    let memos = try memories(stage).memos(
      in: readable(scope, stage, memos: true), limit: job.input["limit"]?.int ?? 20)
    finish(job, Self.lines(memos.map(Self.line), none: "There are no memos yet."))
  }

  private static func line(_ memo: MemoRow) -> String {
    "\(memo.n)  \(memo.created.description.prefix(10))  \(MemoryText.beginning(MemoryText.line(memo), 500))"
  }

  // MARK: - Facts

  func remember(_ job: ToolJob) throws {
    guard let scope = job.scope else { return }
    let stage = try stage()
    let project = try project(scope, stage)
    let fact = try refusing {
      try memories(stage).remember(
        job.input["text"]?.string ?? "", .person, scope.subject.person, confidence: 0.8,
        supersedes: try job.input["replaces"]?.int.map { try own(Int64($0), scope, stage).n }
      ) { fact in
        if let kind = job.input["class"]?.string { fact.kind = kind }
        if job.input["project_only"]?.bool == true { fact.project = project }
        (fact.source, fact.session) = (scope.turn?.message, scope.cause?.session)
      }
    }
    finish(job, .init("Remembered as fact \(fact.n)."))
  }

  func recall(_ job: ToolJob) throws {
    guard let scope = job.scope else { return }
    let stage = try stage()
    let recalled = try Recaller(stage.journal.store, at: stage.journal.clock.now()).recall(
      job.input["query"]?.string ?? "", in: readable(scope, stage, memos: false),
      project: project(scope, stage), isAsked: true)
    let lines = recalled.prefix(job.input["limit"]?.int ?? 10).map { one in
      let text = one.found.memo.map(MemoryText.line) ?? MemoryText.oneLine(one.found.text)
      return
        "\(one.found.doc.isFact ? "fact" : "memo") \(one.found.doc.n)  \(MemoryText.beginning(text, 500))"
    }
    finish(job, Self.lines(Array(lines), none: "Nothing is remembered about that."))
  }

  func forget(_ job: ToolJob) throws {
    guard let scope = job.scope, let number = job.input["fact"]?.int else { return }
    let stage = try stage()
    let fact = try own(Int64(number), scope, stage)
    try refusing { try memories(stage).move(fact.n, .archive) }
    finish(job, .init("Fact \(fact.n) is not recalled any more. The person can take it up again."))
  }

  /// A fact of the person's own.
  private func own(_ n: Int64, _ scope: ToolScope, _ stage: Stage) throws -> FactRow {
    let scopes = try memories(stage).scopes(person: scope.subject.person)
    guard let fact = try stage.journal.store.fact(n: n), scopes.contains(where: { $0.n == fact.scope }) else {
      throw ToolRefusal("There is no fact \(n) of this person: 'recall' shows those that there are.")
    }
    return fact
  }

  // MARK: - Parts

  /// What the memory does not take is told in its own words.
  private func refusing<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let refusal as Memories.Refusal {
      throw ToolRefusal("Not kept: \(refusal.description)")
    }
  }

  static func lines(_ lines: [String], none: String) -> MCPServer.Outcome {
    guard !lines.isEmpty else { return .init(none) }
    var text = ""
    for (index, line) in lines.enumerated() {
      guard text.utf8.count + line.utf8.count <= answerLimit else {
        text += "[\(lines.count - index) more]"
        break
      }
      text += line + "\n"
    }
    return .init(text)
  }
}
