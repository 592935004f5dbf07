internal import Synchronization

/// What is known of one tool: what it does, and what the members of its input mean.
///
/// Written as words: the kind, then the members. `@name` is a path (several: exactly one of them is given),
/// `*name` a pattern of file names, `$name` the command, patch or address itself, `!name` something that is
/// not harmless where it is true, `name` alone does nothing. A member that is not there is not known.
struct ToolEntry: Equatable, Sendable {
  enum Kind: String, Sendable {
    /// A command for a shell.
    case shell
    /// Shows one file.
    case read
    /// Names of files.
    case list
    /// What is in the files of a directory.
    case search
    /// Changes files that members name.
    case write
    /// Changes the files that a patch names.
    case patch
    /// Changes files, in a list with the path of each.
    case changes
    /// Gets something from an address.
    case fetch
    /// Sends words to a search engine.
    case lookUp
    /// Nothing outside the agent's own conversation.
    case notes
    /// Asks the person something.
    case question
    /// Makes something happen later, or be believed later: asked every time.
    case later
    /// Anything.
    case other
  }

  var kind: Kind
  var paths: [String] = []
  var patterns: [String] = []
  var texts: [String] = []
  var flags: [String] = []
  var harmless: [String] = []

  static let other = ToolEntry(kind: .other)

  init(kind: Kind) { self.kind = kind }

  init(_ text: String) {
    var words = text.utf8.split(separator: 0x20)[...]
    kind = words.popFirst().flatMap { Kind(rawValue: String(Substring($0))) } ?? .other
    for word in words {
      let name = String(Substring(word.dropFirst()))
      switch word.first {
      case UInt8(ascii: "@"): paths.append(name)
      case UInt8(ascii: "*"): patterns.append(name)
      case UInt8(ascii: "$"): texts.append(name)
      case UInt8(ascii: "!"): flags.append(name)
      default: harmless.append(String(Substring(word)))
      }
    }
  }

  /// The members that are known.
  var known: [String] { paths + patterns + texts + flags + harmless }

  /// Whether it only reads whatever its input is.
  var onlyReads: Bool {
    switch kind {
    case .read, .list, .search, .notes: true
    default: false
    }
  }
}

/// The tools of each dialect.
enum ToolTables {
  /// What is known of a tool; a name that is not in its agent's table is any tool at all.
  static func entry(_ tool: String, _ dialect: ToolDialect) -> ToolEntry {
    // Every call asks two or three times, and reading the words costs as much as looking at a path.
    if let known = read.withLock({ $0[dialect]?[tool] }) { return known }
    guard let words = table(dialect)[tool] else { return .other }
    let entry = ToolEntry(words)
    read.withLock { $0[dialect, default: [:]][tool] = entry }
    return entry
  }

  /// Entries that were read; no more than the tables have.
  private static let read = Mutex<[ToolDialect: [String: ToolEntry]]>([:])

  /// Whether a name is in its agent's table.
  static func knows(_ tool: String, _ dialect: ToolDialect) -> Bool { table(dialect)[tool] != nil }

  static func table(_ dialect: ToolDialect) -> [String: String] {
    switch dialect {
    case .any: SharedTools.any
    case .told: SharedTools.told
    case .foreign: [:]
    case .agim: OwnTools.table
    case .acp: SharedTools.acp
    case .agy: GoogleTools.agy
    case .claude: ClaudeTools.table
    case .codex: CodexTools.table
    case .copilot: EditorTools.copilot
    case .cursor: EditorTools.cursor
    case .fastAgent: PythonTools.fastAgent
    case .gemini: GoogleTools.gemini
    case .hermes: PythonTools.hermes
    case .kimi: PythonTools.kimi
    case .opencode: OpenCodeTools.table
    case .qwen: GoogleTools.qwen
    case .vibe: PythonTools.vibe
    }
  }
}
