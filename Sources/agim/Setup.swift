import Admin
import Console
import Settings

/// `agim setup`.
func setup(_ arguments: Arguments) throws -> ExitCode {
  let variables = ProcessVariables.all()
  var setup = try Setup(Home.locate(), environment: variables) { Programs.find($0, variables) }
  try setup.run(importing: arguments.value("import"), dryRun: arguments.has("dry-run"))
  return .ok
}
