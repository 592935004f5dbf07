import JSON
import Testing
import WebhookSource

@Suite struct WebhookProofTests {
  /// The vector that the libraries of Standard Webhooks are tested with.
  private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  private let body = Array(#"{"test": 2432232314}"#.utf8)
  private let headers = [
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  ]
  private let now: Int64 = 1_614_265_330_000

  private func verdict(
    _ scheme: WebhookScheme, _ secret: String, _ headers: [String: String], _ body: [UInt8], now: Int64 = 0,
    header: String? = nil
  ) throws -> WebhookProof.Verdict {
    let proof = try #require(WebhookProof(scheme, secret: secret, header: header))
    return try proof.check({ headers[$0] }, body, now: now)
  }

  private func isRefused(_ verdict: WebhookProof.Verdict) -> Bool {
    if case .refused = verdict { true } else { false }
  }

  @Test func standard() throws {
    let good = WebhookProof.Verdict.genuine(id: "msg_p5jXN8AQM9LWM0D4loKWxJek")
    #expect(try verdict(.standard, secret, headers, body, now: now) == good)
    for drift: Int64 in [-300_000, 300_000] {
      #expect(try verdict(.standard, secret, headers, body, now: now + drift) == good)
    }
    for drift: Int64 in [-301_000, 301_000] {
      #expect(isRefused(try verdict(.standard, secret, headers, body, now: now + drift)))
    }
    for (name, value) in [
      ("webhook-id", "msg_other"), ("webhook-id", ""), ("webhook-timestamp", "1614265331"),
      ("webhook-timestamp", "x"), ("webhook-timestamp", "-1614265330"), ("webhook-signature", ""),
      ("webhook-signature", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
      ("webhook-signature", "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
      ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1Oe="), ("webhook-signature", "v1,"),
    ] {
      var changed = headers
      changed[name] = value
      #expect(isRefused(try verdict(.standard, secret, changed, body, now: now)))
      changed[name] = nil
      #expect(isRefused(try verdict(.standard, secret, changed, body, now: now)))
    }
    #expect(isRefused(try verdict(.standard, secret, headers, body + [0x20], now: now)))
    #expect(isRefused(try verdict(.standard, String(secret.dropFirst(6)), headers, body, now: now)))
    #expect(WebhookProof(.standard, secret: "whsec_", header: nil) == nil)
    #expect(WebhookProof(.standard, secret: "whsec_%%%%", header: nil) == nil)
  }

  @Test func github() throws {
    // GitHub's own example.
    let digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    let secret = "It's a Secret to Everybody"
    let body = Array("Hello, World!".utf8)
    let headers = ["x-hub-signature-256": "sha256=\(digest)", "x-github-delivery": "1"]
    #expect(try verdict(.github, secret, headers, body) == .genuine(id: digest))
    #expect(isRefused(try verdict(.github, secret, headers, body + [0x0A])))
    #expect(isRefused(try verdict(.github, secret + "!", headers, body)))
    #expect(isRefused(try verdict(.github, secret, ["x-hub-signature": "sha1=\(digest)"], body)))
    #expect(isRefused(try verdict(.github, secret, ["x-hub-signature-256": digest], body)))
  }

  @Test func slack() throws {
    // The example of Slack's documentation.
    let body = """
      token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
      &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
      &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554\
      %2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c
      """
    let sum = "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    let headers = ["x-slack-request-timestamp": "1531420618", "x-slack-signature": "v0=\(sum)"]
    let secret = "8f742231b10e8888abcd99yyyzzz85a5"
    let now: Int64 = 1_531_420_618_000
    for drift: Int64 in [-300_000, 0, 300_000] {
      #expect(
        try verdict(.slack, secret, headers, Array(body.utf8), now: now + drift) == .genuine(id: sum))
    }
    for drift: Int64 in [-301_000, 301_000] {
      #expect(isRefused(try verdict(.slack, secret, headers, Array(body.utf8), now: now + drift)))
    }
    #expect(isRefused(try verdict(.slack, secret, headers, Array(body.utf8) + [0x20], now: now)))
    #expect(isRefused(try verdict(.slack, secret + "x", headers, Array(body.utf8), now: now)))
    for (name, value) in [
      ("x-slack-signature", sum), ("x-slack-signature", "v0=\(sum.dropLast())"), ("x-slack-signature", ""),
      ("x-slack-request-timestamp", "1531420619"), ("x-slack-request-timestamp", "-1"),
      ("x-slack-request-timestamp", ""),
    ] {
      var changed = headers
      changed[name] = value
      #expect(isRefused(try verdict(.slack, secret, changed, Array(body.utf8), now: now)))
      changed[name] = nil
      #expect(isRefused(try verdict(.slack, secret, changed, Array(body.utf8), now: now)))
    }
  }

  @Test(
    "Slack's other vectors",
    arguments: [
      (
        #"{"type":"url_verification","challenge":"challenge-1","token":"x"}"#,
        "5301734c7dace42908886cebf7d0cdb224f0c3280fc4aa45422dbf3ad2e5786d"
      ),
      (
        "payload=%7B%22type%22%3A%22block_actions%22%7D",
        "da2ef08c588ee030aa98aeae4f1508b760e490c542a3820b3ab8582166652e29"
      ), ("", "a5b43b014ed473febe5f6cc6ec6d9feed6b12bd87f831b83d37733c38cf4c51c"),
    ])
  func slackVectors(body: String, sum: String) throws {
    let headers = ["x-slack-request-timestamp": "1700000000", "x-slack-signature": "v0=\(sum)"]
    let secret = "0123456789abcdef0123456789abcdef"
    #expect(
      try verdict(.slack, secret, headers, Array(body.utf8), now: 1_700_000_000_000) == .genuine(id: sum))
  }

  @Test func token() throws {
    let secret = "a secret of some length"
    let good = ["authorization": "Bearer \(secret)"]
    #expect(try verdict(.token, secret, good, body) == .genuine(id: nil))
    #expect(
      try verdict(.token, secret, good.merging(["idempotency-key": "7"]) { $1 }, body) == .genuine(id: "7"))
    #expect(isRefused(try verdict(.token, secret, ["authorization": secret], body)))
    #expect(isRefused(try verdict(.token, secret, ["authorization": "Basic \(secret)"], body)))
    #expect(isRefused(try verdict(.token, secret, ["authorization": "Bearer"], body)))
    #expect(isRefused(try verdict(.token, secret, [:], body)))
    #expect(
      try verdict(.token, secret, ["x-own": secret], body, header: "X-Own") == .genuine(id: nil))
    #expect(isRefused(try verdict(.token, secret, good, body, header: "X-Own")))
  }
}

@Suite struct WebhookTemplateTests {
  private let alert = #"""
    {"status": "firing", "count": 2.50, "ok": true, "none": null, "tags": ["a", "b"], "deep": {"er": [[1, 2], [3]]},
     "a.b": "no", "alerts": [{"labels": {"severity": "critical", "team": "数据"}}, {"labels": {}}]}
    """#

  private func text(_ template: String) throws -> String {
    try WebhookTemplate(template).text(try JSONReader.parse(alert)) { $0 == "x-event" ? "push" : nil }
  }

  @Test(arguments: [
    ("plain", "plain"), ("", ""), ("{{.status}}!", "firing!"), ("{{ .status }}", "firing"),
    ("{{.count}}", "2.50"),
    ("{{.ok}}", "true"), ("{{.none}}", ""), ("{{.missing.member}}", ""), ("{{.tags}}", #"["a","b"]"#),
    ("{{.tags[1]}}{{.tags[2]}}", "b"), ("{{.deep.er[0][1]}}", "2"), ("{{.alerts[0].labels.team}}", "数据"),
    ("{{range .alerts}}<{{.labels.severity}}>{{end}}", "<critical><>"),
    ("{{range .tags}}{{.}},{{end}}", "a,b,"),
    ("{{range .deep.er}}{{range .}}{{.}}{{end}};{{end}}", "12;3;"), ("{{range .status}}x{{end}}", ""),
    ("{{header X-Event}} {{header nothing}}", "push "), ("{ {{.status}} } }}", "{ firing } }}"),
    ("{{.deep}}", #"{"er":[[1,2],[3]]}"#),
  ])
  func written(template: String, expected: String) throws { #expect(try text(template) == expected) }

  @Test(arguments: [
    "{{", "{{.x", "{{x}}", "{{}}", "{{.x.}}", "{{..x}}", "{{.x[}}", "{{.x[1}}", "{{.x[-1]}}", "{{.x[a]}}",
    "{{.x[1]y}}", "{{range .x}}", "{{end}}", "{{range x}}{{end}}", "{{if .x}}", "{{.x .y}}",
    "{{range .x}}{{end}}{{end}}",
    "{{range .a}}{{range .b}}{{range .c}}{{range .d}}{{range .e}}{{end}}{{end}}{{end}}{{end}}{{end}}",
  ])
  func refused(template: String) {
    #expect(throws: WebhookTemplate.Fault.self) { try WebhookTemplate(template) }
  }

  @Test func doesNotGrowWithoutEnd() throws {
    let many = "[" + [String](repeating: "0", count: 2000).joined(separator: ",") + "]"
    let value = try JSONReader.parse(#"{"a": \#(many), "t": "\#(String(repeating: "x", count: 2000))"}"#)
    let template = try WebhookTemplate("{{range .a}}0123456789012345678901234567890123456789{{end}}{{.a}}")
    let nested = try WebhookTemplate("{{range .a}}" + String(repeating: "y", count: 2000) + "{{end}}")
    #expect(template.text(value, header: { _ in nil }).utf8.count < 1 << 20)
    let made = nested.text(value, header: { _ in nil }).utf8.count
    #expect(made >= 1 << 20)
    #expect(made < (1 << 20) + 4000)
  }
}
