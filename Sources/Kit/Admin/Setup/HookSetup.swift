internal import Console
internal import Glibc
internal import JSON
package import Settings
internal import System
internal import Text

/// `agim setup claude|codex|cursor`: shows what would change in the program's own file, and writes it when it may.
package struct HookSetup {
  /// What is wanted.
  package enum Wish: Equatable, Sendable {
    /// The hooks, asking in this chat; nil for that of the configuration.
    case install(to: String?)
    /// No hooks.
    case remove
  }

  private let program: HookedProgram
  private let home: Home
  private let settings: Settings
  private let environment: [String: String]
  private let find: (String) -> String?
  private(set) var dialogue: Dialogue

  /// Reads the configuration.
  ///
  /// `find`: the path of a program, nil when there is none.
  ///
  /// - Throws: `Failure`.
  package init(
    _ program: HookedProgram, _ home: Home, environment: [String: String], find: @escaping (String) -> String?
  ) throws {
    (self.program, self.home, self.environment, self.find) = (program, home, environment, find)
    settings = try Settings.load(home, environment: environment)
    dialogue = Dialogue(Words.of(settings.language))
  }

  /// Shows, asks and writes.
  ///
  /// - Parameters:
  ///   - wish: What is wanted.
  ///   - command: The path of agim-approve.
  ///   - isDryRun: Nothing is written.
  ///   - isAgreed: Nobody is asked.
  /// - Throws: `Failure`.
  package mutating func run(_ wish: Wish, command: String, dryRun isDryRun: Bool, agreed isAgreed: Bool)
    throws
  {
    guard let named = program.path(environment) else {
      throw Failure(.configuration, "HOME is not set, so nobody knows where \(program.rawValue) looks")
    }
    let path = try ForeignFile.real(named)
    let old = try ForeignFile.read(path)
    var file = try HookFile(old, of: program, path: path)
    switch wish {
    case .install(let address):
      file.install(try self.command(address, command))
    case .remove: file.remove()
    }
    var new: [UInt8]? = file.bytes
    if wish == .remove, file.bytes != old {
      if let before = Self.backup(of: path, like: file.bytes) {
        new = before
      } else if file.isEmpty {
        new = nil
      }
    }
    guard new != old, !(old == nil && wish == .remove) else {
      return try dialogue.say(dialogue.words.nothing)
    }
    try ForeignFile.show(old, new, path, dialogue)
    if isDryRun { return try dialogue.say(dialogue.words.dryRun) }
    guard try isAgreed || dialogue.agrees(dialogue.words.write, standard: false) else {
      return try dialogue.say(dialogue.words.unchanged)
    }
    try ForeignFile.write(new, over: old, path, dialogue)
    try tell(wish)
  }

  private func command(_ address: String?, _ path: String) throws -> HookCommand {
    try HookAddress.check(address, settings, program.rawValue, lack: "which chat is to be asked")
    let time = Int(settings.limits.request.components.seconds)
    return HookCommand(program: path, home: home.path, address: address, time: time)
  }

  private func tell(_ wish: Wish) throws {
    guard case .install = wish else { return }
    let words = dialogue.words
    try dialogue.say(words.hooksLater(program.rawValue))
    if program == .codex { try dialogue.say(words.hooksTrust) }
    if program.programs.allSatisfy({ find($0) == nil }) {
      try dialogue.say(words.hooksAbsent(program.rawValue))
    }
    let people = settings.people
    if people.approvers.isEmpty, people.admins.isEmpty { try dialogue.say(words.hooksNobody) }
  }

  // MARK: The copy of before

  /// The copy that was made before the hooks were put in, if it says the same as what is left without them.
  private static func backup(of path: String, like left: [UInt8]) -> [UInt8]? {
    guard let slash = path.lastIndex(of: "/"), let directory = opendir(String(path[..<slash])) else {
      return nil
    }
    defer { closedir(directory) }
    let name = String(path[path.index(after: slash)...])
    var found: [String] = []
    while let entry = readdir(directory) {
      let other = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if other.hasPrefix("\(name)."), other.hasSuffix(".bak") { found.append(other) }
    }
    let wanted = stripped(left)
    // The latest first.
    for other in found.sorted().reversed() {
      guard let bytes = try? Files.readRegular("\(path[..<slash])/\(other)", limit: HookFile.limits.maxBytes)
      else { continue }
      if let value = stripped(bytes), value == wanted { return bytes }
    }
    return nil
  }

  /// What a file says, without lists of hooks that are empty.
  private static func stripped(_ bytes: [UInt8]) -> JSONValue? {
    let content = HookFile.isBlank(bytes) ? Array("{}".utf8) : bytes
    guard var root = (try? JSONReader.parse(content, limits: HookFile.limits))?.object else { return nil }
    if var hooks = root["hooks"]?.object {
      for (event, list) in hooks.members where list.array?.isEmpty == true { hooks[event] = nil }
      root["hooks"] = hooks.isEmpty ? nil : .object(hooks)
    }
    return .object(root)
  }
}
