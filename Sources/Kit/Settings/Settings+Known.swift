extension Settings {
  /// Every key of `config.json`: what is read, what agim-config(5) documents, and nothing else.
  package static let known: [SettingsKey] =
    top + agentKeys + serverKeys + limitKeys + modelKeys + [
      SettingsKey("memory", .section, "{}", "what is put before prompts from memos and facts"),
      SettingsKey("memory.recall", .flag, "true", "false: nothing is"),
      SettingsKey(
        "memory.tokens", .count(50...20_000, unit: "number of tokens"), "600", "about how much that may be"),
      SettingsKey("memory.vectors", .flag, "false", "looks by meaning too, with agim-model embed"),
      SettingsKey("memory.team", .text, "none", "the team whose facts are everybody's"),
      SettingsKey("policy", .list, "[]", "which tools are allowed, asked for or denied"),
    ] + routingKeys

  private static let modelKeys = [
    SettingsKey("models", .named(.model), "{}", "language models, by the role they have"),
    SettingsKey("models.NAME", .section, "none", "one role: an endpoint or a program"),
    SettingsKey("models.NAME.base_url", .text, "none", "an endpoint, up to and with its version"),
    SettingsKey("models.NAME.url", .text, "none", "another name for base_url"),
    SettingsKey(
      "models.NAME.api", .choice(ModelSettings.API.allCases.map(\.rawValue)), "openai",
      "how the endpoint is spoken to"),
    SettingsKey("models.NAME.model", .text, "none", "the model it is asked to use"),
    SettingsKey("models.NAME.key", .credential, "none", "its API key"),
    SettingsKey(
      "models.NAME.auth", .choice(ModelSettings.Auth.allCases.map(\.rawValue)), "of the api",
      "the header line that has the key"),
    SettingsKey("models.NAME.headers", .headers, "{}", "more header lines of its requests"),
    SettingsKey("models.NAME.system", .text, "none", "what it is told before every prompt"),
    SettingsKey("models.NAME.temperature", .decimal(0...2), "of the endpoint", "how much answers vary"),
    SettingsKey(
      "models.NAME.max_tokens", .count(1...10_000_000, unit: "number"), "of the endpoint",
      "how long an answer may be"),
    SettingsKey("models.NAME.extra", .object, "{}", "members that every request gets besides"),
    SettingsKey(
      "models.NAME.dimensions", .count(1...65_536, unit: "number"), "of the model",
      "how many numbers a vector has"),
    SettingsKey(
      "models.NAME.batch", .count(1...2048, unit: "number"), "64",
      "how many texts a request for vectors has at most"),
    SettingsKey("models.NAME.language", .text, "found out", "the language that is spoken, as en or zh"),
    SettingsKey(
      "models.NAME.command", .command, "none", "a program: gets the prompt on standard input, prints the text"
    ),
    SettingsKey(
      "models.NAME.env", .variables, "{}", "variables that the program gets besides the fixed ones"),
    SettingsKey(
      "models.NAME.timeout", .duration(atLeast: 1, zero: nil, reason: nil), "10m, of transcribe 25s",
      "how long a call may take, with all that is tried again"),
    SettingsKey(
      "models.NAME.idle_timeout", .duration(atLeast: 1, zero: nil, reason: nil), "2m",
      "how long nothing may come"),
    SettingsKey(
      "models.NAME.retries", .count(0...10, unit: "number"), "3", "how often a request is made again"),
    SettingsKey("models.NAME.price", .section, "none", "what a million tokens cost, in US dollars"),
    SettingsKey("models.NAME.price.input", .decimal(0...100_000), "0", "those of the prompt"),
    SettingsKey("models.NAME.price.output", .decimal(0...100_000), "0", "those of the answer"),
    SettingsKey(
      "models.NAME.price.cached", .decimal(0...100_000), "as input",
      "those of the prompt that the endpoint had kept"),
    SettingsKey(
      "models.NAME.spend_day", .amount, "none", "what the role may cost in a day, in US dollars"),
  ]

  private static let routingKeys = [
    SettingsKey("projects", .named(.project), "{}", "names for a work directory with its agent"),
    SettingsKey("projects.NAME", .section, "none", "one project"),
    SettingsKey("projects.NAME.workdir", .directory, "of the agent", "where its agent works"),
    SettingsKey("projects.NAME.agent", .agent, "as chosen otherwise", "the agent that works there"),
    SettingsKey("projects.NAME.model", .text, "of the agent", "the model it is asked to use"),
    SettingsKey("projects.NAME.mode", .choice(["plan"]), "as usual", "the mode of its conversations"),
    SettingsKey(
      "heartbeats", .named(.project), "{}", "checks by the clock that ask an agent where they find something"),
    SettingsKey("heartbeats.NAME", .section, "none", "one check; it looks once a chat has turned it on"),
    SettingsKey(
      "heartbeats.NAME.to", .text, "none", "the chat that it is about: an address or a name of one"),
    SettingsKey("heartbeats.NAME.schedule", .text, "every:30m", "when it looks, as agim-remind(1) reads it"),
    SettingsKey("heartbeats.NAME.command", .command, "none", "a program: what it prints was found"),
    SettingsKey("heartbeats.NAME.changed", .directory, "none", "a file or directory that may change"),
    SettingsKey("heartbeats.NAME.goal", .flag, "false", "whether it finds the goal of the conversation"),
    SettingsKey("heartbeats.NAME.prompt", .text, "the usual words", "what the agent is told besides"),
    SettingsKey("heartbeats.NAME.agent", .agent, "of the conversation", "the agent that is asked"),
    SettingsKey(
      "heartbeats.NAME.idle", .duration(atLeast: 1, zero: "off", reason: nil), "10m",
      "how long nothing may have happened in the conversation"),
    SettingsKey("rules", .rules, "[]", "which agent gets which message"),
    SettingsKey("zone", .text, "of the machine", "the time zone of who has no other, as Asia/Shanghai"),
    SettingsKey("zones", .named(.person), "{}", "time zones of people"),
    SettingsKey("zones.PERSON", .text, "zone", "the time zone of PLATFORM:ID"),
    SettingsKey("allow", .named(.platform), "{}", "who may talk to agents"),
    SettingsKey("allow.NAME", .senders, "nobody", "who may on this platform"),
    SettingsKey("hook", .section, "{}", "programs that a person starts in a terminal"),
    SettingsKey("hook.to", .text, "none", "the chat in which their hooks ask: an address or a name of one"),
    SettingsKey("approvers", .people, "[]", "who may answer requests"),
    SettingsKey("admins", .people, "[]", "who may use the administrative chat commands"),
  ]

  private static let top = [
    SettingsKey(
      "language", .choice(Language.allCases.map(\.rawValue)), "from LANG", "what agim speaks in chats"),
    SettingsKey("default_agent", .agent, "none", "the agent for messages that nothing else routes"),
    SettingsKey("accounts", .named(.account), "{}", "accounts on chat platforms"),
    SettingsKey("accounts.PREFIX", .open, "none", "one account; its other keys are its platform's"),
    SettingsKey("accounts.PREFIX.enabled", .flag, "true", "false refuses the account at start"),
    SettingsKey(
      "accounts.PREFIX.to", .text, "none", "where text for the account goes when nothing else is said"),
    SettingsKey("addresses", .named(.address), "{}", "names for addresses"),
    SettingsKey("addresses.NAME", .text, "none", "the address that the name stands for"),
  ]

  private static let agentKeys = [
    SettingsKey("agents", .named(.agent), "{}", "agents, by name"),
    SettingsKey("agents.NAME", .section, "none", "one agent"),
    SettingsKey("agents.NAME.driver", .agent, "NAME", "the kind of agent, when its name does not say it"),
    SettingsKey(
      "agents.NAME.command", .command, "of the driver", "the program that is the agent, and its arguments"),
    SettingsKey(
      "agents.NAME.env", .variables, "{}", "variables that its environment gets besides the fixed ones"),
    SettingsKey("agents.NAME.workdir", .directory, "of the session", "where it works"),
    SettingsKey("agents.NAME.model", .text, "of the agent", "the model it is asked to use"),
    SettingsKey("agents.NAME.mode", .choice(["plan"]), "as usual", "plan: it may only read"),
    SettingsKey(
      "agents.NAME.idle_timeout", .duration(atLeast: 1, zero: "off", reason: nil), "10m",
      "a turn that gives no sign of life for so long is ended"),
    SettingsKey(
      "agents.NAME.turn_limit", .duration(atLeast: 1, zero: "off", reason: nil), "0",
      "a turn that takes longer is ended"),
    SettingsKey(
      "agents.NAME.keep_alive", .duration(atLeast: 1, zero: "off", reason: nil), "10m",
      "how long its program waits for the next message of its session"),
    SettingsKey(
      "agents.NAME.queue", .choice(AgentSettings.Queue.allCases.map(\.rawValue)), "queue",
      "what becomes of a message that comes while a turn of its session runs"),
    SettingsKey("agents.NAME.notify", .text, "nobody", "who is told of turns that took long, failed or wait"),
    SettingsKey(
      "agents.NAME.notify_after", .duration(atLeast: 1, zero: "off", reason: nil), "5m",
      "how long a turn took that is told about"),
    SettingsKey(
      "agents.NAME.show_resume", .flag, "false",
      "whether replies say with which command their person goes on in a terminal"),
    SettingsKey(
      "agents.NAME.output_limit", bytes, "limits.output", "what a turn writes beyond it is left out"),
    SettingsKey("agents.NAME.run_as", .text, "none", "the user account it runs under"),
    SettingsKey(
      "agents.NAME.sandbox", .choice(["none", "auto", "bwrap"]), "none",
      "what confines it; auto: bubblewrap where it works"),
    SettingsKey("agents.NAME.network", .flag, "false", "in a sandbox: whether it may use the network"),
    SettingsKey(
      "agents.NAME.trusted", .flag, "false", "settings of its program that keep people from being asked hold"),
    SettingsKey("agents.NAME.url", .text, "none", "driver remote: where the agent is"),
    SettingsKey("agents.NAME.token", .credential, "none", "driver remote: its bearer token"),
    SettingsKey("agents.NAME.key", .credential, "none", "driver remote: its API key"),
    SettingsKey(
      "agents.NAME.allow_hosts", .hosts, "[]",
      "driver remote: hosts that may be inside the local network, or without TLS"),
    SettingsKey("agents.NAME.enabled", .flag, "true", "false refuses the agent at start"),
  ]

  private static let serverKeys = [
    SettingsKey("mcp_servers", .named(.server), "{}", "MCP servers that every agent is given, by name"),
    SettingsKey("mcp_servers.NAME", .section, "none", "one server: a program, or an address"),
    SettingsKey("mcp_servers.NAME.command", .command, "none", "the program and its arguments"),
    SettingsKey(
      "mcp_servers.NAME.env", .credentials, "{}", "variables that the program gets; they may be secrets"),
    SettingsKey("mcp_servers.NAME.url", .text, "none", "the address of a server on the network"),
    SettingsKey(
      "mcp_servers.NAME.headers", .headers, "{}", "headers of requests to it; they may be secrets"),
    SettingsKey("mcp_servers.NAME.enabled", .flag, "true", "false gives it to nobody"),
  ]

  private static let limitKeys = [
    SettingsKey("limits", .section, "{}", "how much and how long"),
    SettingsKey(
      "limits.backlog", .duration(atLeast: 60, zero: nil, reason: nil), "24h",
      "what is older is held until somebody releases it"),
    SettingsKey("limits.jobs", .count(1...256, unit: "number"), "4", "turns that one agim-run runs at once"),
    SettingsKey("limits.output", bytes, "8388608", "bytes that an agent may write in a turn"),
    SettingsKey(
      "limits.request", .duration(atLeast: 1, zero: nil, reason: nil), "15m",
      "a request that nobody has answered for so long is denied"),
    SettingsKey(
      "limits.breaker_failures", .count(0...100, unit: "number"), "3",
      "failures in a row after which an agent is left alone for a while; 0: never"),
    SettingsKey(
      "limits.breaker_pause", .duration(atLeast: 1, zero: nil, reason: nil), "5m",
      "how long it is left alone first; each failure after that doubles it"),
    SettingsKey(
      "limits.breaker_longest", .duration(atLeast: 1, zero: nil, reason: nil), "1h",
      "how long it is left alone at most"),
    SettingsKey(
      "limits.person_rate", .count(0...10_000, unit: "number"), "15",
      "turns a minute for one person on a chat platform; 0: any number"),
    SettingsKey(
      "limits.agent_rate", .count(0...10_000, unit: "number"), "50",
      "turns a minute of one agent for people on chat platforms; 0: any number"),
    SettingsKey("limits.spend_session", .amount, "none", "what a conversation may cost, in US dollars"),
    SettingsKey(
      "limits.spend_session_day", .amount, "none", "what a conversation may cost in a day, in US dollars"),
    SettingsKey("limits.spend_day", .amount, "none", "what all agents may cost in a day, in US dollars"),
    SettingsKey("keep", .section, "{}", "how long finished things are kept"),
    SettingsKey(
      "keep.inbox", .duration(atLeast: week, zero: nil, reason: recognised), "7d", "finished messages"),
    SettingsKey(
      "keep.outbox", .duration(atLeast: week, zero: nil, reason: replies), "7d", "finished replies"),
    SettingsKey(
      "keep.session_idle", .duration(atLeast: 60, zero: nil, reason: nil), "30m",
      "a session without a message for so long is archived"),
    SettingsKey(
      "keep.session", .duration(atLeast: week, zero: nil, reason: sessions), "7d",
      "the agent and its own session ids of an idle session"),
    SettingsKey(
      "keep.audit", .duration(atLeast: 60, zero: nil, reason: nil), "30d",
      "who had which agent work when, and how much"),
  ]

  private static let bytes = ValueKind.count(4096...1 << 30, unit: "number of bytes")
  private static let week = 7 * 86_400
  private static let recognised =
    "a platform may deliver a message again for so long, and its id must be recognised"
  private static let replies = "a message that is delivered again is answered with its stored reply"
  private static let sessions = "a message that is delivered again must find its session"
}
