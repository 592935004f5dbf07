import Admin
import Console
import Settings

/// `agim setup`, and `agim setup PROGRAM`.
func setup(_ arguments: Arguments) throws -> ExitCode {
  let variables = ProcessVariables.all()
  guard arguments.operands.count > 1 else {
    for name in ["to", "remove", "yes", "set"] where arguments.has(name) {
      throw Failure.usage(
        "setup: --\(name) goes with a program",
        hint: "claude, codex, cursor, gemini, opencode, or a chat platform")
    }
    var setup = try Setup(Home.locate(), environment: variables) { Programs.find($0, variables) }
    try setup.run(importing: arguments.value("import"), dryRun: arguments.has("dry-run"))
    return .ok
  }
  let word = arguments.operands[1]
  if ChatSetup.isPlatform(word) { return try setupChat(word, arguments, variables) }
  guard let program = ServedProgram(rawValue: word) else {
    let names = ServedProgram.allCases.map(\.rawValue) + ChatSetup.names
    throw Failure.usage(
      "setup: '\(word)' is neither a program that can be set up nor a chat platform",
      hint: Nearest.match(word, among: names).map { "did you mean \($0)?" } ?? names.joined(separator: ", "))
  }
  guard !arguments.has("set") else {
    throw Failure.usage("setup \(word): --set goes with a chat platform")
  }
  guard !arguments.has("import") else {
    throw Failure.usage("setup \(word): --import goes without a program")
  }
  guard !(arguments.has("to") && arguments.has("remove")) else {
    throw Failure.usage("setup \(word): --to and --remove exclude each other")
  }
  let wish = arguments.has("remove") ? HookSetup.Wish.remove : .install(to: arguments.value("to"))
  var before: HookSetup?
  if let hooks = program.hooks {
    var setup = try HookSetup(hooks, Home.locate(), environment: variables) { Programs.find($0, variables) }
    try setup.run(
      wish, command: try find("approve", word), dryRun: arguments.has("dry-run"),
      agreed: arguments.has("yes"))
    before = setup
  }
  var servers = try ServerSetup(program, Home.locate(), environment: variables, after: before)
  try servers.run(
    wish, command: try find("mcp", word), dryRun: arguments.has("dry-run"), agreed: arguments.has("yes"))
  return .ok
}

private func find(_ name: String, _ word: String) throws -> String {
  guard let command = try Commands().find(name) else {
    throw Failure(
      .unavailable, "setup \(word): agim-\(name) is not installed", hint: "install all of agim")
  }
  return command
}

/// `agim setup telegram` and the like.
private func setupChat(_ word: String, _ arguments: Arguments, _ variables: [String: String]) throws
  -> ExitCode
{
  guard !arguments.has("import") else {
    throw Failure.usage("setup \(word): --import goes without a platform")
  }
  var wish = ChatSetup.Wish()
  for assignment in arguments.all("set") {
    let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
      String.init)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw Failure.usage("setup \(word): --set needs KEY=VALUE")
    }
    wish.given[parts[0]] = parts[1]
  }
  if let to = arguments.value("to") { wish.given["to"] = to }
  wish.isRemoval = arguments.has("remove")
  wish.isDryRun = arguments.has("dry-run")
  wish.isAgreed = arguments.has("yes")
  guard !wish.isRemoval || wish.given.isEmpty else {
    throw Failure.usage("setup \(word): --remove goes without --set and --to")
  }
  let commands = try Commands()
  var setup = try ChatSetup(
    word, Home.locate(), environment: variables,
    command: { $0.isEmpty ? "\(commands.directory)/agim" : commands.find($0) },
    find: { Programs.find($0, variables) })
  try setup.run(wish)
  return .ok
}
