internal import Console
internal import Glibc
internal import JSON
package import Settings
internal import System

/// `agim setup`: asks, shows what would change, and writes `config.json` when it may.
///
/// Nothing is written before the last answer, and then under another name that is moved into place: whoever
/// interrupts it finds everything as it was.
package struct Setup {
  private let home: Home
  private let environment: [String: String]
  private let find: (String) -> String?
  private var dialogue: Dialogue
  private var root: JSONObject
  private let old: (bytes: [UInt8], root: JSONObject)?
  private let settings: Settings

  /// Reads what is there.
  ///
  /// `find`: the path of a program, nil when there is none.
  ///
  /// - Throws: `Failure` when the present configuration cannot be used as it is, or is agim-cli's.
  package init(_ home: Home, environment: [String: String], find: @escaping (String) -> String?) throws {
    self.home = home
    self.environment = environment
    self.find = find
    old = try Settings.document(home, environment: environment)
    settings = try Settings.load(home, environment: environment)
    root = old?.root ?? JSONObject()
    dialogue = Dialogue(Words.of(settings.language))
  }

  /// Asks, shows and writes.
  ///
  /// - Throws: `Failure`.
  package mutating func run(importing file: String?, dryRun: Bool) throws {
    try askLanguage()
    try importOther(file)
    try askAgent()
    try askApprovers()
    let bytes = ConfigText.pretty(root)
    // What is written must be what the other commands accept.
    _ = try Settings.parse(config: bytes, env: nil, home: home, environment: environment)
    guard root != old?.root ?? JSONObject() || old == nil else {
      return try dialogue.say(dialogue.words.nothing)
    }
    try show()
    if dryRun { return try dialogue.say(dialogue.words.dryRun) }
    guard try dialogue.agrees(dialogue.words.write, standard: old == nil) else {
      return try dialogue.say(dialogue.words.unchanged)
    }
    try write(bytes)
  }

  private mutating func askLanguage() throws {
    let languages: [(Language, String)] = [(.en, "English"), (.zh, "中文")]
    let standard = languages.firstIndex { $0.0 == settings.language } ?? 0
    let chosen = try dialogue.choice(
      "Language / 语言", languages.map(\.1), standard: standard)
    dialogue.words = Words.of(languages[chosen].0)
    if chosen != standard || root["language"] != nil || old == nil {
      root["language"] = .string(languages[chosen].0.rawValue)
    }
  }

  private mutating func importOther(_ file: String?) throws {
    var path = file
    if path == nil, let found = otherConfiguration() {
      let wanted = try dialogue.agrees(dialogue.words.importFound(Shown.path(found)), standard: true)
      path = wanted ? found : nil
    }
    guard let path else { return }
    let config = try Import.read(path)
    guard Settings.isOther(config) || file != nil else { return }
    var importing = Import(into: root)
    importing.add(config)
    let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    if let bytes = try? Files.readRegular("\(directory)/env", limit: 1 << 16) {
      do {
        importing.add(variables: try EnvFile.parse(bytes))
      } catch {
        importing.leave("env", .told("\(error)"))
      }
    }
    if access("\(directory)/wechat-credentials.json", F_OK) == 0 {
      importing.leave("wechat-credentials.json", .wechat)
    }
    root = importing.root
    try report(importing)
  }

  private func report(_ importing: Import) throws {
    if !importing.taken.isEmpty {
      try dialogue.say(dialogue.words.imported)
      for path in importing.taken { try dialogue.say("  \(path)") }
    }
    if !importing.left.isEmpty {
      try dialogue.say(dialogue.words.leftOut)
      for (name, why) in importing.left { try dialogue.say("  \(name): \(dialogue.words.reason(why))") }
    }
  }

  /// The configuration of agim-cli, where it usually is.
  private func otherConfiguration() -> String? {
    guard let user = environment["HOME"], !user.isEmpty else { return nil }
    return [".agim", ".im-hub"].map { "\(user)/\($0)/config.json" }.first { path in
      path != home.config && (try? Import.read(path)).map(Settings.isOther) == true
    }
  }

  private mutating func askAgent() throws {
    let words = dialogue.words
    for (program, driver) in Self.programs
    where find(program) != nil && !AgentSettings.drivers.contains(driver) {
      try dialogue.say(words.notYet(program))
    }
    var names = Self.agents(settings, root, find)
    let present = root["default_agent"]?.string
    if let present, !names.contains(present) { names.append(present) }
    let choices = names + [words.ownProgram, words.noAgent]
    let standard =
      present.flatMap { names.firstIndex(of: $0) } ?? (names.isEmpty || old != nil ? choices.count - 1 : 0)
    let chosen = try dialogue.choice(words.agent, choices, standard: standard)
    if chosen < names.count {
      root["default_agent"] = .string(names[chosen])
    } else if chosen == names.count {
      try askProgram()
    } else {
      root["default_agent"] = nil
    }
  }

  /// Agents that can be chosen: of the configuration, and what is installed and needs none.
  static func agents(_ settings: Settings, _ root: JSONObject, _ find: (String) -> String?) -> [String] {
    var names = settings.agents.keys.filter { settings.agent($0).isEnabled }.sorted()
    for name in root["agents"]?.object?.members.map(\.name) ?? [] where !names.contains(name) {
      names.append(name)
    }
    for (program, driver) in programs
    where AgentSettings.drivers.contains(driver) && !names.contains(driver) && find(program) != nil {
      names.append(driver)
    }
    // Those that need no configuration, where they are installed.
    for name in ["shell"] + AgentSettings.acpPrograms where !names.contains(name) {
      if let program = AgentSettings.program(of: name), find(program) == nil { continue }
      names.append(name)
    }
    return names
  }

  private mutating func askProgram() throws {
    let words = dialogue.words
    var name = ""
    repeat {
      if !name.isEmpty { try dialogue.say(words.badName) }
      name = try dialogue.text(words.agentName, standard: "program")
    } while !Settings.isAgent(name)
    var line = ""
    while line.isEmpty { line = try dialogue.text(words.programLine) }
    var agent = root["agents"]?[name]?.object ?? JSONObject()
    agent["driver"] = "exec"
    agent["command"] = .array(Self.command(line).map { .string($0) })
    var agents = root["agents"]?.object ?? JSONObject()
    agents[name] = .object(agent)
    root["agents"] = .object(agents)
    root["default_agent"] = .string(name)
  }

  /// The words of a line; a line that only a shell understands is given to one.
  static func command(_ line: String) -> [String] {
    let plain = line.utf8.allSatisfy { byte in
      byte >= 0x80 || byte == 0x20 || 0x30...0x39 ~= byte || 0x61...0x7A ~= byte | 0x20
        || "-_./,:@%+=".utf8.contains(byte)
    }
    return plain ? line.split(separator: " ").map(String.init) : ["sh", "-c", line]
  }

  private mutating func askApprovers() throws {
    let words = dialogue.words
    let present = root["approvers"]?.array?.compactMap(\.string) ?? []
    while true {
      let answer = try dialogue.text(
        words.approvers, standard: present.isEmpty ? "-" : present.joined(separator: " "))
      let people = answer == "-" ? [] : answer.split(separator: " ").map(String.init)
      if let bad = people.first(where: { !Import.isPerson($0) }) {
        try dialogue.say(words.badPerson(Shown.quoted(bad)))
        continue
      }
      if people != present { root["approvers"] = .array(people.map { .string($0) }) }
      return
    }
  }

  private func show() throws {
    let words = dialogue.words
    guard let old else {
      try dialogue.say(words.newFile(home.config))
      for line in ConfigText.shown(root) { try dialogue.say("+ \(line)") }
      return
    }
    try dialogue.say(words.difference(home.config))
    for line in Difference.lines(
      ConfigText.shown(old.root), ConfigText.shown(root, comparedWith: old.root))
    { try dialogue.say(line) }
    let comments = ConfigText.comments(old.bytes)
    if comments > 0 { try dialogue.say(words.comments(comments)) }
  }

  private func write(_ bytes: [UInt8]) throws {
    let backup = try ConfigFile.write(bytes, over: old?.bytes, home, environment: environment)
    try dialogue.say(dialogue.words.written(home.config))
    if let backup { try dialogue.say(dialogue.words.backup(backup)) }
  }

  /// Agents that people have, by program, with the driver that runs them.
  private static let programs = [
    ("claude", "claude"), ("codex", "codex"), ("opencode", "opencode"), ("cursor-agent", "cursor"),
    ("agy", "antigravity"), ("gemini", "gemini"),
  ]
}
