internal import Console
internal import Glibc
internal import JSON
package import Settings
internal import System
internal import Text
internal import Wire

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
  private var dialogue: Dialogue

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
    let path = try Self.real(named)
    let old = try Self.read(path)
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
    try show(old, new, path)
    if isDryRun { return try dialogue.say(dialogue.words.dryRun) }
    guard try isAgreed || dialogue.agrees(dialogue.words.write, standard: false) else {
      return try dialogue.say(dialogue.words.unchanged)
    }
    try write(new, over: old, path)
    try tell(wish)
  }

  private func command(_ address: String?, _ path: String) throws -> HookCommand {
    guard let wanted = address ?? settings.hookTo else {
      throw Failure.usage(
        "setup \(program.rawValue): nothing says which chat is to be asked",
        hint: "add --to ADDRESS, such as --to telegram:123, or \"hook\": {\"to\": ADDRESS} to config.json")
    }
    guard Address(settings.addresses[wanted] ?? wanted) != nil else {
      throw Failure.usage(
        "\(Shown.quoted(wanted)) is neither an address nor the name of one",
        hint: Nearest.match(wanted, among: settings.addresses.keys.sorted()).map { "did you mean \($0)?" }
          ?? "PLATFORM:CHANNEL, see agim-address(7)")
    }
    let time = Int(settings.limits.request.components.seconds)
    return HookCommand(program: path, home: home.path, address: address, time: time)
  }

  private func show(_ old: [UInt8]?, _ new: [UInt8]?, _ path: String) throws {
    let words = dialogue.words
    try dialogue.say(
      new == nil ? words.removed(path) : old == nil ? words.newFile(path) : words.difference(path))
    // People keep keys in these files, too.
    let scrubber = Scrubber(exact: [])
    for line in Difference.lines(Self.lines(old), Self.lines(new)) {
      try dialogue.say(scrubber.scrub(line).text)
    }
  }

  private static func lines(_ bytes: [UInt8]?) -> [String] {
    var lines = (bytes ?? []).split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { String(decoding: $0, as: UTF8.self) }
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

  // MARK: Files

  /// Where the file really is: people keep such files elsewhere and link to them.
  private static func real(_ path: String) throws -> String {
    guard let found = realpath(path, nil) else {
      // A link that leads nowhere is somebody's mistake, and not to be written through.
      var status = stat()
      guard lstat(path, &status) != 0 else {
        throw Failure(
          .noInput, "\(Shown.path(path)) leads nowhere: \(String(cString: strerror(errno)))",
          hint: "mend the link first; nothing was changed")
      }
      return path
    }
    defer { free(found) }
    return String(cString: found)
  }

  private static func read(_ path: String) throws -> [UInt8]? {
    do {
      return try Files.readRegular(path, limit: HookFile.limits.maxBytes)
    } catch {
      if error.errno == ENOENT { return nil }
      throw Failure(.noInput, "cannot read \(Shown.path(path)): \(error.reason)", hint: "nothing was changed")
    }
  }

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

  private func write(_ new: [UInt8]?, over old: [UInt8]?, _ path: String) throws {
    guard try Self.read(path) == old else {
      throw Failure(
        .temporary, "\(Shown.path(path)) was changed meanwhile", hint: "nothing was written; try again")
    }
    var status = stat()
    let mode = stat(path, &status) == 0 ? status.st_mode & 0o777 : 0o600
    var number = Clock.system.now().milliseconds / 1000
    // Never over one that was made in the same second: it may be the one from before.
    while access("\(path).\(number).bak", F_OK) == 0 { number += 1 }
    let backup = "\(path).\(number).bak"
    // An interruption comes before or after both, not between them.
    let loop = EventLoop(clock: .system)
    try loop.onSignals([SIGINT, SIGTERM, SIGHUP]) { _ in }
    do {
      if old == nil, let slash = path.lastIndex(of: "/") { try Files.makeDirectory(String(path[..<slash])) }
      if let old { try Files.write(old, to: backup) }
      if let new {
        try Files.write(new, to: path)
        chmod(path, mode)
      } else if unlink(path) != 0 {
        throw SystemError("unlink", path)
      }
    } catch {
      throw Failure(
        .cannotCreate, "cannot write \(Shown.path(path)): \((error as? SystemError)?.reason ?? "\(error)")",
        hint: "nothing was changed")
    }
    if new != nil { try dialogue.say(dialogue.words.written(path)) }
    if old != nil { try dialogue.say(dialogue.words.backup(backup)) }
  }
}
