import AgentACP
import AgentClaude
import AgentCodex
import AgentExec
import AgentOpenCode
import AgentPrint
import AgentRemote
import AgentShell
import Console
import Policy
import Settings
import Stage
import System
import Turns

/// What agim-run does with its arguments.
func runAgents(_ arguments: Arguments) throws -> ExitCode {
  if arguments.has("verbose") { Log.threshold = .info }
  if arguments.has("list") { return try listAgents() }
  let jobs = try arguments.number("jobs", in: 1...256)
  // Before anything is opened: the guardian must not share our descriptors, nor our locks.
  try ProcessGuard.startGuardian(.agents)
  let stage = try Stage("run")
  let input = try StageInput(
    stage, strict: arguments.has("strict"), expecting: "messages as lines, see agim-message(5)")
  // A policy with an error is better found now than by the first agent that is denied everything.
  _ = try PolicyRules(stage.settings.policy, home: ProcessGuard.variable("HOME") ?? "/")
  let drivers = try drivers(arguments, stage)
  let named = arguments.operands.first
  let engine = Engine(
    stage, drivers: drivers, defaultAgent: named ?? defaultAgent(stage.settings, drivers),
    jobs: jobs ?? stage.settings.limits.jobs, input: input)
  try engine.run()
  return .ok
}

/// The agents whose names are enough to run them: enabled, with a driver that this version has.
private func listAgents() throws -> ExitCode {
  let settings = try Settings.load(try Home.locate())
  let known = Set(settings.agents.keys)
    .union(AgentSettings.acpPrograms + ["agy", "claude", "codex", "opencode"])
  let names = known.sorted().filter { name in
    let agent = settings.agent(name)
    return agent.isEnabled && isReady(agent)
  }
  try Files.writeAll(Array(names.map { "\($0)\n" }.joined().utf8), to: 1, subject: "standard output")
  return .ok
}

/// Whether nothing is missing for an agent to be started.
private func isReady(_ agent: AgentSettings) -> Bool {
  if agent.speaksACP { return ACPDriver.isInstalled(agent) }
  if let dialect = PrintDialect(rawValue: agent.driver) { return isThere(agent, dialect.program) }
  return switch agent.driver {
  case "claude": ClaudeDriver.isInstalled(agent)
  case "codex": isThere(agent, CodexDriver.program)
  case "shell": true
  case "exec": agent.command != nil
  case "opencode": OpenCodeDriver.isInstalled(agent)
  case "remote": agent.url != nil
  default: false
  }
}

/// Whether the program of an agent is installed.
private func isThere(_ agent: AgentSettings, _ program: String) -> Bool {
  let path = agent.env["PATH"] ?? ProcessGuard.variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
  return InstalledProgram.find(agent.command?.first ?? program, in: ["PATH=\(path)"]) != nil
}

private func drivers(_ arguments: Arguments, _ stage: Stage) throws -> [any Driver] {
  if let program = arguments.program {
    guard arguments.operands == ["exec"] else {
      throw Failure.usage("a program after -- goes with 'exec' alone", hint: "write agim-run exec -- PROGRAM")
    }
    guard !program.isEmpty else { throw Failure.usage("exec: no program after --") }
    return [ExecDriver(agent: "exec", command: program, stage: stage)]
  }
  let settings = stage.settings
  let names = arguments.operands.isEmpty ? settings.agents.keys.sorted() : arguments.operands
  var drivers: [any Driver] = []
  for name in names {
    let agent = settings.agent(name)
    let isNamed = !arguments.operands.isEmpty
    guard agent.isEnabled else {
      if isNamed { throw Failure(.configuration, "agent \(name) is disabled in config.json") }
      continue
    }
    if let objection = agent.objections.first {
      let failure = Failure(
        .configuration, "agent \(name): \(objection.text)",
        hint: "take it out, or say \"trusted\": true for the agent in config.json")
      if isNamed { throw failure }
      Log.warning("\(failure.message); it is left out")
      continue
    }
    if agent.speaksACP {
      guard ACPDriver.hasCommand(agent) else {
        throw Failure(
          .configuration, "agent \(name): no program",
          hint: "say \"command\" in agents.\(name) of config.json")
      }
      drivers.append(ACPDriver(agent: name, stage: stage))
      continue
    }
    if agent.driver == "claude" {
      drivers.append(ClaudeDriver(agent: name, stage: stage))
      continue
    }
    if agent.driver == "codex" {
      drivers.append(CodexDriver(agent: name, stage: stage))
      continue
    }
    if let dialect = PrintDialect(rawValue: agent.driver) {
      drivers.append(PrintDriver(agent: name, dialect: dialect, stage: stage))
      continue
    }
    if agent.driver == "shell" {
      drivers.append(ShellDriver(agent: name, stage: stage))
      continue
    }
    if agent.driver == "opencode" {
      drivers.append(OpenCodeDriver(agent: name, stage: stage))
      continue
    }
    if agent.driver == "remote" {
      drivers.append(try RemoteDriver(agent: name, stage: stage))
      continue
    }
    guard agent.driver == "exec" else {
      let known = settings.agents.keys.filter { $0 != name }.sorted()
      if isNamed {
        throw Failure(
          .configuration, "agent \(name): this version has no driver '\(agent.driver)'",
          hint: Nearest.match(name, among: known).map { "did you mean \($0)?" }
            ?? "say \"agents\": {\"\(name)\": {\"driver\": \"exec\", \"command\": [\"PROGRAM\"]}} in config.json"
        )
      }
      continue
    }
    guard let command = agent.command else {
      throw Failure(
        .configuration, "agent \(name): no program",
        hint: "say \"command\" in config.json, or agim-run exec -- PROGRAM")
    }
    drivers.append(ExecDriver(agent: name, command: command, stage: stage))
  }
  guard !drivers.isEmpty else {
    throw Failure(
      .configuration, "no agent to run",
      hint: "say 'agim-run exec -- PROGRAM', or see \"agents\" in agim-config(5)")
  }
  return drivers
}

/// Who takes what is routed to nobody, where no agent is named on the command line.
private func defaultAgent(_ settings: Settings, _ drivers: [any Driver]) -> String? {
  if let name = settings.defaultAgent { return drivers.contains { $0.agent == name } ? name : nil }
  return drivers.count == 1 ? drivers.first?.agent : nil
}
