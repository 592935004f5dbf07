import Journal
import Store
import System

/// Who has a row, as the model sees it: nobody, somebody who is dead, or one of six processes.
enum Owner: UInt8 {
  case nobody
  case dead
  case recv0
  case recv1
  case run0
  case run1
  case send0
  case send1

  /// What `Journal.isDead` says: the empty holder of rows that nobody has counts as dead.
  var isDead: Bool { self == .nobody || self == .dead }
  static func recv(_ index: Int) -> Owner { index == 0 ? .recv0 : .recv1 }
  static func run(_ index: Int) -> Owner { index == 0 ? .run0 : .run1 }
  static func send(_ index: Int) -> Owner { index == 0 ? .send0 : .send1 }
}

/// The kinds of processes, two of each.
enum Kind: UInt8 {
  case recv
  case run
  case send
}

/// The row of the one message of the model.
struct Message {
  var state = InboxState.new
  var owner = Owner.nobody
  /// Older than the backlog since it was accepted or released.
  var isOld = false
  var prints: UInt8 = 1
  /// Dead by an operator's hand: nobody needs to be told.
  var isDropped = false
  /// How often it was released, which begins another turn.
  var turn: UInt8 = 0
  /// How often the prompt went to an agent in this turn, or the word that it was interrupted.
  var runs: UInt8 = 0
  /// Whether it was gone on with after an interruption.
  var isResumed = false
}

/// A row of the outbox.
struct Reply {
  enum Content: UInt8 {
    case answer
    case notice
  }
  var content: Content
  var turn: UInt8
  var state: OutboxState
  var owner: Owner
  var isOld = false
  var prints: UInt8 = 1
  /// Copies of its line on the way to agim-send.
  var inPipe: UInt8 = 0
  /// Whether a filter changed the text that will be sent.
  var isChanged = false
  /// What the platform counts.
  var deliveries: UInt8 = 0
  /// How often a sender died after the platform had it and before that was stored.
  var diedSending: UInt8 = 0
  /// How often an operator had it sent again.
  var releases: UInt8 = 0
}

struct RecvProcess {
  var isAlive = true
  /// A line that is committed and not yet printed.
  var toPrint = false
}

struct RunProcess {
  enum Phase: UInt8 {
    case idle
    case queued
    case running
  }
  var isAlive = true
  var phase = Phase.idle
  /// The replies that are committed and not yet printed, a bit each.
  var toPrint: UInt8 = 0
}

struct SendProcess {
  var isAlive = true
  /// The replies in its memory that are to be sent, a bit each.
  var has: UInt8 = 0
  /// Those that it has begun to send.
  var sending: UInt8 = 0
  /// Those of them that the platform has accepted.
  var accepted: UInt8 = 0
}

/// One message on its way through a pipeline with two processes of each kind: the store, the
/// memories of the processes, the lines in the pipes, and what the world outside has seen.
struct World: Hashable {
  /// Nil until the first source has accepted the platform's event.
  var message: Message?
  var replies: [Reply] = []
  var recv0 = RecvProcess()
  var recv1 = RecvProcess()
  var run0 = RunProcess()
  var run1 = RunProcess()
  var send0 = SendProcess()
  var send1 = SendProcess()
  /// Copies of the message's line on the way to agim-run.
  var toRun: UInt8 = 0
  /// Copies of the message's line that nobody claimed, on the way to agim-send.
  var toSend: UInt8 = 0
  /// What an operator has done so far; the exploration allows two acts.
  var operatorActs: UInt8 = 0
  /// More rows than one message can have: set when a bug makes them, which ends the exploration.
  var hasTooMany = false

  static func == (one: World, other: World) -> Bool { one.key == other.key }
  func hash(into hasher: inout Hasher) { hasher.combine(key) }

  /// Everything above in 128 bits, because a set of them is many times faster than one of worlds.
  var key: UInt128 {
    var low: UInt64 = 0
    if let message {
      low = 1 | UInt64(message.state.number) << 1 | UInt64(message.owner.rawValue) << 4
      low |= (message.isOld ? 1 : 0) << 7 | UInt64(message.prints) << 8 | (message.isDropped ? 1 : 0) << 11
      low |= UInt64(message.turn) << 12 | UInt64(message.runs) << 14
    }
    low |= (recv0.isAlive ? 1 : 0) << 16 | (recv0.toPrint ? 1 : 0) << 17
    low |= (recv1.isAlive ? 1 : 0) << 18 | (recv1.toPrint ? 1 : 0) << 19
    low |= (run0.isAlive ? 1 : 0) << 20 | UInt64(run0.phase.rawValue) << 21 | UInt64(run0.toPrint) << 23
    low |= (run1.isAlive ? 1 : 0) << 26 | UInt64(run1.phase.rawValue) << 27 | UInt64(run1.toPrint) << 29
    low |= (send0.isAlive ? 1 : 0) << 32 | UInt64(send0.has) << 33
    low |= UInt64(send0.sending) << 36 | UInt64(send0.accepted) << 39
    low |= (send1.isAlive ? 1 : 0) << 42 | UInt64(send1.has) << 43
    low |= UInt64(send1.sending) << 46 | UInt64(send1.accepted) << 49
    low |= UInt64(toRun) << 52 | UInt64(toSend) << 54 | UInt64(operatorActs) << 56
    var high: UInt64 = 0
    let isResumed = message?.isResumed == true
    for (index, reply) in replies.enumerated() {
      low |= UInt64(reply.turn) << UInt64(58 + 2 * index)
      var bits: UInt64 = 1 | UInt64(reply.state.number) << 1 | UInt64(reply.owner.rawValue) << 4
      bits |= (reply.isOld ? 1 : 0) << 7 | UInt64(reply.prints) << 8 | UInt64(reply.inPipe) << 11
      bits |= (reply.isChanged ? 1 : 0) << 13 | UInt64(reply.deliveries) << 14
      bits |= UInt64(reply.diedSending) << 16 | UInt64(reply.releases) << 18
      bits |= UInt64(reply.content.rawValue) << 20
      high = high << 21 | bits
    }
    if isResumed { high |= 1 << 63 }
    return UInt128(high) << 64 | UInt128(low)
  }
}

extension InboxState {
  fileprivate var number: UInt8 {
    switch self {
    case .new: 0
    case .taken: 1
    case .running: 2
    case .done: 3
    case .dead: 4
    case .held: 5
    }
  }
}

extension OutboxState {
  fileprivate var number: UInt8 {
    switch self {
    case .ready: 0
    case .queued: 1
    case .sending: 2
    case .delivered: 3
    case .refused: 4
    case .passed: 5
    case .held: 6
    }
  }
}
