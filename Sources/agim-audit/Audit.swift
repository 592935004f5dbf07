import Audit
import Console
import Glibc
import JSON
import Requests
import Settings
import Stage
import Store
import System
import Wire

/// What agim-audit does with its arguments.
func audit(_ arguments: Arguments) throws -> ExitCode {
  let wanted: [String: Set<String>] = [
    "log": ["agent", "days", "json", "limit", "person", "platform", "session"],
    "stats": ["agent", "by", "days", "json", "person", "platform", "session"],
    "ledger": ["after", "json", "limit"], "verify": ["json", "known"],
  ]
  let verbs = ["log", "stats", "ledger", "verify"]
  guard let verb = arguments.operands.first else {
    throw Failure.usage("what to show is missing", hint: "log, stats, ledger or verify")
  }
  guard let options = wanted[verb] else {
    throw Failure.usage(
      "unknown word '\(verb)'", hint: Nearest.match(verb, among: verbs).map { "did you mean \($0)?" })
  }
  if arguments.operands.count > 1 {
    throw Failure.usage("\(verb) takes no operand, but got '\(arguments.operands[1])'")
  }
  for name in Set(wanted.values.joined()).sorted() where arguments.has(name) && !options.contains(name) {
    throw Failure.usage("option --\(name) is not for \(verb)")
  }
  let show = try Show(arguments)
  switch verb {
  case "log": try show.log()
  case "stats": try show.stats()
  case "ledger": try show.ledger()
  default: return try show.verify()
  }
  return .ok
}

/// Reads the store and writes nothing to it: a home that cannot be written is good enough.
struct Show {
  private let arguments: Arguments
  private let isJSON: Bool
  /// Nil where there is no store yet: then nothing has happened.
  private let store: Store?
  private let output = OutputWriter(fd: 1)
  private let filter: AuditFilter

  private static let page = 500
  private static let logLimit = 100
  private static let limits = 1...1_000_000_000

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    isJSON = arguments.has("json")
    let home = try Home.locate()
    let settings = try Settings.load(home)
    filter = try Self.filter(arguments, settings)
    store = access(home.database, F_OK) == 0 ? try Store(reading: home.database) : nil
    ProcessGuard.protectMemory()
  }

  private static func filter(_ arguments: Arguments, _ settings: Settings) throws -> AuditFilter {
    var filter = AuditFilter()
    filter.agent = arguments.value("agent")
    filter.platform = arguments.value("platform")
    if let person = arguments.value("person") {
      guard person.utf8.contains(UInt8(ascii: ":")) else {
        throw Failure.usage("option --person: '\(person)' is not PLATFORM:ID", hint: "for example tty:local")
      }
      filter.person = person
    }
    if let given = arguments.value("session") {
      guard let address = Address(settings.addresses[given] ?? given) else {
        throw Failure.usage("option --session: '\(given)' is not an address", hint: "see agim-address(7)")
      }
      filter.session = address.description
    }
    if let days = try arguments.number("days", in: 1...36_500) {
      filter.since = Clock.system.now() + -Int64(days) * 86_400_000
    }
    return filter
  }

  // MARK: - Turns

  func log() throws {
    let limit = try arguments.number("limit", in: Self.limits) ?? Self.logLimit
    guard let store else { return }
    var after = try store.auditStart(filter, newest: limit)
    while case let rows = try store.audit(filter, after: after, limit: Self.page), let last = rows.last {
      after = last.n
      for row in rows {
        let recalled = isJSON ? try store.recalls(for: row.id) : []
        say(isJSON ? nil : AuditText.line(row), AuditText.object(row, recalled: recalled))
      }
      try flush()
    }
  }

  func stats() throws {
    let word = arguments.value("by") ?? AuditGroup.agent.rawValue
    let words = AuditGroup.allCases.map(\.rawValue)
    guard let group = AuditGroup(rawValue: word) else {
      throw Failure.usage(
        "option --by: '\(word)' is nothing to count by",
        hint: Nearest.match(word, among: words).map { "did you mean \($0)?" }
          ?? words.joined(separator: ", "))
    }
    let sums = try store?.auditSums(filter, by: group) ?? []
    if isJSON {
      for sum in sums { say(nil, AuditText.object(sum, by: group)) }
    } else {
      output.append(Array(AuditText.table(sums, by: group).utf8))
    }
    try flush()
  }

  // MARK: - The ledger

  func ledger() throws {
    let given = try arguments.number("after", in: 0...Int.max)
    let limit = try arguments.number("limit", in: Self.limits)
    guard let store else { return }
    var after = Int64(given ?? 0)
    if let limit { after = max(after, try store.ledgerStart(newest: limit)) }
    while case let rows = try store.ledger(after: after, limit: Self.page), let last = rows.last {
      after = last.n
      for row in rows {
        output.append(isJSON ? LedgerText.json(row) : Array((LedgerText.line(row) + "\n").utf8))
      }
      try flush()
    }
  }

  func verify() throws -> ExitCode {
    let mark = try arguments.value("known").map { text in
      guard let mark = LedgerMark(text) else {
        throw Failure.usage(
          "option --known: '\(text)' is not NUMBER:HASH", hint: "as verify printed it, 64 digits of hash")
      }
      return mark
    }
    var check = LedgerCheck()
    if let store {
      check = try Ledger.verify(store, known: mark)
    } else if let mark {
      check.fault = "there is no store, and \(mark.n) entries were written"
    }
    if isJSON {
      var json = JSONWriter()
      json.beginObject()
      json.member("sound", check.fault == nil)
      json.member("entries", Int(check.count))
      json.name("hash")
      if check.count > 0 { json.value(check.hash) } else { json.null() }
      json.name("fault")
      if let fault = check.fault { json.value(fault) } else { json.null() }
      json.endObject()
      json.newline()
      output.append(json.bytes)
    } else if check.fault == nil {
      let mark = check.count > 0 ? "  \(check.count):\(check.hash)" : ""
      output.append(Array("sound: \(check.count) entries\(mark)\n".utf8))
    }
    try flush()
    guard let fault = check.fault else { return .ok }
    throw Failure(
      .dataError, "ledger: \(fault)",
      hint: "keep a copy of the store, and compare it with a backup; see agim-audit(1)")
  }

  // MARK: - Output

  private func say(_ text: String?, _ object: @autoclosure () -> JSONObject) {
    if let text { return output.append(Array((text + "\n").utf8)) }
    var json = JSONWriter()
    json.value(.object(object()))
    json.newline()
    output.append(json.bytes)
  }

  private func flush() throws {
    guard try output.drain(limit: .max / 2) else {
      throw Failure(.ioError, "standard output cannot be written")
    }
  }
}
