/// Made-up tokens, put together here so that no whole token stands in the source.
enum Samples {
  static func cycle(_ text: String, _ count: Int) -> String {
    String(String(repeating: text, count: count / text.count + 1).prefix(count))
  }
  static func f(_ count: Int) -> String { cycle("FAKE0fake1NotReal2Sample3", count) }
  static func x(_ count: Int) -> String { cycle("FAKEfake0123456789NOTREALnotreal", count) }
  static func h(_ count: Int) -> String { cycle("fa4e0123456789abcdefdeadbeef", count) }
  static func l(_ count: Int) -> String { cycle("FakeNotRealSampleToken", count) }
  static func u(_ count: Int) -> String { cycle("FAKE2NOTREAL3SAMPLE4", count) }

  /// What must be redacted: the rule, what stands before the secret, the secret, what stands behind it.
  struct Sample: Sendable, CustomStringConvertible {
    var rule: String
    var before = ""
    var secret: String
    var after = ""
    var text: String { before + secret + after }
    var description: String { rule }

    init(_ rule: String, _ parts: String...) {
      (self.rule, secret) = (rule, parts.joined())
    }
    init(_ rule: String, before: String, _ secret: String, after: String = "") {
      (self.rule, self.before, self.secret, self.after) = (rule, before, secret, after)
    }
  }

  static let mark = "T3Blbk" + "FJ"
  static let uuid = "00000000-fake-fake-fake-000000000000"
  static let open = "-----BEGIN "

  static let providers: [Sample] = [
    .init("anthropic", "sk-ant-", "api03-", x(93), "AA"),
    .init("anthropic", "sk-ant-", "oat01-", x(93), "AA"),
    .init("openai-legacy", "sk-", f(20), mark, f(20)),
    .init("openai-new", "sk-", "proj-", x(74), mark, x(74)),
    .init("openai-new", "sk-", "svcacct-", x(58), mark, x(58)),
    .init("sk-compatible", "sk-", h(32)),
    .init("openrouter", "sk-or-", "v1-", h(64)),
    .init("github-classic", "gh", "p_", f(36)),
    .init("github-classic", "gh", "o_", f(36)),
    .init("github-app", "gh", "s_", f(36)),
    .init("github-app", "gh", "s_123456_", "eyJ", f(33), ".", "eyJ", f(40), ".", x(60)),
    .init("github-fine", "github_", "pat_", f(22), "_", f(59)),
    .init("gitlab", "gl", "pat-", f(20)),
    .init("gitlab", "gl", "pat-", x(27), ".01.", "0a1b2c3d4"),
    .init("gitlab", "gl", "rt-", f(20)),
    .init("gitlab", "GR13", "48941", f(20)),
    .init("slack-legacy", "xo", "xb-123456789012-123456789012-", f(24)),
    .init("slack-legacy", "xo", "xp-123456789012-123456789012-123456789012-", h(32)),
    .init("slack-rotating", "xo", "xe.xo", "xb-1-", f(163)),
    .init("slack-app", "xa", "pp-1-A0FAKEFAKE0-1234567890123-", h(64)),
    .init("slack-webhook", "https://hooks.", "slack.com/services/T0FAKE000/B0FAKE000/", f(24)),
    .init("aws-id", "AK", "IA", u(16)),
    .init("aws-id", "AS", "IA", u(16)),
    .init("aws-bedrock", "AB", "SK", x(128)),
    .init("google-api", "AI", "za", f(35)),
    .init("google-oauth-secret", "GOC", "SPX-", f(28)),
    .init("google-oauth-token", "ya", "29.a0", x(40)),
    .init("telegram", "1234567890:", "AA", f(33)),
    .init("telegram", before: "https://api.telegram.org/bot", "1234567890:" + "AA" + f(33), after: "/getMe"),
    .init("discord", "MDAwMDAwMDAwMDAwMDAwMDAw", ".FaKe01.", f(27)),
    .init("discord", "MDAwMDAwMDAwMDAwMDAwMDAwMA", ".FaKe01.", f(38)),
    .init("discord-webhook", "https://discord", ".com/api/webhooks/000000000000000000/", f(68)),
    .init("discord-webhook", "https://ptb.discord", ".com/api/v10/webhooks/000000000000000000/", f(68)),
    .init("stripe", "sk", "_test_", f(24)),
    .init("stripe", "rk", "_live_", f(24)),
    .init("stripe-webhook", "wh", "sec_", f(32)),
    .init("npm", "np", "m_", f(36)),
    .init("pypi", "py", "pi-AgEIcHlwaS5vcmc", f(120)),
    .init("rubygems", "ruby", "gems_", h(48)),
    .init("huggingface", "h", "f_", l(34)),
    .init("jwt", "eyJhbGciOiJIUzI1NiJ9", ".", "eyJmYWtlIjoidHJ1ZSJ9", ".", f(43)),
    .init("jwe", "eyJhbGciOiJkaXIifQ00", "..", f(16), ".", x(60), ".", f(22)),
    .init("pem", open, "OPENSSH PRIVATE KEY-----\nRkFLRQ==\n-----END OPENSSH PRIVATE KEY-----"),
    .init("pem", open, "RSA PRIVATE KEY-----\\nRkFLRQ==\\n-----END RSA PRIVATE KEY-----"),
    .init("pem", open, "PGP PRIVATE KEY BLOCK-----\n\nRkFLRQ==\n-----END PGP PRIVATE KEY BLOCK-----"),
    .init("groq", "gs", "k_", f(52)),
    .init("xai", "xa", "i-", f(80)),
    .init("replicate", "r8", "_", f(37)),
    .init("perplexity", "pp", "lx-", f(48)),
    .init("sendgrid", "S", "G.", f(22), ".", f(43)),
    .init("digitalocean", "do", "p_v1_", h(64)),
    .init("databricks", "da", "pi", h(32)),
    .init("databricks", "da", "pi", h(32), "-2"),
    .init("vault", "hv", "s.", f(90)),
    .init("atlassian", "ATA", "TT3", f(186)),
    .init("linear", "lin_", "api_", f(40)),
    .init("notion", "nt", "n_12345678901", f(35)),
    .init("sentry", "sntr", "yu_", h(64)),
    .init("grafana", "gl", "sa_", f(32), "_", h(8)),
    .init("heroku", "HR", "KU-AA", f(58)),
    .init("postman", "PM", "AK-", h(24), "-", h(34)),
    .init("twilio", "S", "K", h(32)),
    .init("alibaba-id", "LT", "AI", f(20)),
    .init("age", "AGE-SECRET", "-KEY-1", cycle("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
    .init("shopify", "shp", "at_", h(32)),
    .init("feishu-hook", "https://open.feishu.cn/open-apis/bot/v2/hook/", uuid),
    .init("feishu-token", "t-", "g1044fake", f(30)),
    .init("dingtalk-hook", "https://oapi.dingtalk.com/robot/send?access_token=", h(64)),
    .init("dingtalk-sec", "SE", "C", h(64)),
    .init("wecom-hook", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", uuid),
    .init("teams-hook", "webhook.office", ".com/webhookb2/", uuid),
  ]

  static let surroundings: [Sample] = [
    .init("aws-secret", before: "aws_secret_access_key = ", f(40)),
    .init("aws-secret", before: #"\"awsSecretAccessKey\": \""#, f(40), after: #"\""#),
    .init("url-userinfo", before: "postgres://app:", "FAKEpassw0rd", after: "@db.example.org/x"),
    .init("url-userinfo", before: "redis://:", "FAKEpassw0rd", after: "@host"),
    .init("url-userinfo", before: "https://app:", "FAKE@pa\"ssw0rd", after: "@db.example.org/x"),
    .init("url-userinfo", before: #"https:\/\/app:"#, "FAKEpassw0rd", after: #"@db.example.org\/x"#),
    .init("auth-header", before: "Authorization: Bearer ", "FAKE.token.value-123"),
    .init("auth-header", before: "-H 'authorization: Basic ", "RkFLRTpGQUtF", after: "'"),
    .init("auth-header", before: #"{\"Authorization\": \"Bot "#, "FAKE.token.value-123", after: #"\"}"#),
    .init("cookie", before: "-H 'Cookie: ", "session=" + f(20) + "; other=" + f(8), after: "'"),
    .init("assignment", before: "DB_PASSWORD=", "FAKE-hunter2-hunter2"),
    .init("assignment", before: "password: ", "correct-horse-battery-staple"),
    .init("assignment", before: "password: ", "hunter2"),
    .init("assignment", before: "passwd=", "p\u{E4}$$'w0rd!"),
    .init("assignment", before: "password = \"", "pass phrase with \\\" in it", after: "\";"),
    .init("assignment", before: #"\"password\": \""#, "two words", after: #"\", \"a\": 1"#),
    .init("assignment", before: #"{"password":"#, "hunter2", after: #"","x":"y"}"#),
    .init("assignment", before: "let password: String = \"", "two words", after: "\""),
    .init("assignment", before: "config[\"password\"] = '", "two words", after: "'"),
    .init("assignment", before: #""client_secret": ""#, f(25), after: "\""),
    .init("assignment", before: #"\"client_secret\": \""#, f(25), after: #"\""#),
    .init("assignment", before: "clientSecret: '", "abc8Q~" + f(31), after: "'"),
    .init("assignment", before: "export API_KEY=", f(25)),
    .init("assignment", before: "API_KEY=", f(25), after: "(foo)"),
    .init("assignment", before: "https://example.org/?a=b&access_token=", f(25), after: "&c=d"),
    .init("assignment", before: "x-api-key: ", f(700)),
    .init("assignment", before: "api_key: Bearer ", f(25)),
    .init("assignment", before: "let token: String = \"", f(25), after: "\""),
  ]

  /// What no rule may match.
  static let harmless: [String] = [
    "sk-ant-" + "api03-...", "sk-project-settings", "task-" + h(32), "gh" + "p_" + f(35),
    "gh" + "p_" + f(37), "glpat-TOKEN", "xoxb-your", "AK" + "IAFAKE000000000000", "commit = " + h(40),
    "1234567890:" + f(34), "1234567890:" + f(36), "12:30:45:ABCDEF", "com.example.package",
    "pk" + "_live_" + f(24), "npm_config_registry_url", "hf_hub_download", "eyJhbGciOiJIUzI1NiJ9",
    open + "PUBLIC KEY-----", open + "CERTIFICATE-----", "u-turn-ahead-of-the-long-road", "SECTION",
    "https://example.org/a:b@c", "https://user@example.org/x", "Authorization: Bearer <token>",
    "token: true", "max_tokens: 4096", "password = \"${DB_PASSWORD}\"",
    "Merge 3b18e512dba79e4c8300dd08aeb37f8e728b8dad into main",
    "id=123e4567-e89b-12d3-a456-426614174000", "sha512-" + h(86), "Tests passed: 1234 of 1234",
    "https://example.org/path?x=1", "author = \"someone@example.org\"", "let token = try lexer.next()",
    "token_count: 1234567890", "secret_name = com.example.package.ClassName",
    "token_file: /run/secrets/app/token", "token = lexer.nextToken.value", "secret: v1.2.3-beta.1",
    "token: \"https://example.org/token/x\"", "password: <your password here>", "password: null,",
    "password = process.env.PASSWORD", "password = readPassword()", "password: ******",
    "`clientSecret` = AppSecret. And",
    "password_file: /etc/app/secret.txt", "password:\n  type: string", "let password: String",
    "std::token::something_long_enough", "Cookie: the best of them", "api_key: your-api-key",
    "token = make_token_from_stream(x)", "http://localhost:8080/a@b", "u-boot_aws_environment_name",
    #"{"url":"http://localhost:8080","mail":"me@example.org"}"#, "postgres://app:${DB_PASS}@db/x",
  ]
}
