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
