/// A piece of a word.
indirect enum Piece: Sendable, Equatable {
  /// Bytes that stand for themselves; in quotes they mean nothing to the shell.
  case text([UInt8], quoted: Bool)
  /// `?` outside quotes.
  case one
  /// `*` outside quotes.
  case many
  /// `[...]` outside quotes, without its brackets.
  case set([UInt8])
  /// `~` or `~NAME` at the beginning of a word.
  case tilde([UInt8])
  /// `$NAME` or `${NAME}`.
  case variable([UInt8], quoted: Bool)
  /// Something that only running would tell, and perhaps what it is.
  case unknown(perhaps: [Piece])
  /// A `{`, `,` or `}` outside quotes, or a `~`, that may have its special meaning; none is left in a whole word.
  case mark(UInt8)
}

/// A word of a command, after brace expansion.
struct Word: Sendable, Equatable {
  var pieces: [Piece]

  /// The bytes, if the word is nothing but text.
  var text: [UInt8]? {
    switch pieces.count {
    case 0: return []
    case 1:
      guard case .text(let bytes, _) = pieces[0] else { return nil }
      return bytes
    default:
      var all: [UInt8] = []
      for piece in pieces {
        guard case .text(let bytes, _) = piece else { return nil }
        all += bytes
      }
      return all
    }
  }
}

/// `NAME=value` in front of a command, or alone.
struct Assignment: Sendable, Equatable {
  var name: [UInt8]
  var value: Word
}

/// A redirection of one command.
struct Redirection: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    /// `<`
    case read
    /// `>`, `>>`, `>|`, `&>`, `<>` and their like
    case write
    /// `<&` and `>&` with a number or `-`
    case duplicate
    /// `<<<`
    case text
    /// `<<`: the target is the body
    case document
  }
  var kind: Kind
  var target: Word
}

/// A command without any list, pipe or compound around it.
struct SimpleCommand: Sendable, Equatable {
  var assignments: [Assignment] = []
  var words: [Word] = []
  var redirections: [Redirection] = []
  /// The command whose output this one reads, as an index into the script.
  var source: Int?
  /// Whether it may run more than once, or at another time than its place says.
  var isRepeated = false
  /// Whether it is part of a pipe, or turned round by `!`: what it does to the shell itself may not last.
  var isPiped = false
  /// The same for commands that run one after the other as long as each succeeds.
  var chain = 0
}

/// What a text means to a shell: every simple command in it, those of substitutions before theirs.
///
/// That a command stands in a condition, a subshell or a function does not matter to the policy, which
/// treats each as one that runs.
struct Script: Sendable {
  var commands: [SimpleCommand] = []
  /// What is in the text that is understood, but not well enough to allow it unasked.
  var doubts: [String] = []
  /// Why the text was not understood to its end; `commands` holds what came before.
  var problem: String?
  /// Names of functions that it defines.
  var functions: Set<[UInt8]> = []
}
