import Console
import Delivery
import JSON
import Journal
import Settings
import Stage
import Store
import System
import Wire

/// What somebody wants who names a target instead of standing at the end of a pipe.
enum AdHoc {
  /// To send something.
  case send(Wish)
  /// To know whether an account works.
  case check(String)

  /// What is to be sent, and where.
  struct Wish {
    /// Targets as they were named.
    var targets: [String] = []
    /// Where on their platform, where that was said apart from it.
    var to: [String] = []
    var text: [String] = []
    var subject: String?
    var files: [String] = []
    var fileName: String?
    var tail: Int?
    var isDryRun = false
  }

  /// Understands the arguments; nil when they are those of a stage of a pipe.
  ///
  /// - Throws: `Failure` with status 64.
  init?(_ given: Arguments) throws {
    let verb = given.operands.first
    guard verb != nil || given.has("target") else {
      for name in ["to", "subject", "attach", "as-file", "tail"] where given.has(name) {
        throw Failure.usage(
          "--\(name) needs a TARGET to send to", hint: "agim-send TARGET --\(name) …, or -t TARGET")
      }
      return nil
    }
    var words = given
    if verb != nil, !given.has("target") { words = try Self.withOptions(behindTarget: given) }
    if words.has("via") || words.has("flush") || words.has("strict") {
      throw Failure.usage("--via, --flush and --strict go without a TARGET")
    }
    var wish = Wish()
    if verb == "check", !given.has("target"), words.operands.count == 1, given.operands.count >= 2 {
      self = .check(words.operands[0])
      return
    }
    wish.targets = given.has("target") ? words.all("target") : [verb ?? ""]
    wish.text = words.operands
    wish.to = Self.all("to", given, words)
    wish.files = Self.all("attach", given, words)
    wish.subject = words.value("subject")
    wish.fileName = words.value("as-file")
    wish.tail = try words.number("tail", in: 1...100_000)
    wish.isDryRun = words.has("dry-run")
    if wish.tail != nil, wish.fileName != nil {
      throw Failure.usage("--tail and --as-file exclude each other")
    }
    if let subject = wish.subject, subject.utf8.contains(where: { $0 < 0x20 }) || subject.utf8.count > 998 {
      throw Failure.usage("--subject: a single line of at most 998 bytes")
    }
    self = .send(wish)
  }

  /// Options about what is sent may follow the target too; any other word there begins the text.
  private static func withOptions(behindTarget given: Arguments) throws -> Arguments {
    let operands = given.operands
    let end = min(given.beforeDashes ?? operands.count, operands.count)
    var count = 1
    while count < end {
      let word = operands[count]
      let name = String(word.prefix { $0 != "=" })
      if name == "--receipts" || name != word && named.contains(name) {
        count += 1
      } else if named.contains(word) {
        count = min(count + 2, operands.count)
      } else if word.utf8.count > 2, ["-s", "-a"].contains(String(word.prefix(2))) {
        count += 1
      } else {
        break
      }
    }
    var head = given
    head.operands = Array(operands.prefix(count))
    var words = try command.reparse(head, after: 1, order: .anywhere)
    words.operands = Array(operands.dropFirst(count))
    return words
  }

  private static let named = ["--to", "--subject", "-s", "--attach", "-a", "--as-file", "--tail"]

  /// What stands before the target and behind it.
  private static func all(_ name: String, _ given: Arguments, _ words: Arguments) -> [String] {
    let (before, all) = (given.all(name), words.all(name))
    return before == all ? all : before + all
  }
}

/// Sends to every target, waits until each has it or cannot have it now, and says so.
func sendText(_ wish: AdHoc.Wish, _ stage: Stage, _ sender: Sender, _ messengers: Messengers) throws
  -> ExitCode
{
  let targets = try AdHocTargets(stage.settings).targets(wish)
  for target in targets { try check(target, stage, messengers) }
  let content = try AdHocContent(wish, stage)
  for target in targets { try content.check(target, stage, messengers) }
  if wish.isDryRun {
    for target in targets { try show("to \(target): \(content.shown)\n") }
    return .ok
  }
  var fates: [String: AdHocFate] = [:]
  var order: [(id: String, target: Target)] = []
  sender.onOutcome = { delivery, outcome in
    fates[delivery.row.id, default: AdHocFate()].add(delivery.row.part, outcome)
  }
  for target in targets {
    let made = try content.line(for: target, stage, messengers)
    // Only what we store now is ours to wait for; the rest of the outbox is left to others.
    let line = Produced(
      id: made.id, parent: nil, type: "reply", final: false, session: target.session, line: made.line)
    try sender.sendOne(line, to: target)
    order.append((made.id, target))
  }
  stage.loop.beforeWait {
    try sender.step()
    if order.allSatisfy({ fates[$0.id] != nil }), sender.isIdle, try stage.output.pump() { stage.loop.stop() }
  }
  // What cannot go now is for the next agim-send.
  stage.onStop = { stage.loop.after(6000) { sender.cancel() } }
  try stage.run()
  return try report(order, fates)
}

private func report(_ order: [(id: String, target: Target)], _ fates: [String: AdHocFate]) throws -> ExitCode
{
  var failures: [Failure] = []
  for (id, target) in order {
    guard let fate = fates[id] else {
      failures.append(
        Failure(
          .temporary, "\(target): not known to be delivered",
          hint: "it stays in the outbox: see 'agim-queue show \(id)'"))
      continue
    }
    if let reason = fate.held {
      failures.append(
        Failure(.temporary, "\(target): \(reason)", hint: "it goes out when the person writes again"))
    } else if let reason = fate.refused {
      // What a platform refuses is not permitted; a file, a program or a terminal fails by itself.
      let isChat = if case .address(let address) = target { address.platform != "tty" } else { false }
      failures.append(Failure(isChat ? .notPermitted : .unavailable, "\(target) refused: \(reason)"))
    } else if let reason = fate.postponed {
      failures.append(
        Failure(
          .temporary, "\(target): \(reason)", hint: "it stays in the outbox: 'agim-send --flush' tries again")
      )
    }
  }
  for failure in failures.dropLast() { Log.failure(failure) }
  // A refusal is final, and says more than that something waits.
  if let worst = failures.first(where: { $0.code != .temporary }), let last = failures.last,
    last.code == .temporary
  {
    Log.failure(last)
    throw worst
  }
  if let last = failures.last { throw last }
  return .ok
}

/// What became of the parts of one text.
struct AdHocFate {
  private(set) var refused: String?
  /// Why it waits for a person.
  private(set) var held: String?
  private var waiting: [Int64: String] = [:]

  /// The reason why a part waits.
  var postponed: String? { waiting.min { $0.key < $1.key }?.value }

  mutating func add(_ part: Int64, _ outcome: Outcome) {
    switch outcome {
    case .delivered: waiting[part] = nil
    case .refused(let reason):
      waiting[part] = nil
      refused = refused ?? reason
    case .waits(let reason):
      waiting[part] = nil
      held = held ?? reason
    case .postponed(let reason, _): waiting[part] = reason
    }
  }
}

func show(_ text: String) throws {
  try Files.writeAll(Array(text.utf8), to: 1, subject: "standard output")
}
