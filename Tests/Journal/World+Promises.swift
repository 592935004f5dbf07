import Journal
import Store

/// What must hold in every world, and after every step.
extension World {
  /// The promise that is broken here, nil when all hold.
  var brokenPromise: String? {
    if hasTooMany { return "a message has more answers than turns" }
    if let message {
      if message.runs > (message.isResumed ? 2 : 1) { return "a turn ran twice without an operator's word" }
      let running = [run0, run1].filter { $0.phase == .running }.count
      if running > 1 { return "a turn runs twice at once" }
      if running == 1, message.state != .running { return "a turn runs whose row says \(message.state)" }
      if message.state == .held, !message.isOld { return "a message is held that is not old" }
      if message.state == .dead, !message.isDropped, !replies.contains(where: { $0.turn == message.turn }) {
        return "a message is dead and nobody is told"
      }
    } else if toRun > 0 || recv0.toPrint || recv1.toPrint {
      return "a line is printed whose row is not committed"
    }
    var turns: UInt8 = 0
    for reply in replies {
      if reply.deliveries > 1 + reply.diedSending + reply.releases { return "a reply was delivered twice" }
      if reply.state == .delivered, reply.deliveries == 0 {
        return "a reply is delivered that no platform has"
      }
      if turns & 1 << reply.turn != 0 { return "a turn has two answers" }
      turns |= 1 << reply.turn
      // A reply is committed in the transaction that closes its message, or not at all.
      if let message, reply.turn == message.turn, !message.state.isFinished {
        return "a message is \(message.state) and answered"
      }
    }
    return nil
  }

  /// The promise that the step from an earlier world to this one breaks.
  func brokenPromise(since before: World, by step: Step) -> String? {
    guard !step.isOperator else { return nil }
    if let was = before.message, was.state.isFinished, message?.state != was.state {
      return "a message that was \(was.state) is changed"
    }
    for (was, reply) in zip(before.replies, replies) {
      if was.state.isFinished, reply.state != was.state { return "a reply that was \(was.state) is changed" }
      if was.state != .ready, reply.isChanged != was.isChanged {
        return "the text of a reply changes after it was queued"
      }
    }
    if let was = before.message, was.state == .taken || was.state == .running, let now = message,
      now.owner != was.owner, !was.owner.isDead, !now.owner.isDead
    {
      return "a live process loses its message to another"
    }
    for (was, now) in zip(before.replies, replies) where was.state == .queued || was.state == .sending {
      if now.owner != was.owner, !was.owner.isDead, !now.owner.isDead {
        return "a live process loses its reply to another"
      }
    }
    if let was = before.message, was.state == .new, let now = message, now.state.isFinished,
      replies.count == before.replies.count
    {
      return "a message is closed that nobody has answered"
    }
    return nil
  }

  /// The world after every process has been killed and started again: what it does from here on
  /// depends on nothing but the store.
  var restarted: World {
    var world = self
    for one in 0...1 {
      for kind in [Kind.recv, .run, .send] { _ = world.take(.kill(kind, one)) }
    }
    // What is in the pipes is lost with their readers.
    (world.toRun, world.toSend) = (0, 0)
    for index in world.replies.indices { world.replies[index].inPipe = 0 }
    for kind in [Kind.recv, .run, .send] {
      for one in 0...1 { _ = world.take(.start(kind, one)) }
    }
    return world
  }

  /// The world after the dead have been started again, as a supervisor does, while the others go on.
  var revived: World {
    var world = self
    for kind in [Kind.recv, .run, .send] {
      for one in 0...1 { _ = world.take(.start(kind, one)) }
    }
    return world
  }

  /// Whether a line was lost as often as it is printed: then only a restart prints it once more.
  var isPrintedOut: Bool {
    message?.state == .new && (message?.prints ?? 0) >= 4
      || replies.contains { $0.state == .ready && $0.prints >= 4 }
  }

  /// Lets every process do its work, in a fixed order and with nothing failing, until nothing is left
  /// to do.
  mutating func settleDown() {
    // A fraction of these is enough; more would be a circle.
    for _ in 0..<500 where !Self.work.contains(where: { take($0) }) { return }
  }

  private static let work: [Step] = {
    var steps: [Step] = []
    for one in 0...1 {
      steps += [.accept(one), .printMessage(one), .adoptUnheld(one), .claim(one), .startTurn(one)]
      steps += [.endTurn(one, .finish), .adoptQueued(one)]
      for reply in 0..<World.mostReplies {
        steps += [.printReply(one, reply), .read(one, reply, changed: false), .begin(one, reply)]
        steps += [.platformAccepts(one, reply), .settle(one, reply, .deliver)]
      }
    }
    // After everything else: what is still not taken over was lost.
    for one in 0...1 {
      steps.append(.printMessageAgain(one))
      for reply in 0..<World.mostReplies { steps.append(.printReplyAgain(one, reply)) }
    }
    return steps
  }()

  /// Why this is no good end, nil when it is one.
  var badEnd: String? {
    guard let message else { return "the platform's event is lost" }
    for reply in replies where !reply.state.isFinished && reply.state != .held {
      return "a reply stays \(reply.state)"
    }
    let answers = replies.filter { $0.turn == message.turn }
    switch message.state {
    case .done:
      if answers.count != 1 || answers[0].content != .answer { return "done without exactly one answer" }
    case .dead:
      if !message.isDropped, answers.count != 1 { return "dead without exactly one notice" }
    case .held: break
    case .new, .taken, .running: return "a message stays \(message.state)"
    }
    return nil
  }
}
