package import Settings

/// What agim says in chats, in one language.
///
/// A further language is one more file.
package protocol Catalogue: Sendable {
  /// A line of help.
  func help(_ verb: ChatVerb) -> String
  /// What to use while a command is not built.
  func meanwhile(_ verb: ChatVerb) -> String
  /// A sentence.
  func say(_ phrase: Phrase) -> String
  /// A sentence about goals.
  func say(_ phrase: WorkPhrase) -> String
  /// A sentence about heartbeats.
  func say(_ phrase: HeartbeatPhrase) -> String
  /// A sentence about jobs.
  func say(_ phrase: JobPhrase) -> String
}

/// Everything that is said besides help.
package enum Phrase: Equatable, Sendable {
  case commands
  case yourCommands
  case notBuiltYet
  case notBuilt(meanwhile: String)
  case needs(People.Rank)
  case unknownCommand(String, nearest: String?)
  case badArgument(syntax: String)
  case agents
  case noAgents
  case anyAgent
  case current
  case switched(String)
  case unknownAgent(String, known: [String])
  case begunAnew(kept: [String])
  case stopping
  case nothingRuns
  case working
  case idle
  case label(Label)
  case noProjects
  case projectSet(String, workdir: String?)
  case projectLeft
  case unknownProject(String, known: [String])
  case noProjectSet
  case modelIs(String?)
  case modelSet(String?)
  case thinkIs(String?)
  case thinkSet(String)
  case planIs(Bool)
  case planFixed
  case verboseIs(String?)
  case verboseSet(String)
  case noSessions
  case emptyDirectory
  case noDirectory(String)
  case notShown(String)
  case noFile(String)
  case fileSent(String, Int)
  case fileTooLarge(String, Int)
  case moreEntries(Int)
  case noChanges
  case noRepository
  case tooManyChanges(Int)
  case filesLeftOut([String])
  case requestsWait
  case noRequests
  case grantsHold
  case noGrants
  case revokeGrant
  case noTurns(days: Int)
  case allTurns(days: Int)
  case turns(String, count: Int64, failed: Int64, time: String, tokens: String, cost: String)
  case failed(String)
  case noOutput
  case commandEnded(String, status: String)
  case commandLate(String)
  case commandCannotStart(String, reason: String)
  case outputCut(Int)
  case interrupted(String)
  case gating(AgentGating.Level)
  case noMemos
  case noMemo(Int64)
  case nothingFound
  case memoKept(Int64)
  case memoRefused(String)
  case memoHere
  case linked(String)
  case linkWaits(String)
  case linkUnknown
  case linkDirectly
  case nothingToRetry
  case runsAgain
  case nativeSession(String, id: String?)
  case attached(String, id: String)
  case reminder(ReminderPhrase)
  /// An agent that failed again and again; `minutes` until it is tried again, nil: with the next message.
  case leftAlone(failures: Int, code: String, minutes: Int?)

  /// Names of what `/status` shows.
  package enum Label: String, Sendable, CaseIterable {
    case agent, project, workdir, model, mode, think, verbose, work, messages, goal
  }
}

extension Language {
  /// What agim says in this language.
  package var catalogue: any Catalogue {
    switch self {
    case .en: English()
    case .zh: Chinese()
    }
  }
}
