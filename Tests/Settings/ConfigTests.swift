import Console
import JSON
import Testing

@testable import Settings

@Suite struct ConfigTests {
  @Test("without files, the defaults of the table hold")
  func defaults() throws {
    let settings = try settings(nil)
    #expect(settings.language == .en)
    #expect(settings.defaultAgent == nil)
    #expect(settings.accounts.isEmpty && settings.addresses.isEmpty && settings.agents.isEmpty)
    #expect(settings.limits == LimitSettings())
    #expect(settings.keep == KeepSettings())
    #expect(settings.agent("codex") == AgentSettings.defaults("codex"))

    let texts = Dictionary(uniqueKeysWithValues: Settings.known.map { ($0.path, $0.defaultText) })
    func duration(_ path: String) -> Duration? { texts[path].flatMap { DurationText.parse($0) } }
    #expect(duration("limits.backlog") == settings.limits.backlog)
    #expect(texts["limits.jobs"] == "\(settings.limits.jobs)")
    #expect(texts["limits.output"] == "\(settings.limits.output)")
    #expect(texts["limits.breaker_failures"] == "\(settings.limits.breakerFailures)")
    #expect(duration("limits.breaker_pause") == settings.limits.breakerPause)
    #expect(duration("limits.breaker_longest") == settings.limits.breakerLongest)
    #expect(texts["limits.person_rate"] == "\(settings.limits.personRate)")
    #expect(texts["limits.agent_rate"] == "\(settings.limits.agentRate)")
    #expect(settings.limits.spendSession == nil && settings.limits.spendDay == nil)
    #expect(duration("keep.inbox") == settings.keep.inbox)
    #expect(duration("keep.outbox") == settings.keep.outbox)
    #expect(duration("keep.session_idle") == settings.keep.sessionIdle)
    #expect(duration("keep.session") == settings.keep.session)
    #expect(duration("keep.audit") == settings.keep.audit)
    let agent = AgentSettings.defaults("x")
    #expect(duration("agents.NAME.idle_timeout") == agent.idleTimeout)
    #expect(duration("agents.NAME.turn_limit") == .zero && agent.turnLimit == nil)
    #expect(agent.outputLimit == settings.limits.output)
    #expect(texts["agents.NAME.sandbox"] == agent.sandbox)
    #expect(texts["agents.NAME.trusted"] == "\(agent.isTrusted)")
    #expect(texts["agents.NAME.enabled"] == "\(agent.isEnabled)")
  }

  @Test("every value reaches its place")
  func values() throws {
    let settings = try settings(
      """
      // a comment
      { "language": "zh", "default_agent": "claude",
        "accounts": { "feishu": { "app_id": "cli_x", "enabled": false }, "dingtalk@op%3As": {} },
        "addresses": { "ops": "telegram:-100123" },
        "agents": { "claude": { "driver": "claude-code", "command": ["claude", ""],
            "env": { "A": "", "B": "=b" },
            "workdir": "~/src", "model": "m", "mode": "plan", "idle_timeout": 0, "turn_limit": "2h",
            "output_limit": 4096, "run_as": "bot", "sandbox": "bwrap", "trusted": true, "enabled": false },
          "other": {} },
        "models": { "a": { "base_url": "u", "api": "anthropic", "model": "m", "auth": "bearer", "temperature": 0.5,
            "headers": { "X-A": { "env": "E" } }, "price": { "input": 3, "cached": 0.3 }, "spend_day": 2,
            "idle_timeout": "9s", "retries": 1, "extra": { "n": 1 } }, "transcribe": { "url": "v" } }, "policy": [1],
        "projects": { "api": { "workdir": "~/api", "agent": "claude", "model": "m", "mode": "plan" }, "b": {} },
        "rules": [ { "name": "help", "priority": 3, "if": { "platform": "slack", "sender": ["a", "b"],
              "text": { "glob": "x*" }, "thread": { "regex": "^a+$" }, "mentioned": false },
            "set": { "agent": "claude", "model": "n", "project": "api", "mode": "plan", "prompt": "p",
              "reply_to": "ops" } }, { "set": { "drop": true } } ],
        "hook": { "to": "ops" },
        "approvers": ["slack:U1"], "admins": ["slack:U:2", "tty:me"], "allow": { "slack": ["U3"], "*": "*" },
        "limits": { "backlog": "1h", "jobs": 8, "output": 65536, },
        "keep": { "inbox": "8d", "outbox": 604800, "session_idle": "90s", "session": "30d" }, }
      """)
    #expect(settings.language == .zh)
    #expect(settings.defaultAgent == "claude")
    #expect(settings.accounts.map(\.key) == ["feishu", "dingtalk@op%3As"])
    #expect(settings.account("feishu")?.isEnabled == false)
    #expect(settings.account("feishu")?.values == JSONObject([("app_id", "cli_x")]))
    #expect(settings.account("dingtalk", "op:s")?.isEnabled == true)
    #expect(settings.account("dingtalk") == nil)
    #expect(settings.addresses == ["ops": "telegram:-100123"])
    let claude = settings.agent("claude")
    #expect(claude.driver == "claude-code")
    #expect(claude.command == ["claude", ""])
    #expect(claude.env == ["A": "", "B": "=b"])
    #expect(claude.workdir == "/home/me/src")
    #expect(
      claude.model == "m" && claude.mode == "plan" && claude.runAs == "bot" && claude.sandbox == "bwrap")
    #expect(claude.idleTimeout == nil)
    #expect(claude.turnLimit == .seconds(7200))
    #expect(claude.outputLimit == 4096)
    #expect(claude.isTrusted && !claude.isEnabled)
    #expect(settings.agent("other").outputLimit == 65536)
    #expect(settings.agent("unknown").outputLimit == 65536)
    let model = try #require(settings.model("a"))
    #expect(model.baseURL == "u" && model.api == .anthropic && model.model == "m" && model.auth == .bearer)
    #expect(model.temperature?.text == "0.5" && model.extra["n"] == 1 && model.spendDay == 2_000_000)
    #expect(model.price == .init(input: 3, output: 0, cached: 0.3) && model.headers.map(\.name) == ["X-A"])
    #expect(model.timeout == .seconds(600) && model.idleTimeout == .seconds(9) && model.retries == 1)
    #expect(settings.model("transcribe")?.baseURL == "v")
    #expect(settings.model("transcribe")?.timeout == .seconds(25) && settings.model("b") == nil)
    #expect(settings.policy == [1])
    let api = try #require(settings.project("api"))
    #expect(
      api.workdir == "/home/me/api" && api.agent == "claude" && api.model == "m" && api.mode == "plan")
    #expect(settings.projects.map(\.name) == ["api", "b"] && settings.project("b")?.workdir == nil)
    let rule = try #require(settings.rules.first)
    #expect(rule.name == "help" && rule.priority == 3 && rule.mentioned == false && !rule.drop)
    #expect(
      rule.conditions == [
        .init(.platform, .equals(["slack"])), .init(.thread, .regex("^a+$")),
        .init(.sender, .equals(["a", "b"])),
        .init(.text, .glob("x*")),
      ])
    #expect(rule.agent == "claude" && rule.model == "n" && rule.project == "api" && rule.mode == "plan")
    #expect(rule.prompt == "p" && rule.replyTo == "ops")
    #expect(settings.rules[1].name == "rules[1]" && settings.rules[1].drop)
    #expect(settings.hookTo == "ops")
    #expect(settings.people.approvers == ["slack:U1"] && settings.people.admins == ["slack:U:2", "tty:me"])
    #expect(settings.people.allow == ["slack": .these(["U3"]), "*": .everybody])
    #expect(settings.limits.backlog == .seconds(3600) && settings.limits.jobs == 8)
    #expect(settings.keep.inbox == .seconds(8 * 86_400) && settings.keep.sessionIdle == .seconds(90))
  }

  @Test("the example of the design is read")
  func design() throws {
    let settings = try settings(
      """
      { "language": "zh", "default_agent": "claude",
        "accounts": { "feishu": { "app_id": "cli_x", "secret": { "command": ["pass", "show", "feishu"] } },
                      "dingtalk@ops": { "robot": { "env": "DINGTALK_ROBOT_URL" } } },
        "addresses": { "ops": "telegram:-100123" },
        "agents": {}, "models": {}, "projects": { "api": { "workdir": "/srv/api", "agent": "codex" } },
        "rules": [ { "if": { "platform": "slack", "channel": "#help" },
          "set": { "agent": "faq" }, "priority": 10 } ],
        "policy": [ { "if": { "chat": "group" }, "then": "ask" } ],
        "approvers": [], "admins": [], "allow": {}, "limits": {}, "keep": {} }
      """)
    #expect(settings.accounts.count == 2)
  }

  static let mistakes: [(config: String, message: String, hint: String?)] = [
    ("{\n  \"langauge\": \"zh\" }", "config.json:2:3: langauge: no such key", "did you mean \"language\"?"),
    ("[1]", "config.json:1:1: expected an object, found an array", nil),
    ("", "config.json:1:1: expected a value, found the end of the input", nil),
    (
      "{\"language\": zhongwen}",
      "config.json:1:14: expected true, false or null, found another word (texts need quotes)", nil
    ),
    ("{\"language\": \"fr\"}", "config.json:1:14: language: expected \"en\" or \"zh\", found \"fr\"", nil),
    (
      "{\"default_agent\": \"Claude\"}",
      "config.json:1:19: default_agent: not the name of an agent: expected 1 to 32 "
        + "lower-case letters, digits, '.', '_' or '-', the first a letter or a digit", nil
    ),
    (
      "/* é */ {\"agents\": {\"a\": {/*}*/\n\t\"comand\": []}}}",
      "config.json:2:2: agents.a.comand: no such key",
      "did you mean \"command\"?"
    ),
    (
      "{\"agents\": {\"a\": {\"command\": []}}}",
      "config.json:1:30: agents.a.command: expected an array of strings that is not empty, "
        + "found an empty array",
      nil
    ),
    (
      "{\"agents\": {\"a\": {\"command\": [\"x\", \"\\\"]\", 3]}}}",
      "config.json:1:43: agents.a.command[2]: expected a string, found a number", nil
    ),
    (
      "{\"agents\": {\"a\": {\"command\": [\"\"]}}}",
      "config.json:1:31: agents.a.command[0]: expected the program, found an empty string", nil
    ),
    (
      "{\"agents\": {\"a\": {\"env\": {\"A=B\": \"x\"}}}}",
      "config.json:1:27: agents.a.env.\"A=B\": not the name of a variable: expected letters, digits and '_'",
      nil
    ),
    (
      "{\"agents\": {\"a\": {\"workdir\": \"src\"}}}",
      "config.json:1:30: agents.a.workdir: expected a path that begins with / or ~/, found \"src\"", nil
    ),
    (
      "{\"agents\": {\"a\": {\"idle_timeout\": \"10 minutes\"}}}",
      "config.json:1:35: agents.a.idle_timeout: expected a number of seconds or a text "
        + "such as \"90s\", \"30m\", "
        + "\"24h\" or \"7d\", found \"10 minutes\"", nil
    ),
    (
      "{\"agents\": {\"a\": {\"turn_limit\": 1e99}}}",
      "config.json:1:33: agents.a.turn_limit: expected a whole number of seconds up to 315360000, found 1e99",
      nil
    ),
    (
      "{\"agents\": {\"a\": {\"sandbox\": \"docker\"}}}",
      "config.json:1:30: agents.a.sandbox: expected \"none\" or \"auto\" or \"bwrap\", found \"docker\"", nil
    ),
    (
      "{\"keep\": {\"inbox\": \"6d\"}}", "config.json:1:20: keep.inbox: expected at least 7d, found 6d",
      "a platform may deliver a message again for so long, and its id must be recognised"
    ),
    (
      "{\"keep\": {\"session\": 0}}", "config.json:1:22: keep.session: expected at least 7d, found 0s",
      "a message that is delivered again must find its session"
    ),
    (
      "{\"limits\": {\"jobs\": 0}}",
      "config.json:1:21: limits.jobs: expected a whole number from 1 to 256, found 0", nil
    ),
    (
      "{\"limits\": {\"line\": 1}}", "config.json:1:13: limits.line: no such key",
      "known here: backlog, jobs, output, request, breaker_failures, breaker_pause, breaker_longest, "
        + "person_rate, agent_rate, spend_session, spend_session_day, spend_day"
    ),
    (
      "{\"accounts\": {\"Slack\": {}}}",
      "config.json:1:15: accounts.Slack: not a name here: expected PLATFORM or "
        + "PLATFORM@ACCOUNT, with ':', '%' and blanks of the account percent-encoded", nil
    ),
    (
      "{\"accounts\": {\"a@b@c\": {}, \"a@b%40c\": {}}}",
      "config.json:1:28: accounts.a@b%40c: expected each account once, found it in another spelling", nil
    ),
    (
      "{\"accounts\": {\"slack\": {\"enabled\": \"no\"}}}",
      "config.json:1:36: accounts.slack.enabled: expected true or false, found a string", nil
    ),
    (
      "{\"addresses\": {\"inbox\": \"a:b\"}}",
      "config.json:1:16: addresses.inbox: not a name here: expected 1 to 64 "
        + "letters, digits, '_' or '-', other than command, file, inbox, job, replay, stdin, stdout, tty", nil
    ),
    (
      "{\"models\": {\"x\": {\"extra\": {\"y\": [\"a\\u0000b\"]}}}}",
      "config.json:1:35: models.x.extra.y[0]: expected a text without NUL, found one", nil
    ),
    (
      "{\"policy\": [{\"a\\u0000\": 1}]}",
      "config.json:1:14: policy[0].\"a\\u{0}\": expected a name without NUL, found one", nil
    ),
    (
      "{\"a\\u202e\\n\": 1}", "config.json:1:2: \"a\\u{202e}\\u{a}\": no such key",
      "known here: language, default_agent, accounts, addresses, agents, mcp_servers, limits, keep, models, "
        + "memory, policy, projects, heartbeats, rules, zone, zones, allow, hook, approvers, admins"
    ),
    ("{\"rules\": [7]}", "config.json:1:12: rules[0]: expected an object, found a number", nil),
    (
      "{\"rules\": [{\"if\": {}}]}", "config.json:1:12: rules[0]: expected \"set\", found none",
      "such as \"set\": {\"agent\": \"claude\"}"
    ),
    (
      "{\"rules\": [{\"set\": {}}]}",
      "config.json:1:20: rules[0].set: expected something to set, found an empty object", nil
    ),
    (
      "{\"rules\": [{\"set\": {\"agnet\": \"a\"}}]}", "config.json:1:21: rules[0].set.agnet: no such key",
      "did you mean \"agent\"?"
    ),
    (
      "{\"rules\": [{\"set\": {\"agent\": \"A b\"}}]}",
      "config.json:1:30: rules[0].set.agent: not the name of an agent: expected "
        + "1 to 32 lower-case letters, digits, '.', '_' or '-', the first a letter or a digit", nil
    ),
    (
      "{\"rules\": [{\"set\": {\"project\": \"apy\"}}], \"projects\": {\"api\": {}}}",
      "config.json:1:32: rules[0].set.project: no project \"apy\"", "did you mean \"api\"?"
    ),
    (
      "{\"rules\": [{\"set\": {\"mode\": \"edit\"}}]}",
      "config.json:1:29: rules[0].set.mode: expected \"plan\", found \"edit\"", nil
    ),
    (
      "{\"rules\": [{\"set\": {\"drop\": 1}}]}",
      "config.json:1:29: rules[0].set.drop: expected true or false, found a number", nil
    ),
    (
      "{\"rules\": [{\"set\": {\"drop\": true}, \"if\": {\"textt\": \"a\"}}]}",
      "config.json:1:43: rules[0].if.textt: no such key", "did you mean \"text\"?"
    ),
    (
      "{\"rules\": [{\"set\": {\"drop\": true}, \"if\": {\"text\": {\"glob\": \"a\", \"regex\": \"b\"}}}]}",
      "config.json:1:51: rules[0].if.text: expected a text, an array of texts, {\"glob\": …} or {\"regex\": …}, "
        + "found 2 members", nil
    ),
    (
      "{\"rules\": [{\"set\": {\"drop\": true}, \"if\": {\"text\": [1]}}]}",
      "config.json:1:52: rules[0].if.text[0]: expected a text, found a number", nil
    ),
    (
      "{\"allow\": {\"slack\": \"all\"}}",
      "config.json:1:21: allow.slack: expected \"*\" for everybody, or an array of ids, found \"all\"", nil
    ),
    (
      "{\"allow\": {\"Slack\": \"*\"}}",
      "config.json:1:12: allow.Slack: not a name here: expected a platform, or \"*\" for those that are not named",
      nil
    ),
    (
      "{\"admins\": [\"me\"]}", "config.json:1:13: admins[0]: expected PLATFORM:ID, found \"me\"", nil
    ),
    ("{\"\\u0061gents\": []}", "config.json:1:17: agents: expected an object, found an empty array", nil),
  ]

  @Test("a mistake is named with its position, its key and what is allowed", arguments: mistakes.indices)
  func mistake(index: Int) {
    let (config, message, hint) = Self.mistakes[index]
    let failure = failure { try settings(config) }
    #expect(failure?.message == message)
    #expect(failure?.hint == hint)
    #expect(failure?.code == .configuration)
  }

  @Test(
    "a configuration of agim-cli is recognised",
    arguments: [
      #"{"messengers":["feishu"],"agents":["claude-code"],"defaultAgent":"claude-code","feishu":{}}"#,
      #"{"acpAgents":[]}"#, #"{"llmBackends":[],"llmRoles":{}}"#, #"{"defaultAgent":"a","agents":[]}"#,
    ])
  func other(config: String) {
    let failure = failure { try settings(config) }
    #expect(failure?.message == "\"/home/me/.agim/config.json\" belongs to agim-cli")
    #expect(failure?.hint == "set AGIM_HOME to a directory of its own")
  }

  @Test("a slip of the pen does not make it one of agim-cli")
  func notOther() {
    #expect(
      failure { try settings(#"{"defaultAgent":"claude"}"#) }?.hint == "did you mean \"default_agent\"?")
  }

  @Test("flags aside, the environment wins over config.json, that over the env file")
  func precedence() throws {
    let file = "AGIM_LANGUAGE=zh\nAGIM_DEFAULT_AGENT=file\nA=file\nB=file\nE=\n"
    var result = try settings(nil, env: file, ["A": "environment", "B": ""])
    #expect(result.language == .zh && result.defaultAgent == "file")
    #expect(result.variable("A") == "environment" && result.variable("B") == "file")
    #expect(result.variable("C") == nil && result.variable("E") == nil)
    let config = #"{"language":"en","default_agent":"config"}"#
    result = try settings(config, env: file)
    #expect(result.language == .en && result.defaultAgent == "config")
    result = try settings(config, env: file, ["AGIM_LANGUAGE": "zh", "AGIM_DEFAULT_AGENT": "environment"])
    #expect(result.language == .zh && result.defaultAgent == "environment")
    #expect(failure { try settings(config, ["AGIM_LANGUAGE": "fr"]) }?.code == .configuration)
    #expect(failure { try settings(config, ["AGIM_DEFAULT_AGENT": "-x"]) }?.code == .configuration)
  }

  @Test("the locale gives the language when nothing else does")
  func locale() throws {
    #expect(try settings(nil, ["LANG": "zh_CN.UTF-8"]).language == .zh)
    #expect(try settings(nil, ["LANG": "zh_CN.UTF-8", "LC_ALL": "C"]).language == .en)
    #expect(try settings(nil, ["LANG": "de_DE.UTF-8"]).language == .en)
    #expect(try settings(nil, env: "LANG=zh_TW\n").language == .zh)
  }

  @Test(
    "durations",
    arguments: [
      ("0", 0), ("90", 90), ("90s", 90), ("30m", 1800), ("24h", 86_400), ("7d", 604_800),
      ("3650d", 315_360_000),
      ("3651d", nil), ("", nil), ("s", nil), ("-1", nil), ("+1", nil), ("1.5h", nil), ("1 h", nil),
      ("1w", nil),
      ("1h30m", nil), ("9223372036854775807d", nil), ("99999999999999999999", nil), ("١", nil),
    ])
  func durations(text: String, seconds: Int?) {
    #expect(DurationText.parse(text) == seconds.map { .seconds($0) })
    if let seconds {
      #expect(DurationText.parse(DurationText.format(.seconds(seconds))) == .seconds(seconds))
    }
  }

  @Test("limits are read")
  func limits() throws {
    let limits = try settings(
      """
      {"limits":{"breaker_failures":5,"breaker_pause":"1m","breaker_longest":"2h","person_rate":0,
        "agent_rate":7,"spend_session":0.015,"spend_session_day":2,"spend_day":25}}
      """
    ).limits
    #expect(limits.breakerFailures == 5 && limits.breakerPause == .seconds(60))
    #expect(limits.breakerLongest == .seconds(7200) && limits.personRate == 0 && limits.agentRate == 7)
    #expect(limits.spendSession == 15_000 && limits.spendDay == 25_000_000)
    #expect(limits.spendSessionDay == 2_000_000)
  }

  @Test(
    "amounts of money",
    arguments: [
      ("0.01", 10_000), ("1", 1_000_000), ("1e2", 100_000_000), ("1000000", 1_000_000_000_000), ("0", nil),
      ("-1", nil), ("0.009", nil), ("1000000.01", nil), ("1e400", nil), ("\"5\"", nil), ("null", nil),
    ] as [(String, Int64?)])
  func amounts(text: String, millionths: Int64?) throws {
    #expect(AmountText.parse(try JSONReader.parse(text)) == millionths)
  }

  @Test func milliseconds() {
    #expect(Duration.seconds(90).milliseconds == 90_000)
    #expect(Duration.milliseconds(1500).milliseconds == 1500)
    #expect(Duration.seconds(Int64.max).milliseconds == .max)
  }
}
