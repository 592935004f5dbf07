import Console
import Glibc
import JSON
import Limits
import Models
import Network
import Settings
import Store
import System
import Text
import Wire

/// What all calls have in common: the role, the loop, the output, the money, and the way to end.
final class Job {
  let arguments: Arguments
  let settings: Settings
  let role: ModelSettings
  let call: ModelAddress.Call
  let clock = Clock.system
  let loop: EventLoop
  let output = OutputWriter(fd: 1)
  /// Whether a person looks at it, whose terminal a stranger's text must not act on.
  let isShown = Terminal.isTerminal(1)
  private let home: Home
  private let session: String
  private let person: String
  private var store: Store?
  private var began: Timestamp
  /// Bytes that the model was given.
  var promptBytes = 0
  /// Bytes that it answered.
  var replyBytes = 0
  /// What was used.
  var usage = ModelUsage()
  /// Why it did not work; nil while it does.
  private var ending: (code: String, failure: any Error)?
  /// Called when it has ended, before it is noted.
  var onEnding: () -> Void = {}
  /// Ends what was begun.
  var onStop: () -> Void = {}
  /// Words about the answer, which stand behind it where both come on one terminal.
  private var remarks: [() -> Void] = []

  init(_ arguments: Arguments, role name: String, _ call: ModelAddress.Call) throws {
    self.arguments = arguments
    self.call = call
    home = try Home.locate()
    settings = try Settings.load(home)
    guard let role = settings.model(name) else {
      let near = Nearest.match(name, among: settings.models.map(\.name))
      throw Failure(
        .configuration, "there is no role '\(displayEscaped(name))'",
        hint: near.map { "did you mean \($0)?" } ?? "say models.\(displayEscaped(name)) in config.json")
    }
    self.role = role
    if let fault = role.fault(for: call) { throw fault }
    session = try Self.session(arguments, settings)
    person = arguments.value("person") ?? ""
    guard person.isEmpty || person.utf8.contains(UInt8(ascii: ":")) else {
      throw Failure.usage("option --person: '\(person)' is not PLATFORM:ID", hint: "for example tty:local")
    }
    loop = EventLoop(clock: clock)
    loop.output = output
    began = clock.now()
    ProcessGuard.protectMemory()
  }

  private static func session(_ arguments: Arguments, _ settings: Settings) throws -> String {
    guard let given = arguments.value("session") else { return "" }
    guard let address = Address(settings.addresses[given] ?? given) else {
      throw Failure.usage("option --session: '\(given)' is not an address", hint: "see agim-address(7)")
    }
    return address.description
  }

  var isDryRun: Bool { arguments.has("dry-run") }

  /// The endpoint, with its secrets unless nothing is sent.
  func endpoint() throws -> ModelEndpoint {
    try ModelEndpoint(role, call, environment: settings.environment, isShown: isDryRun)
  }

  // MARK: - Money

  /// Looks whether more may be spent; nothing is asked when it cannot be noted what it costs.
  func begin() throws {
    try home.prepare()
    let store = try Store(path: home.database)
    self.store = store
    began = clock.now()
    let spent = try store.spentToday(at: began)
    let wait = (Usage.nextDay(after: began) - began + 59_999) / 60_000
    func over(_ what: String, _ cost: Int64, _ limit: Int64, _ key: String, _ hint: String) -> Failure {
      Failure(
        .temporary, "\(role.name): \(what) has cost \(Money.text(cost)), and \(key) is \(Money.text(limit))",
        hint: hint)
    }
    let tomorrow = "the next day begins at 00:00 UTC, in \(wait) minutes"
    if let limit = role.spendDay, let cost = spent[agent], cost >= limit {
      throw over("the role", cost, limit, "models.\(role.name).spend_day", tomorrow)
    }
    var limits = settings.limits
    // Calls that belong to no conversation are none together.
    if session.isEmpty { (limits.spendSession, limits.spendSessionDay) = (nil, nil) }
    let today = spent.values.reduce(0, Self.sum)
    switch try Budget.reached(in: store, session: session, today: today, at: began, limits) {
    case .day(let cost, let limit): throw over("today", cost, limit, "limits.spend_day", tomorrow)
    case .session(let cost, let limit):
      throw over("the conversation", cost, limit, "limits.spend_session", "/new begins another one")
    case .sessionDay(let cost, let limit):
      throw over("the conversation today", cost, limit, "limits.spend_session_day", tomorrow)
    case nil: break
    }
  }

  private static func sum(_ one: Int64, _ other: Int64) -> Int64 {
    let (sum, isTooMuch) = one.addingReportingOverflow(other)
    return isTooMuch ? .max : sum
  }

  private var agent: String { AuditRow.model + role.name }

  /// What it cost, in millionths of a US dollar; nil where that is not known.
  var cost: Int64? { usage.cost(role.price) }

  private func note() throws {
    guard let store else { return }
    var ids = UUIDMaker(clock: clock)
    let platform = person.isEmpty ? Address(session)?.platform ?? "" : String(person.prefix { $0 != ":" })
    let record = TurnRecord(
      person: person, platform: platform, code: ending?.code ?? TurnRecord.ok, prompt: promptBytes,
      reply: replyBytes, tokens: usage.tokens, cost: cost)
    try store.recordCall(
      record, id: ids.next(), agent: agent, session: session, began: began, ended: clock.now())
    store.checkpoint(ifPast: 4 << 20)
  }

  // MARK: - Running

  /// The call has not worked.
  func fail(_ code: String, _ failure: any Error) {
    if ending == nil { ending = (code, failure) }
  }

  /// Serves until the loop is stopped, and notes what it cost, however it ends.
  ///
  /// - Throws: why it did not work.
  func run() throws {
    try loop.onSignals([SIGTERM, SIGINT, SIGHUP]) { [unowned self] _ in
      fail("cancelled", Failure(.temporary, "\(role.name): stopped before the answer was whole"))
      onStop()
      loop.stop()
    }
    do {
      try loop.run()
    } catch {
      // Nobody reads what is paid for; it is noted all the same.
      fail("cancelled", error)
      onStop()
    }
    onEnding()
    try note()
    // What came before it broke off was shown.
    if !(ending?.failure is ReaderGone) { try flush() }
    for remark in remarks { remark() }
    if let ending { throw ending.failure }
  }

  /// Writes what there is.
  func flush() throws {
    guard try output.drain(limit: .max / 2) else {
      throw Failure(.ioError, "standard output cannot be written")
    }
  }

  /// Prints text of a stranger; on a terminal without what would act there.
  func say(_ text: String) {
    output.append(Array((isShown ? displayEscaped(text) : text).utf8))
  }

  /// Prints an object as a line.
  func show(_ object: JSONObject) {
    var json = JSONWriter()
    json.value(.object(object))
    json.newline()
    output.append(json.bytes)
  }

  /// How long a call may take.
  func limits(from moment: Int64) -> ModelCall.Limits {
    ModelCall.Limits(
      total: role.timeout.milliseconds - (clock.monotonic() - moment), idle: role.idleTimeout.milliseconds,
      retries: role.retries)
  }

  /// Tells of a call what is tried again.
  func watch(_ call: ModelCall, _ endpoint: ModelEndpoint) {
    onStop = { call.cancel() }
    call.onRetry = { problem, wait in
      Log.info(
        "asked once more", [("after", "\(wait)ms"), ("reason", endpoint.scrubbed(problem.message))])
    }
    call.onAdapt = { Log.info("asked without what it does not take", [("fields", $0.shown)]) }
  }

  /// Says something about the answer once all of it is printed.
  func remark(_ say: @escaping () -> Void) { remarks.append(say) }

  /// Tells what was used.
  func report(_ model: String?) {
    func shown(_ number: Int?) -> String { number.map(String.init) ?? "-" }
    let facts = [
      ("role", role.name), ("model", displayEscaped(model ?? "-")), ("input", shown(usage.input)),
      ("output", shown(usage.output)), ("cost", cost.map { "$" + Money.decimal($0, places: 6) } ?? "-"),
      ("milliseconds", "\(clock.now() - began)"),
    ]
    remark { Log.info("answered", facts) }
  }

  /// The members of an answer that all calls have.
  func answer(_ model: String?, _ text: String) -> [(String, JSONValue)] {
    [
      ("role", .string(role.name)), ("model", model.map { .string($0) } ?? .null), ("text", .string(text)),
      ("usage", .object(usage.object)),
      // Its digits are exact; a binary fraction would not be.
      ("cost", cost.flatMap { try? JSONReader.parse(Money.decimal($0, places: 6)) } ?? .null),
      ("milliseconds", .number(JSONNumber(Int(clock.now() - began)))),
    ]
  }
}
