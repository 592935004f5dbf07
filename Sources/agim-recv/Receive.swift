import Console
import Delivery
import JSON
import MessengerInbox
import MessengerJob
import MessengerProgram
import MessengerReplay
import MessengerStandard
import MessengerTty
import Network
import Settings
import Speech
import Stage
import System
import Web
import WebhookSource
import Wire

/// What agim-recv does with its arguments.
func receive(_ arguments: Arguments) throws -> ExitCode {
  if arguments.has("verbose") { Log.threshold = .info }
  if arguments.operands.isEmpty && !arguments.has("all") {
    try Files.writeAll(
      Array(
        (["tty", "stdin", "inbox", "job", "replay", "command:PROGRAM"] + chatPlatforms.map(\.facts.name))
          .map { $0 + "\n" }.joined().utf8), to: 1, subject: "standard output")
    return .ok
  }
  if ProcessTree.isBelowGuardian() {
    throw Failure(.notPermitted, "an agent may not speak as a person: agim-recv does not run below agim-run")
  }
  if arguments.operands.contains(where: { $0.hasPrefix("command:") }) {
    // The programs end with us, however we end: two of a kind would take each other's messages.
    try ProcessGuard.startGuardian(.programs)
  }
  var sources: [any Source] = []
  var chats: [String] = []
  var operands = arguments.operands[...]
  while let operand = operands.popFirst() {
    switch operand {
    case "replay":
      guard sources.isEmpty else { throw Failure.usage("replay stands alone") }
      sources.append(ReplaySource(try replayOptions(arguments, Array(operands))))
      operands = []
    case "tty": sources.append(try ttySource(arguments))
    case "stdin": sources.append(try stdinSource(arguments))
    case "inbox": sources.append(InboxSource())
    case "job": sources.append(JobSource())
    default:
      guard operand.hasPrefix("command:") else {
        let platform = operand.prefix { $0 != "@" }
        guard chatPlatforms.contains(where: { $0.facts.isCalled(String(platform)) }) else {
          let names =
            ["tty", "stdin", "inbox", "job", "replay", "command:"] + chatPlatforms.map(\.facts.name)
          let near = Nearest.match(operand, among: names)
          throw Failure.usage("unknown source '\(operand)'", hint: near.map { "did you mean \($0)?" })
        }
        // Its account stands in the configuration, which is read with the stage.
        chats.append(operand)
        continue
      }
      sources.append(try ProgramSource(String(operand.dropFirst(8)), stays: !arguments.has("once")))
    }
  }
  let stage = try Stage("recv", clock: try clock(arguments))
  let options = try sourceOptions(arguments, stage)
  sources += try chats.compactMap { try platformSource($0, stage, options) }
  if arguments.has("all") { sources += try enabledSources(stage, options) }
  guard !sources.isEmpty else {
    throw Failure(.configuration, "no account is enabled", hint: "see \"accounts\" in agim-config(5)")
  }
  let receiver = Receiver(stage, sources)
  receiver.isOnce = arguments.has("once")
  let transcriber = Transcriber(stage)
  if transcriber.isConfigured { receiver.transcribe = transcriber.transcribe }
  let health = options.listen.map {
    HealthRoutes(receiver, $0, token: stage.settings.variable("AGIM_LISTEN_TOKEN"))
  }
  defer { withExtendedLifetime(health) { options.listen?.close() } }
  try receiver.run()
  return .ok
}

/// The session that the option names.
private func session(_ arguments: Arguments) throws -> Address? {
  guard let text = arguments.value("session") else { return nil }
  guard let address = Address(text) else {
    throw Failure.usage("--session: '\(text)' is not an address", hint: "see agim-address(7)")
  }
  return address
}

/// A terminal; without one, its lines are messages as those of standard input are.
private func ttySource(_ arguments: Arguments) throws -> any Source {
  let isTerminal = TtySource.hasTerminal
  let session = try session(arguments)
  if let session, session.platform != "tty" {
    throw Failure.usage("--session: '\(session)' is not a terminal's", hint: "write tty:NAME")
  }
  let speaker = try TtyName.speaker(session: session, isTerminal: isTerminal)
  guard isTerminal else { return StdinSource(speaker, atNUL: arguments.has("null")) }
  if arguments.operands.contains(where: { $0.hasPrefix("command:") }) {
    // The programs' guardian would put us into the background of the terminal.
    throw Failure.usage("tty and command:PROGRAM do not go together", hint: "start two agim-recv")
  }
  guard !Terminal.isTerminal(1) else {
    throw Failure.usage(
      "tty: standard output is a terminal too", hint: "write agim-recv tty | agim-run AGENT | agim-send")
  }
  let history = arguments.has("no-history") ? nil : try Home.locate().history
  return TtySource(speaker, history: history)
}

private func stdinSource(_ arguments: Arguments) throws -> StdinSource {
  let address = try session(arguments) ?? Address(platform: "stdin", channel: Home.pipe)
  let name =
    arguments.value("from") ?? ProcessGuard.variable("LOGNAME") ?? ProcessGuard.variable("USER") ?? "local"
  guard !name.isEmpty, name.utf8.count <= 256 else {
    throw Failure.usage("--from: a name has 1 to 256 bytes")
  }
  return StdinSource(
    Receiver.Speaker(platform: "stdin", session: address.description, id: name, name: name),
    atNUL: arguments.has("null"))
}

private func replayOptions(_ arguments: Arguments, _ files: [String]) throws -> ReplaySource.Options {
  guard !files.isEmpty else {
    throw Failure.usage("replay: no file", hint: "name one, or - for standard input")
  }
  var speed: Double?
  if let text = arguments.value("speed") {
    guard let factor = Double(text), factor > 0, factor.isFinite else {
      throw Failure.usage("--speed: '\(text)' is not a number above 0")
    }
    speed = factor
  }
  return ReplaySource.Options(
    files: files, speed: speed, keepsIDs: arguments.has("ids"), isForced: arguments.has("force"))
}

/// The machine's clock, or the one that a replay is to be reproduced on.
private func clock(_ arguments: Arguments) throws -> Clock {
  var start: Timestamp?
  if let text = arguments.value("now") {
    guard let time = Timestamp(rfc3339: text) else {
      throw Failure.usage("--now: '\(text)' is not a time like 2026-11-21T08:00:00Z")
    }
    start = time
  }
  var seed: UInt64?
  if let text = arguments.value("seed") {
    guard let number = UInt64(text) else { throw Failure.usage("--seed: '\(text)' is not a whole number") }
    seed = number
    start = start ?? Timestamp(milliseconds: 0)
  }
  return start == nil && seed == nil ? .system : .fixed(start: start, seed: seed)
}

/// The sources of the configuration's accounts that this version has.
private func enabledSources(_ stage: Stage, _ options: SourceOptions) throws -> [any Source] {
  var sources: [any Source] = []
  for account in stage.settings.accounts where account.isEnabled && !account.isOnlySentTo {
    switch account.platform {
    case "inbox": sources.append(InboxSource())
    // One that is only posted to.
    case WebhookFacts.facts.name
    where account.values["session"] == nil && account.values["reply"] == nil:
      continue
    default:
      if let source = try platformSource(account.key, stage, options) {
        sources.append(source)
        continue
      }
      throw Failure(
        .configuration, "account \"\(account.key)\": this version has no source for \(account.platform)",
        hint: "say \"enabled\": false, or name the sources to start")
    }
  }
  return sources
}
