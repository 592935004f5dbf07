internal import Console
package import JSON

/// The `policy` list of the configuration: the first rule that matches a call decides.
package struct PolicyRules: Sendable {
  /// The members that an `if` may have.
  package static let conditions = ["agent", "chat", "person", "platform", "session", "tool", "workdir"]

  let rules: [Rule]
  /// The policy cannot be read: everything but plain reading is denied.
  let isBroken: Bool

  /// No rules.
  package static let none = PolicyRules(rules: [], isBroken: false)

  /// In place of a policy that cannot be read: everything but plain reading is denied.
  package static let broken = PolicyRules(rules: [], isBroken: true)

  private init(rules: [Rule], isBroken: Bool) {
    self.rules = rules
    self.isBroken = isBroken
  }

  /// Reads the list.
  ///
  /// - Parameters:
  ///   - entries: The elements of `policy`.
  ///   - home: What `~` stands for in a `workdir`.
  /// - Throws: `Failure` with status 78 that names the entry.
  package init(_ entries: [JSONValue], home: String) throws {
    rules = try entries.enumerated().map { try Rule($1, at: "policy[\($0)]", home: home) }
    isBroken = false
  }

  /// The first rule that matches, and its number from 1.
  func first(_ call: ToolCall, _ subject: PolicySubject, workdir: String) -> (Int, Judgement.Verdict)? {
    for (index, rule) in rules.enumerated() where rule.matches(call, subject, workdir: workdir) {
      return (index + 1, rule.verdict)
    }
    return nil
  }
}

/// One entry of `policy`.
struct Rule: Sendable {
  private var conditions: [(name: String, values: [String])] = []
  private(set) var verdict = Judgement.Verdict.ask

  init(_ value: JSONValue, at place: String, home: String) throws {
    guard let object = value.object else {
      throw Self.failure(place, "expected an object with \"if\" and \"then\"")
    }
    for member in object.members where !["if", "then"].contains(member.name) {
      throw Self.unknown(member.name, at: place, among: ["if", "then"])
    }
    guard let then = object["then"] else { throw Self.failure(place, "\"then\" is missing") }
    guard let word = then.string, let verdict = Judgement.Verdict(rawValue: word) else {
      throw Self.failure(
        "\(place).then", "expected \"allow\", \"ask\" or \"deny\"\(then.string.map(Self.found) ?? "")")
    }
    self.verdict = verdict
    guard let condition = object["if"] else { return }
    guard let members = condition.object?.members else {
      throw Self.failure("\(place).if", "expected an object")
    }
    for (name, value) in members {
      guard PolicyRules.conditions.contains(name) else {
        throw Self.unknown(name, at: "\(place).if", among: PolicyRules.conditions)
      }
      conditions.append((name, try Self.values(name, value, at: "\(place).if.\(name)", home: home)))
    }
  }

  func matches(_ call: ToolCall, _ subject: PolicySubject, workdir: String) -> Bool {
    conditions.allSatisfy { name, values in
      values.contains { value in
        switch name {
        case "agent": Bytes.same(value, subject.agent)
        case "chat": value == subject.chat.rawValue
        case "person": Bytes.same(value, subject.person)
        case "platform": Bytes.same(value, subject.platform)
        case "session": Bytes.same(value, subject.session)
        case "tool": Self.matches(value, tool: call.tool)
        default: Paths.isInside(workdir, value)
        }
      }
    }
  }

  private static func matches(_ pattern: String, tool: String) -> Bool {
    guard pattern.utf8.last == UInt8(ascii: "*") else { return Bytes.same(pattern, tool) }
    return tool.utf8.starts(with: pattern.utf8.dropLast())
  }

  private static func values(_ name: String, _ value: JSONValue, at place: String, home: String) throws
    -> [String]
  {
    let elements = value.array ?? [value]
    guard !elements.isEmpty else { throw failure(place, "expected a string, found an empty array") }
    return try elements.map { element in
      guard let text = element.string, !text.isEmpty else {
        throw failure(place, "expected a string that is not empty, or an array of them")
      }
      switch name {
      case "chat":
        guard PolicySubject.Chat(rawValue: text) != nil else {
          throw failure(place, "expected \"direct\" or \"group\"" + found(text))
        }
      case "person":
        guard text.utf8.contains(UInt8(ascii: ":")) else {
          throw failure(place, "expected PLATFORM:ID" + found(text))
        }
      case "workdir":
        if text == "~" || text.utf8.starts(with: "~/".utf8) {
          return Paths.normal(home + text.dropFirst())
        }
        guard text.utf8.first == UInt8(ascii: "/") else {
          throw failure(place, "expected a path that begins with / or ~/" + found(text))
        }
        return Paths.normal(text)
      default: break
      }
      return text
    }
  }

  private static func found(_ text: String) -> String { ", found \"\(text.prefix(64))\"" }

  private static func unknown(_ name: String, at place: String, among known: [String]) -> Failure {
    let near = Nearest.match(name, among: known)
    return Failure(
      .configuration, "config.json: \(place): no such key \"\(name.prefix(64))\"",
      hint: near.map { "did you mean \"\($0)\"?" } ?? "known here: " + known.joined(separator: ", "))
  }

  private static func failure(_ place: String, _ message: String) -> Failure {
    Failure(.configuration, "config.json: \(place): \(message)")
  }
}
