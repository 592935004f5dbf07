internal import Console
internal import Peers
internal import Settings
internal import Stage
internal import System
internal import Turns
internal import Wire

/// How the program is started for a turn.
struct CodexProgram {
  let launch: PeerProcess.Launch
  /// Why commands may run unasked; nil where none can.
  let openRules: String?

  /// The program with a subcommand; forced into our own sandbox where codex's own does not hide enough.
  ///
  /// - Throws: `Failure` where the configuration asks for what is not to be had.
  init(
    _ turn: Turn, _ stage: Stage, _ words: (CodexConfinement) -> [String], isForced: Bool = false
  ) throws {
    let settings = turn.settings
    let command = settings.command ?? [CodexDriver.program]
    let mark = stage.maker.id()
    let isConfined = settings.sandbox != "none" || isForced
    let isHidden = isForced || Sandbox.confines(settings, isStandard: false)
    let scope = turn.openScope(mark: mark, isConfined: isHidden)
    let environment = AgentEnvironment.make(turn, stage, mark: mark, scope: scope)
    let variables = Self.variables(environment)
    let confinement = CodexConfinement(
      turn, stage, variables: variables, program: try Self.find(turn, environment))
    var words = command + words(confinement)
    var open: String?
    if !isConfined, let rules = confinement.rules, let covered = try Sandbox.cover([rules], words, settings) {
      words = covered
    } else {
      if !isConfined { open = confinement.rules }
      var needs = Sandbox.Needs()
      needs.own = [confinement.home]
      needs.covered = confinement.rules.map { [$0] } ?? []
      needs.network = true
      needs.nests = settings.runAs == nil
      needs.isForced = isForced
      words = try Sandbox.wrap(
        words, turn, stage, directory: turn.workdir, work: turn.workdir,
        files: (scope?.shown ?? []), needs: needs)
    }
    openRules = open
    launch = PeerProcess.Launch(
      words, environment: environment, directory: turn.workdir, mark: mark, scope: scope)
  }

  /// The program's file.
  ///
  /// - Throws: `Failure` in words, which else `bwrap` would say, or nobody.
  private static func find(_ turn: Turn, _ environment: [String]) throws -> String {
    let program = turn.settings.command?.first ?? CodexDriver.program
    if let file = InstalledProgram.find(program, in: environment) { return file }
    throw Failure(
      .unavailable, "there is no program \(program) in PATH",
      hint: "install codex, or say where it is in \"command\" of agent \(turn.settings.name)")
  }

  /// Whether a help text is about a subcommand.
  static func names(_ help: String, _ words: String) -> Bool {
    let (text, word) = (Array(help.utf8), Array(words.utf8))
    guard text.count >= word.count else { return false }
    return (0...(text.count - word.count)).contains { text[$0..<($0 + word.count)].elementsEqual(word) }
  }

  /// An environment by its names.
  static func variables(_ environment: [String]) -> [String: String] {
    var all: [String: String] = [:]
    for variable in environment {
      guard let equals = variable.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
      all[String(variable[..<equals])] = String(variable[variable.utf8.index(after: equals)...])
    }
    return all
  }
}
