internal import Console
internal import Journal
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// What dead engines left.
extension Engine {
  /// Whether messages for an agent, or for nobody, are run here.
  func runs(_ agent: String) -> Bool {
    agent.isEmpty ? defaultAgent != nil : drivers[agent] != nil
  }

  /// Whether the agent has a session of its own in which it can go on with an interrupted turn.
  func canGoOn(_ row: InboxRow) -> Bool {
    guard let name = row.agent ?? defaultAgent, drivers[name]?.resumes == true else { return false }
    return NativeSession.kept(in: try? stage.journal.store.currentSession(row.session), agent: name) != nil
  }

  func recover() throws {
    // Where the guardian was killed too, agents may still be at work for a dead engine.
    for dead in try stage.journal.store.inboxHolders(.running) where stage.journal.isDead(dead) {
      ProcessTree.end(where: "AGIM_HOLDER", is: dead)
    }
    Holder.sweep(stage.home.run)
    try permissions.voidOrphans { [unowned self] in
      Interruptions.count($0.reason) < Interruptions.limit && canGoOn($0)
    }
    let left = try stage.journal.recover(
      agents: runs, record: { TurnRecord($0, code: "interrupted") }, resumes: canGoOn,
      notice: { [unowned self] row in
        let line = stage.maker.error(
          to: cause(of: row, envelope(of: row)), stage: stage.name, code: "interrupted",
          text: JobRow.number(row.session).map { JobWords.interrupted($0, stage.settings.language) }
            ?? "The work on this message was interrupted, and it is not known how far it came. "
            + "Nothing is run again unasked: /retry does, or send the message again.",
          agent: row.agent)
        return Produced(
          id: line.id, parent: row.id, type: "error", final: true, session: row.session, line: line.line)
      })
    for row in left.reprints { printer.showAgain(row) }
    for (notice, isAdopted) in left.notices {
      if isAdopted { printer.expectAdopted(notice.id) }
      printer.show(notice)
    }
    for row in left.taken { enqueue(row.n, row.session) }
    if !left.taken.isEmpty || !left.notices.isEmpty {
      Log.notice(
        "recovered", [("to_run", "\(left.taken.count)"), ("interrupted", "\(left.notices.count)")])
    }
    try printer.reschedule()
  }
}
