internal import Console
internal import JSON
package import Settings
internal import System

/// `agim setup telegram|feishu|email|…`: asks for an account, writes it, tests it, and sends a first message.
///
/// What the owner of `config.json` wrote stays as it is, comments included.
package struct ChatSetup {
  /// What is wanted.
  package struct Wish {
    /// Answers that are given already, by key.
    package var given: [String: String] = [:]
    /// Take the account away.
    package var isRemoval = false
    /// Show and write nothing.
    package var isDryRun = false
    /// Questions whose answer is yes are not asked, and nobody is waited for.
    package var isAgreed = false

    package init() {}
  }

  let platform: ChatPlatform
  /// The key in `accounts`.
  let account: String
  let home: Home
  let environment: [String: String]
  /// The path of one of our commands.
  let command: (String) -> String?
  let find: (String) -> String?
  var settings: Settings
  var dialogue: Dialogue
  var old: (bytes: [UInt8], root: JSONObject)?
  var edit: ConfigEdit

  /// The names of the platforms that can be set up.
  package static var names: [String] { ChatPlatform.all.map(\.name) }

  /// Whether a word such as `telegram` or `telegram@ops` names a platform.
  package static func isPlatform(_ word: String) -> Bool { split(word) != nil }

  private static func split(_ word: String) -> (ChatPlatform, name: String)? {
    let parts = word.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard let platform = ChatPlatform.of(String(parts[0])) else { return nil }
    return (platform, parts.count > 1 ? "\(platform.name)@\(parts[1])" : platform.name)
  }

  /// Reads what is there.
  ///
  /// `command`: the path of one of our commands, by its name without `agim-`. `find`: that of any program.
  ///
  /// - Throws: `Failure` when the present configuration cannot be used as it is, or is agim-cli's.
  package init(
    _ word: String, _ home: Home, environment: [String: String], command: @escaping (String) -> String?,
    find: @escaping (String) -> String?
  ) throws {
    guard let (platform, account) = Self.split(word) else { throw Failure.usage("'\(word)' is no platform") }
    (self.platform, self.account, self.home, self.environment) = (platform, account, home, environment)
    (self.command, self.find) = (command, find)
    old = try Settings.document(home, environment: environment)
    settings = try Settings.load(home, environment: environment)
    edit = ConfigEdit(old?.bytes)
    dialogue = Dialogue(Words.of(settings.language))
  }

  /// Asks, shows, writes and tests.
  ///
  /// - Throws: `Failure`.
  package mutating func run(_ wish: Wish) throws {
    if wish.isRemoval { return try remove(wish) }
    let way = try self.way(wish)
    for step in way.steps { try dialogue.say(step.of(settings.language)) }
    for key in way.keys { try ask(key, wish) }
    // Not keys that a way asks about, but of the platform all the same.
    for (name, value) in wish.given.sorted(by: { $0.key < $1.key })
    where !way.keys.contains(where: { $0.name == name }) {
      edit.set(["accounts", account, name], name == "insecure" ? .bool(value == "true") : .string(value))
    }
    guard try write(wish) else { return }
    try check()
    var isStarted = false
    if way.talks, wish.given["to"] == nil, !wish.isAgreed, edit[["accounts", account, "to"]] == nil {
      isStarted = try meet(wish)
    } else if way.needsChat, edit[["accounts", account, "to"]] == nil, !wish.isAgreed {
      let chat = try dialogue.text(say(Self.firstTo), standard: "-")
      if chat != "-" {
        edit.set(["accounts", account, "to"], .string(chat))
        _ = try write(Wish(agreedLike: wish))
      }
    }
    if edit[["accounts", account, "to"]] != nil || !(way.talks || way.needsChat) { try greet() }
    if way.talks, isStarted { try offerPipeline(wish) }
  }

  func say(_ phrase: Phrase) -> String { phrase.of(settings.language) }

  // MARK: - Questions

  private mutating func way(_ wish: Wish) throws -> ChatPlatform.Way {
    guard platform.ways.count > 1 else { return platform.ways[0] }
    let known = wish.given.keys.filter { $0 != "to" }
    let fitting = platform.ways.filter { way in
      known.contains { name in way.keys.contains { $0.name == name && $0.kind != .secret } }
    }
    if fitting.count == 1 { return fitting[0] }
    let labels = platform.ways.map { say($0.label) }
    return platform.ways[try dialogue.choice("\(platform.title)", labels, standard: 0)]
  }

  private mutating func ask(_ key: ChatPlatform.Key, _ wish: Wish) throws {
    let present = edit[["accounts", account, key.name]]
    let given = wish.given[key.name]
    while true {
      var standard = key.isOptional ? "-" : key.standard
      if present != nil { standard = key.isSecret ? "***" : present?.string ?? "***" }
      let answer = try given ?? dialogue.text(say(key.question), standard: standard, isSecret: key.isSecret)
      if answer == "***" || present?.string == answer, present != nil { return }
      if answer == "-", key.isOptional { return edit.remove(["accounts", account, key.name]) }
      if let reason = Self.fault(answer, key.kind) {
        if given != nil { throw Failure.usage("\(key.name): \(reason.english)") }
        try dialogue.say(say(reason))
        continue
      }
      return edit.set(["accounts", account, key.name], Self.value(answer, key))
    }
  }

  /// A secret may be said to be elsewhere.
  private static func value(_ answer: String, _ key: ChatPlatform.Key) -> JSONValue {
    guard key.isSecret else { return .string(answer) }
    if answer.hasPrefix("env:") { return ["env": .string(String(answer.dropFirst(4)))] }
    if answer.hasPrefix("file:") { return ["file": .string(String(answer.dropFirst(5)))] }
    if answer.hasPrefix("command:") {
      let words = answer.dropFirst(8).split(separator: " ").map { JSONValue.string(String($0)) }
      return ["command": .array(words)]
    }
    return .string(answer)
  }

  private static func fault(_ answer: String, _ kind: ChatPlatform.Key.Kind) -> Phrase? {
    // Passwords may hold blanks; mail services even show them with some.
    let first: UInt8 = kind == .secret ? 0x20 : 0x21
    if answer.isEmpty || answer.utf8.contains(where: { $0 < first || $0 == 0x7F }),
      !answer.hasPrefix("command:")
    {
      return Phrase("a text without blanks, please", "请输入不含空格的内容")
    }
    if ["env:", "file:", "command:"].contains(where: answer.hasPrefix) { return nil }
    let isAddress = answer.hasPrefix("https://") || answer.hasPrefix("http://")
    switch kind {
    case .text, .secret: return nil
    case .url where !isAddress:
      return Phrase("an address that begins with https://, please", "请输入以 https:// 开头的地址")
    case .mail where !answer.utf8.contains(0x40): return Phrase("an address with an @, please", "请输入带 @ 的地址")
    case .botToken:
      let parts = answer.split(separator: ":", omittingEmptySubsequences: false)
      let isToken = parts.count == 2 && UInt64(parts[0]) != nil && parts[1].utf8.count >= 30
      return isToken
        ? nil
        : Phrase(
          "a bot token looks like 123456:ABC-…, please copy all of it", "机器人 token 形如 123456:ABC-…,请完整复制")
    case .robot where !isAddress && answer.utf8.count < 6:
      return Phrase("an address that begins with https://, please", "请输入以 https:// 开头的地址")
    default: return nil
    }
  }

  // MARK: - Writing

  /// Shows what changes, asks, and writes; false where nothing is to go on.
  mutating func write(_ wish: Wish) throws -> Bool {
    let bytes = edit.bytes
    // What is written must be what the other commands accept.
    _ = try Settings.parse(config: bytes, env: nil, home: home, environment: environment)
    guard bytes != old?.bytes else { return !wish.isRemoval && !wish.isDryRun }
    try show(bytes)
    if wish.isDryRun {
      try dialogue.say(dialogue.words.dryRun)
      return false
    }
    guard try wish.isAgreed || dialogue.agrees(dialogue.words.write, standard: true) else {
      try dialogue.say(dialogue.words.unchanged)
      return false
    }
    let backup = try ConfigFile.write(bytes, over: old?.bytes, home, environment: environment)
    try dialogue.say(dialogue.words.written(home.config))
    if let backup { try dialogue.say(dialogue.words.backup(backup)) }
    old = try Settings.document(home, environment: environment)
    settings = try Settings.load(home, environment: environment)
    return true
  }

  private func show(_ bytes: [UInt8]) throws {
    let new = (try? JSONReader.parse(bytes, dialect: .relaxed))?.object ?? JSONObject()
    guard let old else {
      try dialogue.say(dialogue.words.newFile(home.config))
      for line in ConfigText.shown(new) { try dialogue.say("+ \(line)") }
      return
    }
    try dialogue.say(dialogue.words.difference(home.config))
    for line in Difference.lines(ConfigText.shown(old.root), ConfigText.shown(new, comparedWith: old.root)) {
      try dialogue.say(line)
    }
  }

  private static let firstTo = Phrase(
    "To which address may a first message go? '-' for none", "第一封邮件发给谁?'-' 表示不发")
}

extension ChatSetup.Wish {
  /// The same with everything agreed to: what is written now was asked about before.
  init(agreedLike wish: ChatSetup.Wish) {
    self = wish
    isAgreed = true
  }
}
