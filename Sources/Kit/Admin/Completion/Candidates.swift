/// What the name of an argument or operand stands for, so that the shell can offer it.
enum Candidates: Equatable {
  case nothing
  case files
  case directories
  case programs
  case words([String])
  /// Names that a command prints, the first word of each line.
  case printed(String)
  /// The pipelines.
  case pipelines
  /// What `agim CMD` can run.
  case commands

  /// By the name that stands in the help, and the command and subcommand it is used in.
  init(_ name: String, command: String, verb: String = "") {
    let bare = name.filter { $0.isLetter || $0 == "-" || $0 == "_" }
    switch bare {
    case "FILE", "PATH": self = .files
    case "DIR", "DIRECTORY": self = .directories
    case "PROGRAM": self = .programs
    case "SHELL": self = .words(["bash", "zsh", "fish"])
    case "NAME" where command == "agim": self = .pipelines
    case "CMD": self = .commands
    case "ID" where command == "agim-queue":
      self = .printed(verb == "show" ? "agim-queue list --all" : "agim-queue list")
    case "ID" where command == "agim-session": self = .printed("agim-session list --all")
    case "ID" where command == "agim-memo" && verb != "facts": self = .printed("agim-memo list --limit 100")
    case "FORMAT": self = .words(["ndjson", "markdown"])
    case "ID" where command == "agim-approve":
      self = .printed(verb == "show" ? "agim-approve list --all" : "agim-approve list")
    case "NUMBER" where command == "agim-approve": self = .printed("agim-approve grants")
    case "ROLE": self = .printed("agim-model list")
    case "SCOPE": self = .words(["session", "always"])
    case "RANK": self = .words(["allowed", "approver", "admin"])
    case "MODE": self = .words(["ask", "plan"])
    case "KIND" where command == "agim-audit":
      self = .words(["agent", "person", "day", "platform", "session"])
    case "KIND" where command == "agim-memo": self = .words(["person", "project", "team"])
    case "KIND": self = .words(["direct", "group"])
    default: self = .nothing
    }
  }
}
