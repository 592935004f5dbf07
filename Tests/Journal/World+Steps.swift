import Journal
import Store
import System

/// One step of one process, of an operator or of the world outside.
enum Step: Equatable {
  case accept(Int)
  case printMessage(Int)
  case printMessageAgain(Int)
  case adoptUnheld(Int)
  case claim(Int)
  case passOn(Int)
  case startTurn(Int)
  case endTurn(Int, InboxEvent)
  case printReply(Int, Int)
  case printReplyAgain(Int, Int)
  case read(Int, Int, changed: Bool)
  case abandon(Int)
  case adoptQueued(Int)
  case begin(Int, Int)
  case platformAccepts(Int, Int)
  case settle(Int, Int, OutboxEvent)
  case kill(Kind, Int)
  case start(Kind, Int)
  case loseMessage
  case loseUnclaimed
  case loseReply(Int)
  case dayPasses
  case retryMessage
  case dropMessage
  case retryReply(Int)
  case dropReply(Int)

  var isOperator: Bool {
    switch self {
    case .retryMessage, .dropMessage, .retryReply, .dropReply: true
    default: false
    }
  }

  /// Every step that there is.
  static let all: [Step] = {
    var steps: [Step] = [.loseMessage, .loseUnclaimed, .dayPasses, .retryMessage, .dropMessage]
    for one in 0...1 {
      steps += [.accept(one), .printMessage(one), .printMessageAgain(one), .adoptUnheld(one)]
      steps += [.claim(one), .passOn(one), .startTurn(one), .endTurn(one, .finish), .endTurn(one, .fail)]
      steps += [.abandon(one), .adoptQueued(one)]
      for kind in [Kind.recv, .run, .send] { steps += [.kill(kind, one), .start(kind, one)] }
      for reply in 0..<World.mostReplies {
        steps += [.printReply(one, reply), .printReplyAgain(one, reply), .begin(one, reply)]
        steps += [.read(one, reply, changed: false), .read(one, reply, changed: true)]
        steps += [
          .platformAccepts(one, reply), .settle(one, reply, .deliver), .settle(one, reply, .postpone),
        ]
        steps += [.settle(one, reply, .refuse)]
      }
    }
    for reply in 0..<World.mostReplies {
      steps += [.loseReply(reply), .retryReply(reply), .dropReply(reply)]
    }
    return steps
  }()
}

/// What the steps do, as the Journal's functions of the same names do it, with every change of a
/// state asked of the machines. Each gives false when it cannot happen or changes nothing.
extension World {
  /// A turn has at most one, and an operator may release twice.
  static let mostReplies = 3
  private static let mostCopies: UInt8 = 2

  mutating func take(_ step: Step) -> Bool {
    switch step {
    case .accept(let one): accept(one)
    case .printMessage(let one): printMessage(one)
    case .printMessageAgain(let one): printMessageAgain(one)
    case .adoptUnheld(let one): adoptUnheld(one)
    case .claim(let one): claim(one)
    case .passOn(let one): passOn(one)
    case .startTurn(let one): startTurn(one)
    case .endTurn(let one, let event): endTurn(one, event)
    case .printReply(let one, let reply): printReply(one, reply)
    case .printReplyAgain(let one, let reply): printReplyAgain(one, reply)
    case .read(let one, let reply, let changed): read(one, reply, changed)
    case .abandon(let one): abandon(one)
    case .adoptQueued(let one): send(one).isAlive && adoptQueued(one)
    case .begin(let one, let reply): begin(one, reply)
    case .platformAccepts(let one, let reply): platformAccepts(one, reply)
    case .settle(let one, let reply, let event): settle(one, reply, event)
    case .kill(let kind, let one): kill(kind, one)
    case .start(let kind, let one): start(kind, one)
    case .loseMessage: Self.lose(&toRun)
    case .loseUnclaimed: Self.lose(&toSend)
    case .loseReply(let reply): reply < replies.count && Self.lose(&replies[reply].inPipe)
    case .dayPasses: dayPasses()
    case .retryMessage: operatorActs < 2 && retryMessage()
    case .dropMessage: operatorActs < 2 && dropMessage()
    case .retryReply(let reply): operatorActs < 2 && reply < replies.count && retryReply(reply)
    case .dropReply(let reply): operatorActs < 2 && reply < replies.count && dropReply(reply)
    }
  }

  // MARK: The processes by number

  func recv(_ one: Int) -> RecvProcess { one == 0 ? recv0 : recv1 }
  func run(_ one: Int) -> RunProcess { one == 0 ? run0 : run1 }
  func send(_ one: Int) -> SendProcess { one == 0 ? send0 : send1 }
  private mutating func set(_ one: Int, _ process: RecvProcess) {
    if one == 0 { recv0 = process } else { recv1 = process }
  }
  private mutating func set(_ one: Int, _ process: RunProcess) {
    if one == 0 { run0 = process } else { run1 = process }
  }
  private mutating func set(_ one: Int, _ process: SendProcess) {
    if one == 0 { send0 = process } else { send1 = process }
  }

  // MARK: The machines

  private mutating func move(_ event: InboxEvent, to owner: Owner) -> Bool {
    guard let state = message?.state, let next = InboxMachine.next(state, event) else { return false }
    message?.state = next
    message?.owner = owner
    return true
  }

  private mutating func move(_ reply: Int, _ event: OutboxEvent, to owner: Owner) -> Bool {
    guard let next = OutboxMachine.next(replies[reply].state, event) else { return false }
    replies[reply].state = next
    replies[reply].owner = owner
    return true
  }

  private static func isReprinted(_ prints: UInt8) -> Bool {
    Journal.reprint(after: Int64(prints), from: Timestamp(milliseconds: 0)) != nil
  }

  // MARK: agim-recv

  private mutating func accept(_ one: Int) -> Bool {
    var process = recv(one)
    // A redelivery of what is known changes nothing: the row is unique by the platform's event.
    guard process.isAlive, message == nil else { return false }
    message = Message(owner: .recv(one))
    process.toPrint = true
    set(one, process)
    return true
  }

  private mutating func printMessage(_ one: Int) -> Bool {
    var process = recv(one)
    guard process.isAlive, process.toPrint, toRun < Self.mostCopies else { return false }
    process.toPrint = false
    set(one, process)
    toRun += 1
    return true
  }

  private mutating func printMessageAgain(_ one: Int) -> Bool {
    guard recv(one).isAlive, let row = message, row.state == .new, row.owner == .recv(one),
      Self.isReprinted(row.prints), toRun < Self.mostCopies
    else { return false }
    message?.prints += 1
    toRun += 1
    return true
  }

  private mutating func adopt(_ one: Int) -> Bool {
    guard let row = message, row.state == .new, row.owner.isDead else { return false }
    if row.isOld { return move(.hold, to: .nobody) }
    message?.owner = .recv(one)
    message?.prints = min(4, row.prints + 1)
    var process = recv(one)
    process.toPrint = true
    set(one, process)
    return true
  }

  private mutating func adoptUnheld(_ one: Int) -> Bool {
    recv(one).isAlive && message?.owner == .nobody && adopt(one)
  }

  // MARK: agim-run

  private mutating func claim(_ one: Int) -> Bool {
    var process = run(one)
    guard process.isAlive, toRun > 0, let row = message else { return false }
    toRun -= 1
    if move(.take, to: .run(one)) || row.owner.isDead && move(.takeOver, to: .run(one)) {
      process.phase = .queued
    } else if message?.state.isFinished == true {
      // Its stored answers are printed again.
      for index in replies.indices { process.toPrint |= 1 << UInt8(index) }
    }
    set(one, process)
    return true
  }

  private mutating func passOn(_ one: Int) -> Bool {
    guard run(one).isAlive, toRun > 0, toSend < Self.mostCopies else { return false }
    toRun -= 1
    toSend += 1
    return true
  }

  private mutating func startTurn(_ one: Int) -> Bool {
    var process = run(one)
    guard process.isAlive, process.phase == .queued else { return false }
    process.phase = .idle
    if message?.owner == .run(one), move(.start, to: .run(one)) {
      process.phase = .running
      message?.runs += 1
    }
    set(one, process)
    return true
  }

  private mutating func endTurn(_ one: Int, _ event: InboxEvent) -> Bool {
    var process = run(one)
    guard process.isAlive, process.phase == .running else { return false }
    process.phase = .idle
    if message?.owner == .run(one), move(event, to: .run(one)) {
      let index = produce(event == .finish ? .answer : .notice, .ready, .run(one))
      process.toPrint |= 1 << UInt8(index)
    }
    set(one, process)
    return true
  }

  private mutating func produce(_ content: Reply.Content, _ state: OutboxState, _ owner: Owner) -> Int {
    guard replies.count < Self.mostReplies else {
      hasTooMany = true
      return 0
    }
    replies.append(Reply(content: content, turn: message?.turn ?? 0, state: state, owner: owner))
    return replies.count - 1
  }

  private mutating func printReply(_ one: Int, _ reply: Int) -> Bool {
    var process = run(one)
    guard process.isAlive, process.toPrint & 1 << UInt8(reply) != 0, replies[reply].inPipe < Self.mostCopies
    else { return false }
    process.toPrint &= ~(1 << UInt8(reply))
    set(one, process)
    replies[reply].inPipe += 1
    return true
  }

  private mutating func printReplyAgain(_ one: Int, _ reply: Int) -> Bool {
    guard run(one).isAlive, reply < replies.count, replies[reply].state == .ready,
      replies[reply].owner == .run(one), Self.isReprinted(replies[reply].prints),
      replies[reply].inPipe < Self.mostCopies
    else { return false }
    replies[reply].prints += 1
    replies[reply].inPipe += 1
    return true
  }

  // Each row is in a transaction of its own, and may be here in one step all the same: dying between
  // two of them leaves what dying before or after all of them leaves.
  private mutating func recover(_ one: Int) {
    var process = run(one)
    if let row = message, row.owner.isDead {
      // In the model the first turn can be gone on with, once; one that an operator began cannot.
      if row.state == .running, row.turn == 0, !row.isResumed, !row.isOld {
        if move(.resume, to: .run(one)) {
          message?.isResumed = true
          process.phase = .queued
        }
      } else if row.state == .running {
        if move(.fail, to: .run(one)) { process.toPrint |= 1 << UInt8(produce(.notice, .ready, .run(one))) }
      } else if row.state == .taken {
        if row.isOld {
          _ = move(.hold, to: .nobody)
        } else if move(.takeOver, to: .run(one)) {
          process.phase = .queued
        }
      }
    }
    for index in replies.indices where replies[index].state == .ready && replies[index].owner.isDead {
      if replies[index].isOld {
        _ = move(index, .hold, to: .nobody)
      } else {
        replies[index].owner = .run(one)
        replies[index].prints = min(4, replies[index].prints + 1)
        process.toPrint |= 1 << UInt8(index)
      }
    }
    set(one, process)
  }

  // MARK: agim-send

  private mutating func read(_ one: Int, _ reply: Int, _ changed: Bool) -> Bool {
    var process = send(one)
    guard process.isAlive, reply < replies.count, replies[reply].inPipe > 0 else { return false }
    replies[reply].inPipe -= 1
    if move(reply, .queue, to: .send(one)) {
      process.has |= 1 << UInt8(reply)
      replies[reply].isChanged = changed
      set(one, process)
    }
    return true
  }

  private mutating func abandon(_ one: Int) -> Bool {
    var process = send(one)
    guard process.isAlive, toSend > 0, let row = message else { return false }
    toSend -= 1
    if row.state == .new, move(.fail, to: row.owner) {
      process.has |= 1 << UInt8(produce(.notice, .queued, .send(one)))
      set(one, process)
    }
    return true
  }

  private mutating func adoptQueued(_ one: Int) -> Bool {
    var process = send(one)
    var changed = false
    for index in replies.indices where replies[index].owner.isDead {
      if replies[index].state == .queued {
        changed = true
        if replies[index].isOld {
          _ = move(index, .hold, to: .nobody)
          continue
        }
        replies[index].owner = .send(one)
      } else if replies[index].state == .sending {
        changed = true
        guard move(index, .postpone, to: .send(one)) else { continue }
      } else {
        continue
      }
      process.has |= 1 << UInt8(index)
    }
    set(one, process)
    return changed
  }

  private mutating func begin(_ one: Int, _ reply: Int) -> Bool {
    var process = send(one)
    guard process.isAlive, process.has & 1 << UInt8(reply) != 0 else { return false }
    process.has &= ~(1 << UInt8(reply))
    if replies[reply].owner == .send(one), move(reply, .send, to: .send(one)) {
      process.sending |= 1 << UInt8(reply)
    }
    set(one, process)
    return true
  }

  private mutating func platformAccepts(_ one: Int, _ reply: Int) -> Bool {
    var process = send(one)
    let bit: UInt8 = 1 << UInt8(reply)
    guard process.isAlive, process.sending & bit != 0, process.accepted & bit == 0 else { return false }
    process.accepted |= bit
    set(one, process)
    replies[reply].deliveries = min(3, replies[reply].deliveries + 1)
    return true
  }

  private mutating func settle(_ one: Int, _ reply: Int, _ event: OutboxEvent) -> Bool {
    var process = send(one)
    let bit: UInt8 = 1 << UInt8(reply)
    guard process.isAlive, process.sending & bit != 0, (process.accepted & bit != 0) == (event == .deliver)
    else { return false }
    process.sending &= ~bit
    process.accepted &= ~bit
    if replies[reply].owner == .send(one), move(reply, event, to: .send(one)), event == .postpone {
      if replies[reply].isOld { _ = move(reply, .hold, to: .nobody) } else { process.has |= bit }
    }
    set(one, process)
    return true
  }

  // MARK: Life and death

  private mutating func kill(_ kind: Kind, _ one: Int) -> Bool {
    let owner: Owner
    switch kind {
    case .recv:
      guard recv(one).isAlive else { return false }
      owner = .recv(one)
      set(one, RecvProcess(isAlive: false))
    case .run:
      guard run(one).isAlive else { return false }
      owner = .run(one)
      set(one, RunProcess(isAlive: false))
    case .send:
      guard send(one).isAlive else { return false }
      owner = .send(one)
      for index in replies.indices where send(one).accepted & 1 << UInt8(index) != 0 {
        replies[index].diedSending += 1
      }
      set(one, SendProcess(isAlive: false))
    }
    if message?.owner == owner { message?.owner = .dead }
    for index in replies.indices where replies[index].owner == owner { replies[index].owner = .dead }
    return true
  }

  private mutating func start(_ kind: Kind, _ one: Int) -> Bool {
    switch kind {
    case .recv:
      guard !recv(one).isAlive else { return false }
      set(one, RecvProcess())
      _ = adopt(one)
    case .run:
      guard !run(one).isAlive else { return false }
      set(one, RunProcess())
      recover(one)
    case .send:
      guard !send(one).isAlive else { return false }
      set(one, SendProcess())
      _ = adoptQueued(one)
    }
    return true
  }

  // MARK: The world outside

  private static func lose(_ copies: inout UInt8) -> Bool {
    guard copies > 0 else { return false }
    copies -= 1
    return true
  }

  private mutating func dayPasses() -> Bool {
    var changed = false
    if let row = message, !row.state.isFinished, !row.isOld {
      message?.isOld = true
      changed = true
    }
    for index in replies.indices where !replies[index].state.isFinished && !replies[index].isOld {
      replies[index].isOld = true
      changed = true
    }
    return changed
  }

  private mutating func retryMessage() -> Bool {
    guard move(.release, to: .nobody) else { return false }
    operatorActs += 1
    message?.turn += 1
    message?.runs = 0
    message?.isResumed = false
    message?.prints = 0
    message?.isOld = false
    message?.isDropped = false
    return true
  }

  private mutating func dropMessage() -> Bool {
    guard let row = message, row.state == .new || row.state == .held || row.owner.isDead,
      move(.fail, to: .nobody)
    else { return false }
    operatorActs += 1
    message?.isDropped = true
    return true
  }

  private mutating func retryReply(_ reply: Int) -> Bool {
    guard replies[reply].state != .ready || replies[reply].owner.isDead, move(reply, .release, to: .nobody)
    else { return false }
    operatorActs += 1
    replies[reply].releases += 1
    replies[reply].isOld = false
    return true
  }

  private mutating func dropReply(_ reply: Int) -> Bool {
    guard replies[reply].state != .sending || replies[reply].owner.isDead, move(reply, .refuse, to: .nobody)
    else { return false }
    operatorActs += 1
    return true
  }
}
