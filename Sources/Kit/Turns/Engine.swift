internal import Glibc
internal import Journal
internal import Limits
package import Stage
internal import Store
internal import System

/// Runs turns: claims messages, keeps a session's order, runs sessions in parallel, and commits every
/// step before it shows.
///
/// A step of the loop collects what happened (turns that ended, lines for the chat, turns that may
/// begin) and makes it durable in one transaction, then prints and starts. So nothing is printed that
/// a crash could take back, and no prompt reaches an agent before its row says `running`.
package final class Engine {
  /// The stage it works for.
  package let stage: Stage

  let drivers: [String: any Driver]
  let defaultAgent: String?
  let jobs: Int
  let input: StageInput

  var wanted: [Wanted] = []
  var foreign: [UInt8] = []
  var sessions: [String: SessionQueue] = [:]
  var ready: [SessionQueue] = []
  var blocked: [SessionQueue] = []
  var waiting = 0
  var running: [String: Turn] = [:]
  var ends: [TurnEnd] = []
  /// Turns that have ended and may still wait for an answer.
  var ended: [Turn] = []
  var lines: [Produced] = []
  var controls: [String] = []
  var wasDecided = false
  /// Messages that came while their session was at work, for its agent to take at once.
  var steering: [(queue: SessionQueue, n: Int64)] = []
  /// What turns have used up, for the limits.
  var usage = Usage()
  /// How many sessions wait because of a rate.
  var held: [Usage.Who: Int] = [:]
  var isWaitingForTrial = false
  /// The tokens of turns that are about to begin.
  var tokens: [String: String] = [:]
  /// Models that are asked for the vector of a message, by the turn's reply.
  var meanings: [String: ProgramRun] = [:]
  /// The servers of the configuration of a number, with their secrets.
  var servers: (number: Int, all: [ToolServer])?
  /// Where the server of our own tools is; nil where it is not installed.
  private(set) lazy var toolServer = InstalledProgram.find(
    OwnProgram.path(of: AgentScope.program),
    in: ["PATH=\(ProcessGuard.variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin")"])
  let printer: ReplyPrinter
  let permissions: Permissions

  static let mayPass: Set<Int32> = [ENOSPC, EDQUOT, EAGAIN, ENOMEM, EMFILE, ENFILE, ETXTBSY]
  static let waitingLimit = 50_000
  static let pendingLimit = 1 << 20

  /// The messages of one session that wait for their turn, by row number.
  final class SessionQueue {
    /// The session's address; for a side question, followed by its id.
    let address: String
    var rows: [Int64] = []
    var isReady = false
    var isRunning = false
    /// Whether its next message waits because its person or agent is too fast.
    var isHeld = false
    /// Whether its next message has waited for that.
    var hasWaited = false
    /// Whether its person was told of that.
    var wasToldOfRate = false
    /// Since when its next message waits for the turn that tries its agent again, on the loop's clock.
    var waitsForTrial: Int64?
    /// A message that was to be given to the running turn, and could not be: it is the next one.
    var next: Turn?
    init(_ address: String) { self.address = address }
  }

  /// An engine for some drivers, which runs at most `jobs` turns at once.
  ///
  /// `defaultAgent` takes the messages that are routed to nobody; nil: they pass through.
  package init(
    _ stage: Stage, drivers: [any Driver], defaultAgent: String?, jobs: Int, input: StageInput
  ) {
    self.stage = stage
    printer = ReplyPrinter(stage)
    permissions = Permissions(stage, printer)
    self.drivers = Dictionary(drivers.map { ($0.agent, $0) }) { first, _ in first }
    self.defaultAgent = defaultAgent
    self.jobs = jobs
    self.input = input
  }

  /// Recovers what dead engines left, then serves until the input has ended and all is done.
  package func run() throws {
    permissions.onAsked = { [unowned self] turn, matter in tellWaiting(turn, matter) }
    input.onLine = { [unowned self] scanner, line in try take(scanner, line) }
    input.isPaused = { [unowned self] in
      stage.isTroubled || waiting > Self.waitingLimit || stage.output.pending > Self.pendingLimit
    }
    stage.onStop = { [unowned self] in try input.stop() }
    try recover()
    stage.loop.beforeWait { [unowned self] in try step() }
    stage.whenOthersCommit { [unowned self] in
      releaseBlocked()
      try permissions.look()
      for turn in running.values where turn.job?.isCancelled == true { turn.abort(.aborted) }
      try stage.untilStored { [unowned self] in
        for row in try stage.journal.adoptReleased(agents: runs) {
          enqueue(row.n, row.session)
        }
      }
    }
    // An engine that was still leaving when we started is dead by then.
    stage.every(30_000) { [unowned self] in try recover() }
    input.start()
    try stage.run()
  }
}
