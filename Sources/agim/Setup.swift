import Admin
import Console
import Settings

/// `agim setup`, and `agim setup PROGRAM`.
func setup(_ arguments: Arguments) throws -> ExitCode {
  let variables = ProcessVariables.all()
  guard arguments.operands.count > 1 else {
    for name in ["to", "remove", "yes"] where arguments.has(name) {
      throw Failure.usage("setup: --\(name) goes with a program", hint: "claude, codex or cursor")
    }
    var setup = try Setup(Home.locate(), environment: variables) { Programs.find($0, variables) }
    try setup.run(importing: arguments.value("import"), dryRun: arguments.has("dry-run"))
    return .ok
  }
  let word = arguments.operands[1]
  guard let program = HookedProgram(rawValue: word) else {
    let names = HookedProgram.allCases.map(\.rawValue)
    throw Failure.usage(
      "setup: '\(word)' is not a program whose hooks are known",
      hint: Nearest.match(word, among: names).map { "did you mean \($0)?" } ?? "claude, codex or cursor")
  }
  guard !arguments.has("import") else {
    throw Failure.usage("setup \(word): --import goes without a program")
  }
  guard !(arguments.has("to") && arguments.has("remove")) else {
    throw Failure.usage("setup \(word): --to and --remove exclude each other")
  }
  guard let command = try Commands().find("approve") else {
    throw Failure(.unavailable, "setup \(word): agim-approve is not installed", hint: "install all of agim")
  }
  var setup = try HookSetup(program, Home.locate(), environment: variables) { Programs.find($0, variables) }
  let wish = arguments.has("remove") ? HookSetup.Wish.remove : .install(to: arguments.value("to"))
  try setup.run(
    wish, command: command, dryRun: arguments.has("dry-run"), agreed: arguments.has("yes"))
  return .ok
}
