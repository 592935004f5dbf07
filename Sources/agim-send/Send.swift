import Console
import Delivery
import Glibc
import JSON
import Journal
import MessengerFile
import MessengerInbox
import MessengerProgram
import MessengerStandard
import MessengerTty
import Settings
import Stage
import Store
import System
import Text
import Wire

/// What agim-send does with its arguments.
func send(_ arguments: Arguments) throws -> ExitCode {
  if arguments.has("verbose") { Log.threshold = .info }
  if arguments.has("quiet") { Log.threshold = .error }
  let adHoc = try AdHoc(arguments)
  let stage = try Stage("send")
  let via = try arguments.value("via").map { try Target($0, settings: stage.settings) }
  let messengers = Messengers(stage)
  let secrets = Account.plainSecrets(allPlatforms.map(\.facts), stage.settings)
  let sender = Sender(stage, secrets: secrets) { try messenger($0, stage, messengers) }
  messengers.onSecret = { [unowned sender] in sender.add(secret: $0) }
  sender.via = via
  sender.printsReceipts = arguments.has("receipts")
  if let via { try check(via, stage, messengers) }
  switch adHoc {
  case .check(let account)?:
    return try checkAccount(account, stage, messengers, isDryRun: arguments.has("dry-run"))
  case .send(let wish)?: return try sendText(wish, stage, sender, messengers)
  case nil: break
  }
  if arguments.has("flush") { return try flush(stage, sender, dryRun: arguments.has("dry-run")) }
  if arguments.has("dry-run") { return try showLines(stage, via, strict: arguments.has("strict")) }
  return try serve(stage, sender, strict: arguments.has("strict"))
}

/// A target of the command line must exist, and be permitted to whoever named it.
func check(_ target: Target, _ stage: Stage, _ messengers: Messengers) throws {
  if target == .inbox, ProcessTree.isBelowGuardian() {
    throw Failure(.notPermitted, "inbox: an agent may not speak as a person")
  }
  _ = try messenger(target, stage, messengers)
}

func messenger(_ target: Target, _ stage: Stage, _ messengers: Messengers) throws -> any Messenger {
  switch target {
  case .stdout: return StdoutTarget(stage)
  case .file(let path): return FileTarget(path: path, stage: stage)
  case .inbox: return InboxTarget(stage)
  case .command(let program): return try ProgramTarget(program, stage: stage)
  case .address(let address) where address.platform == "tty":
    return TtyTarget(session: address.description, stage: stage, plain: StdoutTarget(stage))
  case .address(let address):
    if let messenger = try messengers.messenger(for: address) { return messenger }
    throw Failure(
      .unavailable, "this version has no messenger for \(address.platform)",
      hint: "say --via, or name stdout, inbox, file:PATH or command:PROGRAM")
  }
}

/// The filter: delivers what comes through the pipe.
private func serve(_ stage: Stage, _ sender: Sender, strict: Bool) throws -> ExitCode {
  let input = try StageInput(stage, strict: strict, expecting: "replies as lines, see agim-message(5)")
  // Deliveries that only wait for another try hold up the end for this long.
  let patience: Int64 = 60_000
  var endedAt: Int64?
  input.onLine = { scanner, line in try sender.take(scanner, line, input.lineNumber) }
  sender.report = { try input.report($0) }
  sender.hasMore = { input.hasMore }
  sender.onOutcome = { _, outcome in
    // Its person may have written at that very moment.
    guard case .waits = outcome else { return }
    stage.loop.after(0) { try stage.untilStored { try sender.adopt() } }
  }
  input.onEnd = {
    endedAt = stage.loop.clock.monotonic()
    if !stage.isStopping { try sender.endOfInput() }
    stage.loop.after(patience) { stage.loop.stop() }
  }
  input.isPaused = { stage.isTroubled || stage.output.pending > 1 << 20 }
  input.gather = 1 << 20
  stage.onStop = {
    try input.stop()
    stage.loop.after(6000) { sender.cancel() }
  }
  try sender.announce()
  try sender.adopt()
  stage.whenOthersCommit { try stage.untilStored { try sender.adopt() } }
  // A sender that was still leaving when we started is dead by then.
  stage.every(30_000) { try stage.untilStored { try sender.adopt() } }
  stage.loop.beforeWait {
    try sender.step()
    guard endedAt != nil, sender.isIdle, sender.waiting == 0 || stage.isStopping else { return }
    if try stage.output.pump() { stage.loop.stop() }
  }
  input.start()
  try stage.run()
  return left(sender)
}

/// Delivers what waits, and leaves.
private func flush(_ stage: Stage, _ sender: Sender, dryRun: Bool) throws -> ExitCode {
  if dryRun {
    for row in try stage.journal.adoptable() {
      let target = row.target ?? sender.via?.description ?? row.session
      stage.output.append(Array("\(row.id) to \(displayEscaped(target))\n".utf8))
    }
    return try stage.output.drain(limit: .max / 2) ? .ok : .ioError
  }
  try sender.adopt(atOnce: true)
  stage.loop.beforeWait {
    try sender.step()
    if sender.isIdle { stage.loop.stop() }
  }
  try stage.run()
  return left(sender)
}

private func left(_ sender: Sender) -> ExitCode {
  guard sender.waiting > 0 else { return .ok }
  Log.warning(
    "\(sender.waiting) not delivered yet; they stay in the outbox, and the next agim-send takes them over")
  return .temporary
}

/// The dry run of the filter: what would go where.
private func showLines(_ stage: Stage, _ via: Target?, strict: Bool) throws -> ExitCode {
  let input = try StageInput(stage, strict: strict, expecting: "replies as lines, see agim-message(5)")
  input.onLine = { scanner, line in
    let envelope: Envelope
    let text: String
    do {
      envelope = try Envelope(scanner, line)
      text = try Envelope.text("text", scanner, line) ?? ""
    } catch {
      return try input.report("line \(input.lineNumber): \(error); left out")
    }
    guard ["reply", "error", "request"].contains(envelope.type), !envelope.isPartial else { return }
    let target = try via ?? Target(session: envelope.session ?? "")
    stage.output.append(Array("to \(target): \(text)\n".utf8))
  }
  input.onEnd = { stage.loop.stop() }
  input.start()
  try stage.run()
  return .ok
}
