internal import Console
internal import Glibc
internal import Settings
internal import System

/// The agents, what confines them, and the pipelines that run them.
extension Doctor {
  mutating func examineAgents() {
    guard let settings = try? Settings.load(home, environment: variables) else { return }
    for name in settings.agents.keys.sorted() {
      let agent = settings.agent(name)
      guard agent.isEnabled else { continue }
      guard AgentSettings.drivers.contains(agent.driver) else {
        add(
          .error, "agents", "agent \(name): this version has no driver '\(agent.driver)'",
          mend: "say \"driver\": \"exec\" with a \"command\", or \"enabled\": false")
        continue
      }
      examine(agent)
      examineOptions(agent)
    }
    if let name = settings.defaultAgent, settings.agents[name] == nil,
      !AgentSettings.drivers.contains(name)
    {
      add(
        .error, "agents", "the default agent '\(name)' is not configured",
        mend: Nearest.match(name, among: settings.agents.keys + AgentSettings.drivers)
          .map { "did you mean \($0)?" } ?? "name one of \"agents\" in config.json")
    }
    examinePolicy(settings)
    examineProtection(settings)
  }

  /// Settings of its program that keep people from being asked.
  private mutating func examineOptions(_ agent: AgentSettings) {
    for objection in agent.objections {
      add(
        .error, "agents", "agent \(agent.name): \(objection.text)",
        mend: "take it out, or say agents.\(agent.name).trusted in config.json")
    }
    guard agent.isTrusted else { return }
    add(.note, "agents", "agent \(agent.name) is trusted: its program may be set so that it does not ask")
  }

  /// The gate's own command says whether it can read its policy: while it cannot, nearly all is denied.
  private mutating func examinePolicy(_ settings: Settings) {
    guard !settings.policy.isEmpty, let program = try? Commands().find("approve") else { return }
    let check = [program, "check", "--tool", "Read", "--input", "{\"file_path\":\"/\"}"]
    if let complaint = Programs.complaint(check, variables) {
      add(.error, "policy", complaint, mend: "mend \"policy\" in config.json; nearly all is denied meanwhile")
    } else {
      add(.ok, "policy", "the gate can read its policy")
    }
  }

  private mutating func examine(_ agent: AgentSettings) {
    if agent.driver == "remote" {
      if agent.url == nil {
        add(
          .error, "agents", "agent \(agent.name): no address",
          mend: "say \"url\" in agents.\(agent.name) of config.json")
      } else {
        addGating(agent)
      }
      return
    }
    if agent.driver == "opencode" { return examineOpenCode(agent) }
    guard let program = agent.program else {
      if agent.driver == "exec" || agent.speaksACP {
        add(.error, "agents", "agent \(agent.name): no program", mend: "say \"command\" in config.json")
      }
      return
    }
    if let path = find(program) {
      examineProgram(agent, at: path)
      addGating(agent)
    } else {
      add(
        .error, "agents", "agent \(agent.name): there is no program \(Shown.path(program))",
        mend: "install it, or mend agents.\(agent.name).command in config.json")
    }
  }

  private mutating func examineOpenCode(_ agent: AgentSettings) {
    let program = agent.command?.first ?? "opencode"
    guard let path = find(program) else {
      return add(
        .error, "agents", "agent \(agent.name): there is no program \(Shown.path(program))",
        mend: "install it, or mend agents.\(agent.name).command in config.json")
    }
    examineProgram(agent, at: path)
    addGating(agent)
  }

  /// How far the gate decides about what an agent does.
  private mutating func addGating(_ agent: AgentSettings) {
    let gating = agent.gating
    let unasked = gating.unasked.map { "; unasked: \($0)" } ?? ""
    let words = "agent \(agent.name) is \(gating.level.rawValue)\(unasked)"
    switch gating.level {
    case .gated: add(.ok, "gate", words)
    case .partly:
      add(
        .note, "gate", words,
        mend: "what the policy always denies is hidden from it where bubblewrap works; see agim-run(1)")
    case .open: add(.note, "gate", words, mend: "no card is shown for that; see agim-run(1)")
    }
  }

  /// Whether what agim keeps is closed to the account that an agent runs under: tried, not concluded.
  private mutating func examineAccount(_ agent: AgentSettings, _ user: String) {
    guard let account = Account(named: user) else {
      return add(
        .error, "protection", "agent \(agent.name) is to run as '\(user)', and there is no such user",
        mend: "adduser --system \(user), or mend agents.\(agent.name).run_as in config.json")
    }
    guard geteuid() == 0 else {
      return add(
        .error, "protection", "agent \(agent.name) is to run as '\(user)', and only root can do that",
        mend: "run agim as root, or all of it as \(user)")
    }
    let script = "for f do [ ! -r \"$f\" ] || { echo \"$f\"; exit 0; }; done"
    let places = [home.path, home.config, home.database, home.run]
    let words =
      [
        "/usr/bin/setpriv", "--reuid=\(account.user)", "--regid=\(account.group)", "--init-groups",
        "--no-new-privs", "--inh-caps=-all", "--", "/bin/sh", "-c", script, "sh",
      ] + places
    do {
      let found = try ProgramOutput.run(
        words, ["PATH": "/usr/bin:/bin"], errors: .null, time: .seconds(10), limit: 4096)
      guard found.isEmpty else {
        let place = Shown.path(String(decoding: found.prefix { $0 != 0x0A }, as: UTF8.self))
        return add(
          .error, "protection", "agent \(agent.name) runs as '\(user)', who can read \(place)",
          mend: "take that right away: what agim keeps is for you alone")
      }
      add(.ok, "protection", "agent \(agent.name) runs as '\(user)', to whom all that agim keeps is closed")
    } catch {
      add(
        .error, "protection", "agent \(agent.name) cannot be started as '\(user)'",
        mend: "see 'setpriv --reuid=\(user) true'")
    }
  }

  /// Which of the three protections is in force for each agent, as far as the configuration decides it.
  private mutating func examineProtection(_ settings: Settings) {
    let works = bubblewrapWorks()
    var names = Set(settings.agents.keys)
    if let name = settings.defaultAgent { names.insert(name) }
    for name in names.sorted() {
      let agent = settings.agent(name)
      guard agent.isEnabled, AgentSettings.drivers.contains(agent.driver), agent.driver != "remote" else {
        continue
      }
      if let user = agent.runAs {
        examineAccount(agent, user)
        continue
      }
      let isConfined = agent.sandbox != "none"
      if isConfined, works {
        add(.ok, "protection", "agent \(name) runs in a sandbox")
      } else if isConfined, agent.sandbox == "bwrap" {
        add(
          .error, "protection", "agent \(name) is to run in a sandbox, and bubblewrap does not work",
          mend: "see the line about bubblewrap")
      } else if agent.speaksACP, !agent.choosesSandbox, works {
        add(.ok, "protection", "agent \(name) does not see what the policy always denies")
      } else {
        add(
          .note, "protection", "agent \(name) has all the rights of this user: no sandbox, no other account",
          mend: "a program that somebody allows can do what you can; see SECURITY in agim(1)")
      }
    }
    if names.contains(where: { !["exec", "remote"].contains(settings.agent($0).driver) }),
      settings.people.approvers.isEmpty,
      settings.people.admins.isEmpty
    {
      add(
        .note, "approvers", "only the person at the terminal can answer requests of agents",
        mend: "name others in \"approvers\"; 'agim setup' asks for them")
    }
  }

  private mutating func bubblewrapWorks() -> Bool {
    guard let program = find("bwrap") else {
      add(
        .note, "bubblewrap", "bubblewrap is not installed",
        mend: "install the package bubblewrap if agents are to run in a sandbox")
      return false
    }
    do {
      // With a clean environment, as agents are started with.
      _ = try ProgramOutput.run(
        [
          program, "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--",
          "/bin/true",
        ], ["PATH": "/usr/bin:/bin"], errors: .null, time: .seconds(10), limit: 4096)
      add(.ok, "bubblewrap", "bubblewrap works")
      return true
    } catch {
      let words = (error as? ProgramOutput.Problem)?.words ?? "\(error)"
      add(
        .warning, "bubblewrap", "bubblewrap is installed and does not work: it \(words)",
        mend: "user namespaces may be forbidden: see 'sysctl kernel.unprivileged_userns_clone' and the "
          + "container's settings")
      return false
    }
  }

  mutating func examinePipes() {
    for name in PipeFile.names(in: home) {
      guard let pipe = try? PipeFile(name, in: home) else { continue }
      do {
        try pipe.check()
        if let fault = pipe.fault(environment: variables) {
          add(
            .error, "pipes", "pipeline \(name): \(fault)", mend: "mend the text of \(Shown.path(pipe.path))")
        } else if let owner = try PipeLock.owner(pipe) {
          add(.ok, "pipes", "pipeline \(name) runs, as process \(owner.pid)")
        } else {
          add(.note, "pipes", "pipeline \(name) does not run", mend: "'agim start \(name) --bg', or systemd")
        }
      } catch {
        let failure = error as? Failure
        add(.error, "pipes", "pipeline \(name): \(failure?.message ?? "\(error)")", mend: failure?.hint)
      }
    }
    for name in Self.names(in: home.pipes) where !Home.isPipe(name) {
      add(
        .warning, "pipes", "\(Shown.path("\(home.pipes)/\(name)")) cannot be the name of a pipeline",
        mend: "1 to 64 letters, digits, '.', '_' or '-'")
    }
  }
}
