import Admin
import Console

/// `agim completions SHELL`.
func completions(_ shell: String) throws -> ExitCode {
  let commands = try Commands()
  guard let front = Described("agim", listing: command.listing) else {
    throw Failure(.software, "the option table cannot be read back")
  }
  try show(
    Completion.script(for: shell, front: front, commands: commands.described(commands.installed().ours)))
  return .ok
}
