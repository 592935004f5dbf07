internal import Console
internal import Journal
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// A step: what happened is made durable, then shown.
extension Engine {
  func step() throws {
    if wasDecided {
      wasDecided = false
      try permissions.look()
    }
    if input.hasEnded, !permissions.isAlone { try permissions.inputEnded() }
    try claimWanted()
    for turn in ended {
      try permissions.withdraw(turn)
      try permissions.settleOrphans(of: turn)
    }
    ended.removeAll(keepingCapacity: true)
    while true {
      let starts = try nextStarts() + nextSteering()
      guard !ends.isEmpty || !lines.isEmpty || !starts.isEmpty || !controls.isEmpty else { break }
      guard try commit(starts) else { return }
    }
    try printer.confirmPassed()
    if isIdle, input.hasEnded { try finishIfWritten() }
  }

  var isIdle: Bool { running.isEmpty && (waiting == 0 || stage.isStopping) && wanted.isEmpty }

  func finishIfWritten() throws {
    try stage.output.pump()
    try printer.confirmPassed()
    guard stage.output.pending == 0 else { return }
    for driver in drivers.values { driver.stop() }
    stage.loop.stop()
  }

  func claimWanted() throws {
    guard !wanted.isEmpty else { return }
    var claims: [Claim] = []
    guard try stage.attempt({ claims = try stage.journal.claim(wanted) }) else { return }
    let messages = wanted
    wanted.removeAll(keepingCapacity: true)
    for (message, claim) in zip(messages, claims) {
      switch claim {
      case .taken(let n): enqueue(n, QueueKey.of(message.line, id: message.id, session: message.session))
      case .answered(let replies):
        for reply in replies { stage.output.appendLine(LineMaker.again(reply.line)) }
      case .ignored: Log.info("not ours to run", [("id", message.id)])
      }
    }
  }

  func enqueue(_ n: Int64, _ session: String) {
    let queue: SessionQueue
    if let known = sessions[session] {
      queue = known
    } else {
      queue = SessionQueue(session)
      sessions[session] = queue
    }
    queue.rows.append(n)
    waiting += 1
    makeReady(queue)
    if queue.isRunning || queue.rows.count > 1 { cameMeanwhile(n, queue) }
  }

  func makeReady(_ queue: SessionQueue) {
    guard !queue.isReady, !queue.isRunning, !queue.isHeld, !queue.rows.isEmpty else { return }
    queue.isReady = true
    if isForAgent(queue) { ready.insert(queue, at: 0) } else { ready.append(queue) }
  }

  func nextStarts() throws -> [InboxRow] {
    // A reader that is slow holds up the turns, not the memory.
    guard !stage.isStopping, stage.output.pending < Self.pendingLimit else { return [] }
    var starts: [InboxRow] = []
    var work = running.values.lazy.filter { !$0.isForAgent }.count
    while let queue = ready.first, work < jobs || isForAgent(queue) {
      ready.removeFirst()
      queue.isReady = false
      guard let n = queue.rows.first else { continue }
      // An operator may have dropped it meanwhile, and what a stranger says is not run.
      guard let row = try stage.journal.store.inbox(n: n), row.state == .taken, try isAllowed(row) else {
        dequeue(queue)
        makeReady(queue)
        continue
      }
      guard try mayBegin(row, queue, after: starts) else { continue }
      if row.platform != Journal.agentPlatform { work += 1 }
      starts.append(row)
    }
    return starts
  }

  /// The sender check, made once more by who acts: a pipe may have no agim-route.
  func isAllowed(_ row: InboxRow) throws -> Bool {
    stage.refreshSettings(atOnce: true)
    let person = person(of: row, Speaker(row.line))
    if let why = abandoned(row) {
      try stage.untilStored { [stage] in try stage.journal.refuse(row.id, reason: why) }
      return false
    }
    guard try stage.people().rank(of: person) < .allowed else { return true }
    try stage.untilStored { [stage] in
      try stage.journal.refuse(row.id, reason: "\(person.name) is not allowed")
    }
    Log.notice("a stranger's message is not run", [("message", row.id), ("person", person.name)])
    return false
  }

  func dequeue(_ queue: SessionQueue) {
    guard !queue.rows.isEmpty else { return }
    queue.rows.removeFirst()
    waiting -= 1
    if queue.rows.isEmpty, !queue.isRunning { sessions[queue.address] = nil }
  }

  /// Makes a step durable, then shows it.
  func commit(_ starts: [InboxRow]) throws -> Bool {
    var begun: Set<String> = []
    let stored = try stage.attempt {
      begun = try stage.journal.commit(
        ends: ends, lines: lines, starts: starts.map(turnStart), actedOn: controls)
    }
    guard stored else {
      for row in starts { if let queue = sessions[QueueKey.of(row)] { makeReady(queue) } }
      return false
    }
    for end in ends where !end.isForAgent { printer.show(end.reply) }
    for line in lines { printer.show(line) }
    if !ends.isEmpty, isWaitingForTrial { releaseBlocked() }
    ends.removeAll(keepingCapacity: true)
    lines.removeAll(keepingCapacity: true)
    controls.removeAll(keepingCapacity: true)
    for row in starts {
      guard let queue = sessions[QueueKey.of(row)] else { continue }
      if begun.contains(row.id), queue.isRunning {
        dequeue(queue)
        steer(row, queue)
      } else if begun.contains(row.id) {
        queue.isRunning = true
        queue.hasWaited = false
        queue.waitsForTrial = nil
        dequeue(queue)
        begin(row)
      } else {
        // Another process is at work in this session.
        blocked.append(queue)
        stage.loop.after(1000) { [unowned self] in releaseBlocked() }
      }
    }
    try printer.schedule()
    return true
  }

  /// Sessions in which another process was at work may be free now.
  func releaseBlocked() {
    for queue in blocked { makeReady(queue) }
    blocked.removeAll()
  }
}
