internal import Console
package import Settings

/// `agim setup claude|codex|cursor|gemini|opencode`, the part about tools: shows what would change in the program's
/// own list of servers, and writes it when it may.
package struct ServerSetup {
  private let program: ServedProgram
  private let home: Home
  private let settings: Settings
  private let environment: [String: String]
  private var dialogue: Dialogue

  /// Reads the configuration.
  ///
  /// `hooks`: what asked before; answers that it has read already are for us.
  ///
  /// - Throws: `Failure`.
  package init(
    _ program: ServedProgram, _ home: Home, environment: [String: String], after hooks: HookSetup?
  ) throws {
    (self.program, self.home, self.environment) = (program, home, environment)
    settings = try Settings.load(home, environment: environment)
    dialogue = hooks?.dialogue ?? Dialogue(Words.of(settings.language))
  }

  /// Shows, asks and writes.
  ///
  /// - Parameters:
  ///   - wish: What is wanted.
  ///   - command: The path of agim-mcp.
  ///   - isDryRun: Nothing is written.
  ///   - isAgreed: Nobody is asked.
  /// - Throws: `Failure`.
  package mutating func run(
    _ wish: HookSetup.Wish, command: String, dryRun isDryRun: Bool, agreed isAgreed: Bool
  ) throws {
    guard let named = program.path(environment) else {
      throw Failure(.configuration, "HOME is not set, so nobody knows where \(program.rawValue) looks")
    }
    let path = try ForeignFile.real(named)
    let old = try ForeignFile.read(path)
    var file = try ServerFile(old, of: program, path: path)
    switch wish {
    case .install(let address):
      try HookAddress.check(address, settings, program.rawValue, lack: "which chat its tools are for")
      file.install(ServerCommand(program: command, home: home.path, address: address))
    case .remove: file.remove()
    }
    let new = wish == .remove && file.isEmpty ? nil : file.bytes
    guard new != old, !(old == nil && wish == .remove) else {
      return try dialogue.say(dialogue.words.nothing)
    }
    try ForeignFile.show(old, new, path, dialogue)
    if isDryRun { return try dialogue.say(dialogue.words.dryRun) }
    guard try isAgreed || dialogue.agrees(dialogue.words.write, standard: false) else {
      return try dialogue.say(dialogue.words.unchanged)
    }
    try ForeignFile.write(new, over: old, path, dialogue)
  }
}
