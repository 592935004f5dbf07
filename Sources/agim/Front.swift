import Admin
import Console
import Settings
import System

/// What agim does with its arguments.
func front(_ arguments: Arguments) throws -> ExitCode {
  let operands = arguments.operands
  guard let verb = operands.first else { return try list() }
  let needed = ["reset": 1, "start": 1, "stop": 1, "restart": 1, "completions": 1][verb] ?? 0
  let most = ["help", "setup"].contains(verb) ? 1 : needed
  guard operands.count > needed else {
    throw Failure.usage(
      "\(verb): an operand is missing",
      hint: verb == "completions" ? "bash, zsh or fish" : verb == "reset" ? "the name of an agent" : pipes())
  }
  guard operands.count <= most + 1 else {
    throw Failure.usage("\(verb): one operand too many: '\(operands[most + 1])'")
  }
  try checkOptions(verb, arguments)
  switch verb {
  case "help": try Front.manual(of: operands.dropFirst().first, own: own, Commands())
  case "setup": return try setup(arguments)
  case "doctor": return try doctor(arguments)
  case "status": return try status(arguments)
  case "reset": return try reset(operands[1])
  case "start": return try startPipe(operands[1], arguments)
  case "stop": return try stopPipe(operands[1])
  case "restart":
    _ = try stopPipe(operands[1])
    return try startPipe(operands[1], arguments)
  case "completions": return try completions(operands[1])
  // After `--`, where words are not looked at as commands.
  default: throw Failure.usage("there is no command '\(verb)'", hint: "'agim' lists them")
  }
}

/// Refuses options of other verbs: one that does nothing would mislead.
private func checkOptions(_ verb: String, _ arguments: Arguments) throws {
  let allowed = [
    "bg": ["start", "restart"], "dry-run": ["setup"], "import": ["setup"], "json": ["doctor", "status"],
    "prometheus": ["status"], "remove": ["setup"], "set": ["setup"], "to": ["setup"], "yes": ["setup"],
  ]
  for (option, verbs) in allowed.sorted(by: { $0.key < $1.key })
  where arguments.has(option) && !verbs.contains(verb) {
    throw Failure.usage(
      "\(verb) has no option --\(option)", hint: "it belongs to \(verbs.joined(separator: ", "))")
  }
}

private func list() throws -> ExitCode {
  try show(command.helpText)
  return .ok
}

func show(_ text: String) throws {
  try Files.writeAll(Array(text.utf8), to: 1, subject: "standard output")
}

private func pipes() -> String? {
  guard let home = try? Home.locate() else { return nil }
  let names = PipeFile.names(in: home)
  return names.isEmpty ? nil : "there are \(names.joined(separator: ", "))"
}

private func startPipe(_ name: String, _ arguments: Arguments) throws -> ExitCode {
  let pipe = try PipeFile(name, in: Home.locate())
  let directory = try Commands().directory
  guard arguments.has("bg") else { return try PipeControl.start(pipe, programs: directory) }
  try PipeControl.startInBackground(pipe, program: "\(directory)/agim")
  return .ok
}

private func stopPipe(_ name: String) throws -> ExitCode {
  let pipe = try PipeFile(name, in: Home.locate())
  if try PipeControl.stop(pipe) {
    Log.notice("stopped", [("pipe", name)])
  } else {
    Log.notice("does not run", [("pipe", name)])
  }
  return .ok
}
