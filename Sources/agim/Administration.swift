import Admin
import Console
import Settings
import Stage
import System

/// `agim status`.
func status(_ arguments: Arguments) throws -> ExitCode {
  guard !(arguments.has("json") && arguments.has("prometheus")) else {
    throw Failure.usage("status: --json and --prometheus exclude each other")
  }
  let status = Status(try Home.locate())
  if arguments.has("prometheus") {
    try show(status.prometheus)
  } else if arguments.has("json") {
    try Files.writeAll(status.json, to: 1, subject: "standard output")
  } else {
    try show(status.text)
  }
  if let trouble = status.trouble { throw Stage.failure(trouble) }
  return .ok
}

/// `agim reset AGENT`.
func reset(_ agent: String) throws -> ExitCode {
  guard !ProcessTree.isBelowGuardian() else {
    throw Failure(.notPermitted, "reset: an agent may not do this: agim reset does not run below agim-run")
  }
  if try Reset.agent(agent, in: Home.locate()) {
    Log.notice("tried again with its next message", [("agent", agent)])
  } else {
    Log.notice("not left alone: nothing to do", [("agent", agent)])
  }
  return .ok
}

/// `agim doctor`.
func doctor(_ arguments: Arguments) throws -> ExitCode {
  let findings = Doctor.examine()
  if arguments.has("json") {
    try Files.writeAll(findings.flatMap(\.json), to: 1, subject: "standard output")
  } else {
    try show(findings.map { $0.line + "\n" }.joined())
  }
  // As agim-queue check does: notes and warnings are no reason to fail.
  return findings.contains { $0.level == .error } ? .dataError : .ok
}
