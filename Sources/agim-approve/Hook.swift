import Console
import Glibc
import Hooks
import JSON
import Settings
import Stage
import System
import Wire

/// Whether this process answers a hook: then its statuses are 0 and 2, because a program takes every other for
/// a fault of the hook and goes on.
let isHook = CommandLine.arguments.dropFirst().first { !$0.hasPrefix("-") } == "hook"

/// Before anything can go wrong: what ends the process says no.
func prepareHook() {
  signal(SIGPIPE, SIG_IGN)
  for number in [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGXCPU, SIGXFSZ, SIGALRM, SIGUSR1, SIGUSR2] {
    signal(number) { _ in
      let words: StaticString = "agim-approve: hook: ended by a signal before it was answered\n"
      _ = write(2, words.utf8Start, words.utf8CodeUnitCount)
      _exit(2)
    }
  }
}

/// `agim-approve hook`: answers one hook of a program in a terminal.
///
/// It prints the answer and leaves with 0, or leaves with 2, nothing else.
func hook(_ arguments: Arguments) throws -> ExitCode {
  let program = try arguments.value("program").map { word in
    guard let program = HookProgram(rawValue: word) else {
      throw Failure.usage(
        "option --program: '\(word)' is not a program whose hooks are known", hint: "claude, codex or cursor")
    }
    return program
  }
  let within = try arguments.value("within").map { text in
    guard let duration = DurationText.parse(text), duration > .zero else {
      throw Failure.usage("option --within: '\(text)' is not a time", hint: "for example 90s or 15m")
    }
    return duration.milliseconds
  }
  let event = try HookEvent(try readInput(), program: program)
  do {
    return try answer(event, arguments.value("to"), within)
  } catch {
    guard !event.wantsDecision else { throw error }
    // Nobody waits for a decision, and a 2 would keep the program from ending its turn.
    Log.warning("hook: nobody was told: \(error)")
    return .ok
  }
}

private func answer(_ event: HookEvent, _ to: String?, _ within: Int64?) throws -> ExitCode {
  // Below an agim-run its own driver asks about every call.
  if ProcessTree.isBelowGuardian() { return try say(HookAnswer.bytes(.none, to: event)) }
  if event.kind == .nothing { return try say(HookAnswer.bytes(.none, to: event)) }
  let stage = try Stage("approve")
  let address = try (to ?? stage.settings.hookTo).map { text in
    guard let address = Address(stage.settings.addresses[text] ?? text) else {
      throw Failure.usage(
        "'\(text)' is neither an address nor the name of one", hint: "see agim-address(7)")
    }
    return address
  }
  let verdict = try HookDesk(stage, event, to: address, within: within).answer()
  return try say(HookAnswer.bytes(verdict, to: event))
}

private func say(_ answer: [UInt8]) throws -> ExitCode {
  try Files.writeAll(answer + [0x0A], to: 1, subject: "standard output")
  return .ok
}

/// All of standard input, whose end does not keep anybody waiting for long.
private func readInput() throws -> [UInt8] {
  guard isatty(0) == 0 else {
    throw Failure.usage("hook: the JSON of a hook is expected on standard input, see agim-approve(1)")
  }
  let input = Descriptor(dup(0))
  let clock = Clock.system
  let deadline = clock.monotonic() + 30_000
  var bytes: [UInt8] = []
  while true {
    var ready = pollfd(fd: input.number, events: Int16(POLLIN), revents: 0)
    let left = deadline - clock.monotonic()
    guard left > 0 else { throw Failure(.dataError, "hook: standard input did not end within 30 s") }
    guard poll(&ready, 1, Int32(clamping: left)) > 0,
      let piece = try input.read(upTo: 65_536, subject: "standard input")
    else { continue }
    if piece.isEmpty { return bytes }
    bytes += piece
    guard bytes.count <= HookEvent.limits.maxBytes else {
      throw Failure(.dataError, "hook: standard input has more than \(HookEvent.limits.maxBytes) bytes")
    }
  }
}
