import Console
import Glibc
import JSON
import Journal
import Recall
import Settings
import Stage
import Store
import System
import Text
import Wire

/// What a verb of agim-memo works with.
struct Desk {
  let stage: Stage
  let arguments: Arguments
  let operands: [String]
  let memories: Memories
  /// Whose memos they are, as `PLATFORM:ID`.
  let person: String

  init(_ stage: Stage, _ arguments: Arguments) throws {
    self.stage = stage
    self.arguments = arguments
    operands = arguments.operands
    memories = Memories(stage.journal.store, clock: stage.journal.clock, secrets: stage.settings.plainSecrets)
    person = try arguments.value("person").map(Self.person) ?? Self.localPerson
  }

  var store: Store { stage.journal.store }
  var isJSON: Bool { arguments.has("json") }
  var isDry: Bool { arguments.has("dry-run") }
  var team: String? { arguments.value("team") ?? stage.settings.memory.team }

  func scopes() throws -> [ScopeRow] { try memories.scopes(person: person) }

  /// The user of this machine, as agim-recv tty names them.
  static var localPerson: String {
    let name = getpwuid(geteuid()).flatMap(\.pointee.pw_name).map { String(cString: $0) }
    return "tty:\(name ?? "\(geteuid())")"
  }

  /// A person's names: a user of this machine has one for each way in.
  static func sameUser(_ person: String) -> [String] {
    let parts = person.unicodeScalars.split(separator: ":", maxSplits: 1).map { String($0) }
    guard parts.count == 2, Person.users.contains(parts[0]) else { return [person] }
    return [person] + Person.users.filter { $0 != parts[0] }.map { "\($0):\(parts[1])" }
  }

  static func person(_ text: String) throws -> String {
    let parts = text.unicodeScalars.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, Address.isPlatform(String(parts[0])), !parts[1].isEmpty, text.utf8.count <= 512
    else {
      throw Failure.usage("'\(text)' is no person", hint: "PLATFORM:ID, as agim-audit log shows them")
    }
    return text
  }

  func limit(_ standard: Int = 20) throws -> Int {
    try arguments.number("limit", in: 1...100_000) ?? standard
  }

  /// A number that names a memo or a fact.
  func number(_ index: Int, _ what: String) throws -> Int64 {
    guard operands.count > index else { throw Failure.usage("the number of a \(what) is missing") }
    return try Self.number(operands[index], what)
  }

  static func number(_ text: String, _ what: String) throws -> Int64 {
    guard let n = Int64(text), n > 0 else { throw Failure.usage("'\(text)' is not the number of a \(what)") }
    return n
  }

  func memo(_ n: Int64) throws -> MemoRow {
    guard let memo = try memories.memo(n, in: scopes()) else {
      throw Failure(.noInput, "\(person) has no memo \(n)", hint: "see 'agim-memo list'")
    }
    return memo
  }

  /// The text of operands from an index on, or standard input.
  func text(from index: Int) throws -> String {
    var text = operands.dropFirst(index).joined(separator: " ")
    if operands.count <= index || operands.dropFirst(index) == ["-"] {
      guard isatty(0) == 0 || operands.count > index else {
        throw Failure.usage("there is no text", hint: "give it as operands or on standard input")
      }
      guard let read = String(validating: try Desk.input(limit: 1 << 20), as: UTF8.self) else {
        throw Failure(.dataError, "standard input: not text in UTF-8")
      }
      text = read
    }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }

  static func input(limit: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let input = Descriptor(dup(0))
    while let piece = try input.read(upTo: 65_536, subject: "standard input"), !piece.isEmpty {
      bytes += piece
      guard bytes.count <= limit else {
        throw Failure(.dataError, "standard input: longer than \(limit) bytes")
      }
    }
    return bytes
  }

  func print(_ text: String) { stage.output.append(Array("\(text)\n".utf8)) }

  /// Shows a memo or a fact on a line of its own.
  func show(_ item: Exchange.Item, n: Int64, isFact: Bool, line: String) {
    if isJSON { return stage.output.append(Exchange.line(item, n: n)) }
    let time = item["created"].map { String($0.prefix(16)) } ?? ""
    print("\(isFact ? "fact " : "")\(n)  \(time)  \(displayEscaped(line))")
  }

  func show(_ memo: MemoRow) {
    show(
      Exchange.item(memo), n: memo.n, isFact: false, line: MemoryText.beginning(MemoryText.line(memo), 200))
  }

  func show(_ fact: FactRow) {
    var line = "\(fact.state)  \(fact.kind)  \(MemoryText.beginning(fact.text, 200))"
    if let project = fact.project { line += "  [\(project)]" }
    if let successor = fact.successor { line += "  → \(successor)" }
    if isJSON {
      stage.output.append(Exchange.line(Exchange.item(fact), n: fact.n))
    } else {
      print("\(fact.n)  \(fact.changed.description.prefix(16))  \(displayEscaped(line))")
    }
  }
}
