import Console
import Gate
import Glibc
import JSON
import Policy
import Settings
import System

/// What the policy would say, without asking anybody.
func check(_ arguments: Arguments) throws -> ExitCode {
  let home = try Home.locate()
  let settings = try Settings.load(home)
  let user = try UserDirectory.locate(settings.environment)
  var checker = Checker(
    policy: Policy(
      rules: try PolicyRules(settings.policy, home: user), home: user, agimHome: home,
      files: SystemFileFacts(),
      path: ProcessGuard.variable("PATH").map(Checker.directories) ?? Policy.systemPath),
    settings: settings, defaults: try CheckedCall(arguments))
  let output = OutputWriter(fd: 1)
  ProcessGuard.protectMemory()
  if arguments.has("batch") {
    for name in ["tool", "input"] where arguments.has(name) {
      throw Failure.usage("option --\(name) is not for --batch", hint: "each line has its own \"\(name)\"")
    }
    return try checker.batch(output)
  }
  guard let tool = arguments.value("tool") else {
    throw Failure.usage("option --tool is missing", hint: "or give calls with --batch")
  }
  guard let input = arguments.value("input") else {
    throw Failure.usage("option --input is missing", hint: "a JSON object such as {\"command\":\"ls\"}")
  }
  let value: JSONValue
  do throws(JSONError) {
    value = try JSONReader.parse(input)
  } catch {
    throw Failure(.dataError, "option --input: \(error)")
  }
  guard value.object != nil else { throw Failure(.dataError, "option --input: expected a JSON object") }
  checker.answer(tool: tool, input: Array(input.utf8), checker.defaults)
  output.append(checker.writer.bytes)
  guard try output.drain(limit: .max / 2) else { return .ioError }
  return .ok
}

/// For whom and where a call is made; a line of a batch may say otherwise.
struct CheckedCall {
  var agent = "claude"
  /// Whether the agent was named: then tools mean what they mean to it.
  var isAgentGiven = false
  var chat = PolicySubject.Chat.direct
  var mode = PolicyMode.ask
  var person = "tty:local"
  var session = "tty:main"
  var workdir: String

  init(_ arguments: Arguments) throws {
    guard let here = getcwd(nil, 0) else { throw SystemError("getcwd", ".") }
    defer { free(here) }
    workdir = String(cString: here)
    for name in ["agent", "chat", "mode", "person", "session", "workdir"] {
      guard let value = arguments.value(name) else { continue }
      if let problem = set(name, value) { throw Failure.usage("option --\(name): \(problem)") }
    }
  }

  /// Sets a part by its name; else says what is wrong with the value.
  mutating func set(_ name: String, _ value: String) -> String? {
    guard !value.isEmpty, !value.utf8.contains(0) else { return "expected a text that is not empty" }
    switch name {
    case "agent":
      agent = value
      isAgentGiven = true
    case "chat":
      guard let chat = PolicySubject.Chat(rawValue: value) else { return "expected direct or group" }
      self.chat = chat
    case "mode":
      guard let mode = PolicyMode(rawValue: value) else { return "expected ask or plan" }
      self.mode = mode
    case "person":
      guard value.utf8.contains(UInt8(ascii: ":")) else { return "expected PLATFORM:ID" }
      person = value
    case "session": session = value
    default: workdir = value.utf8.first == UInt8(ascii: "/") ? value : workdir + "/" + value
    }
    return nil
  }

  var subject: PolicySubject {
    let platform = person.utf8.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "@") }
    return PolicySubject(
      agent: agent, person: person, chat: chat, platform: String(Substring(platform)), session: session)
  }
}

/// Answers calls one by one.
struct Checker {
  let policy: Policy
  let settings: Settings
  let defaults: CheckedCall
  var writer = JSONWriter()

  private static let texts = ["agent", "chat", "mode", "person", "session", "workdir"]

  static func directories(_ path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
      String(Substring($0))
    }
  }

  mutating func batch(_ output: OutputWriter) throws -> ExitCode {
    var reader = LineReader(limit: 1 << 20)
    var code = ExitCode.ok
    while true {
      while let found = reader.next() {
        switch found {
        case .tooLong: refuse("line \(reader.number) is longer than 1 MiB", &code)
        case .line(let range):
          let line = reader.bytes(range)
          if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
          if let problem = answer(line) { refuse("line \(reader.number)\(problem)", &code) }
        }
        if writer.bytes.count > 1 << 16 { try flush(output) }
      }
      try flush(output)
      guard !reader.ended else { return code }
      _ = try reader.fill(from: 0)
    }
  }

  private mutating func flush(_ output: OutputWriter) throws {
    output.append(writer.bytes)
    writer.removeAll()
    _ = try output.drain(limit: .max / 2)
  }

  /// A line that is not understood is answered too, so that answers stay in step with lines.
  private mutating func refuse(_ problem: String, _ code: inout ExitCode) {
    code = .dataError
    writer.beginObject()
    writer.member("verdict", "deny")
    writer.member("rule", "bad-input")
    writer.member("error", problem)
    writer.endObject()
    writer.newline()
  }

  /// What is wrong with a line, to stand behind its number; nil when it is answered.
  private mutating func answer(_ line: [UInt8]) -> String? {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.parse(line)
    } catch {
      // Its own line is always the first.
      return ", column \(error.column): \(error.message)"
    }
    guard let object = value.object else { return ": expected an object" }
    var call = defaults
    var tool: String?
    var input: [UInt8]?
    for (name, value) in object.members {
      switch name {
      case "tool":
        guard let text = value.string, !text.isEmpty else { return ": \"tool\": expected a text" }
        tool = text
      case "input":
        if value == .null { continue }
        guard value.object != nil else { return ": \"input\": expected an object" }
        var bytes = JSONWriter()
        bytes.value(value)
        input = bytes.bytes
      default:
        guard Self.texts.contains(name) else {
          let near = Nearest.match(name, among: Self.texts + ["tool", "input"])
          return ": no such member \"\(name)\"" + (near.map { ": did you mean \"\($0)\"?" } ?? "")
        }
        guard let text = value.string else { return ": \"\(name)\": expected a text" }
        if let problem = call.set(name, text) { return ": \"\(name)\": \(problem)" }
      }
    }
    guard let tool else { return ": \"tool\" is missing" }
    answer(tool: tool, input: input, call)
    return nil
  }

  mutating func answer(tool: String, input: [UInt8]?, _ call: CheckedCall) {
    let agent = settings.agent(call.agent)
    let dialect =
      call.isAgentGiven
      ? ToolDialect.of(driver: agent.driver, command: agent.command, name: call.agent) : .any
    let judgement = policy.judge(
      ToolCall(tool: tool, input: input, workdir: call.workdir, dialect: dialect), subject: call.subject,
      mode: call.mode, shellAgent: agent.driver == "shell")
    writer.beginObject()
    writer.member("verdict", judgement.verdict.rawValue)
    writer.member("rule", judgement.rule)
    writer.member("reason", judgement.reason)
    writer.member("grantable", judgement.isGrantable)
    if !judgement.programs.isEmpty { write("programs", judgement.programs) }
    if !judgement.scripts.isEmpty { write("scripts", judgement.scripts) }
    writer.endObject()
    writer.newline()
  }

  private mutating func write(_ name: StaticString, _ texts: [String]) {
    writer.name(name)
    writer.beginArray()
    for text in texts { writer.value(text) }
    writer.endArray()
  }
}
