internal import Console
internal import JSON

/// The values of the keys that say who may speak and where messages go.
extension ConfigCheck {
  /// `"*"`, or an array of ids.
  func senders(_ value: JSONValue, _ place: Place) throws {
    let words = "\"*\" for everybody, or an array of ids"
    if let text = value.string {
      guard text == "*" else {
        throw document.failure(place, "expected \(words), found \(Shown.quoted(text))")
      }
      return
    }
    guard let ids = value.array else { throw mismatch(value, words, place) }
    for (index, id) in ids.enumerated() { _ = try text(id, place + [.index(index)]) }
  }

  /// An array of `PLATFORM:ID`.
  func people(_ value: JSONValue, _ place: Place) throws {
    guard let names = value.array else { throw mismatch(value, "an array of texts PLATFORM:ID", place) }
    for (index, name) in names.enumerated() {
      let here = place + [.index(index)]
      let text = try text(name, here)
      let parts = text.unicodeScalars.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, Names.isPlatform(String(parts[0])), !parts[1].isEmpty else {
        throw document.failure(here, "expected PLATFORM:ID, found \(Shown.quoted(text))")
      }
    }
  }

  /// An array of rules.
  func rules(_ value: JSONValue, _ place: Place) throws {
    guard let rules = value.array else { throw mismatch(value, "an array", place) }
    for (index, rule) in rules.enumerated() { try self.rule(rule, place + [.index(index)]) }
  }

  private func rule(_ value: JSONValue, _ place: Place) throws {
    let rule = try object(value, place)
    try only(rule, ["name", "if", "set", "priority"], place)
    if let name = rule["name"] { _ = try text(name, place + [.name("name")]) }
    if let priority = rule["priority"] {
      try count(priority, -1_000_000...1_000_000, "number", place + [.name("priority")])
    }
    if let conditions = rule["if"] { try self.conditions(conditions, place + [.name("if")]) }
    let here = place + [.name("set")]
    guard let actions = rule["set"] else {
      throw document.failure(
        place, "expected \"set\", found none", hint: "such as \"set\": {\"agent\": \"claude\"}")
    }
    let set = try object(actions, here)
    let texts = ["model", "prompt", "reply_to"]
    try only(set, ["agent", "project", "mode", "drop"] + texts, here)
    guard !set.isEmpty else {
      throw document.failure(here, "expected something to set, found an empty object")
    }
    for name in texts { if let value = set[name] { _ = try text(value, here + [.name(name)]) } }
    if let agent = set["agent"] { try self.agent(agent, here + [.name("agent")]) }
    if let mode = set["mode"] { try choice(mode, ["plan"], here + [.name("mode")]) }
    if let drop = set["drop"], drop.bool == nil {
      throw mismatch(drop, "true or false", here + [.name("drop")])
    }
    if let project = set["project"] { try self.project(project, here + [.name("project")]) }
  }

  /// A rule that names a project which does not exist would quietly work somewhere else.
  private func project(_ value: JSONValue, _ place: Place) throws {
    let name = try text(value, place)
    let known = (document.root["projects"]?.object?.members ?? []).map(\.name)
    guard known.contains(name) else {
      throw document.failure(
        place, "no project \(Shown.quoted(name))",
        hint: Nearest.match(name, among: known).map { "did you mean \"\($0)\"?" } ?? "see \"projects\"")
    }
  }

  private func conditions(_ value: JSONValue, _ place: Place) throws {
    let tests = try object(value, place)
    try only(tests, RuleSettings.Field.allCases.map(\.rawValue) + ["mentioned"], place)
    for (name, value) in tests.members {
      let here = place + [.name(name)]
      if name == "mentioned" {
        guard value.bool != nil else { throw mismatch(value, "true or false", here) }
      } else {
        try test(value, here)
      }
    }
  }

  private func test(_ value: JSONValue, _ place: Place) throws {
    let words = "a text, an array of texts, {\"glob\": …} or {\"regex\": …}"
    switch value {
    case .string: return
    case .array(let texts):
      for (index, value) in texts.enumerated() where value.string == nil {
        throw mismatch(value, "a text", place + [.index(index)])
      }
      guard !texts.isEmpty else { throw mismatch(value, words, place) }
    case .object(let object):
      try only(object, ["glob", "regex"], place)
      guard let (name, pattern) = object.members.first, object.count == 1 else {
        throw document.failure(place, "expected \(words), found \(object.count) members")
      }
      guard try text(pattern, place + [.name(name)]).utf8.count <= 1024 else {
        throw document.failure(place + [.name(name)], "expected at most 1024 bytes")
      }
    default: throw mismatch(value, words, place)
    }
  }

  private func only(_ object: JSONObject, _ known: [String], _ place: Place) throws {
    for (name, _) in object.members where !known.contains(name) {
      throw document.failure(
        place + [.name(name)], atName: true, "no such key",
        hint: Nearest.match(name, among: known).map { "did you mean \"\($0)\"?" }
          ?? "known here: " + known.joined(separator: ", "))
    }
  }
}
