import Testing

@testable import Mail

@Suite struct TrustTests {
  private static let rules = MailVerdict.Rules(
    own: "bot@example.org", servers: ["mx.example.org"], secret: "s3cret", isEqual: { $0 == $1 })

  private func verdict(_ header: String, _ rules: MailVerdict.Rules = rules) throws -> MailVerdict {
    MailVerdict(try MailHeader(bytes(header)[...]), rules)
  }

  private func isTrusted(_ verdict: MailVerdict) -> Bool {
    if case .trusted = verdict { true } else { false }
  }

  @Test(arguments: [
    "mx.example.org; dmarc=pass header.from=a.org", "mx.example.org; dmarc=pass (p=none) header.from=A.ORG",
    "MX.Example.Org 1; spf=fail smtp.mailfrom=x@y; dkim=pass header.d=a.org header.s=s",
    "mx.example.org; dkim=fail header.d=a.org; dkim=pass header.i=@a.org",
    "mx.example.org; dkim = pass header.d = a.org",
    "mx.example.org; dmarc=none header.from=a.org; dkim=pass header.d=a.org",
    "mx.example.org; dkim/1=pass header.d=\"a.org\"",
    "mx.example.org; auth=pass (PLAIN) smtp.auth=ann@a.org",
  ])
  func trusted(results: String) throws {
    let header = "Authentication-Results: \(results)\nFrom: Ann <ann@a.org>\nSubject: x"
    #expect(isTrusted(try verdict(header)))
    // A domain above vouches for one below.
    let below = "Authentication-Results: \(results)\nFrom: ann@b.a.org"
    if !results.hasPrefix("mx.example.org; auth") { #expect(isTrusted(try verdict(below))) }
  }

  @Test(arguments: [
    "mx.evil.org; dmarc=pass header.from=a.org",
    "mx.example.org; dmarc=fail header.from=a.org; dkim=pass header.d=a.org",
    "mx.example.org; dmarc=pass header.from=b.org", "mx.example.org; dkim=pass header.d=evil.org",
    "mx.example.org; none",
    "mx.example.org; dkim=pass header.d=sub.a.org", "mx.example.org; dkim=pass header.d=org",
    "mx.example.org; spf=pass smtp.mailfrom=ann@a.org",
    "mx.example.org; dkim=pass header.d=xa.org", "mx.example.org (; dmarc=pass header.from=a.org",
    "mx.example.org; dmarc=pass",
    "mx.example.org; dkim=pass header.d=evil.org header.d=a.org",
    "mx.example.org; x=(dmarc=pass header.from=a.org)",
    "\"mx.example.org; dmarc=pass header.from=a.org", "mx.example.org; dkim=pass reason=\"header.d=a.org\"",
    "",
    "mx.example.org; dkim=neutral header.d=a.org", "mx.example.org; auth=pass smtp.auth=eve@a.org",
    "mx.example.org x y; dmarc=pass header.from=a.org",
  ])
  func notTrusted(results: String) throws {
    #expect(!isTrusted(try verdict("Authentication-Results: \(results)\nFrom: Ann <ann@a.org>")))
  }

  @Test func onlyTheTopmostCounts() throws {
    let good = "Authentication-Results: mx.example.org; dmarc=pass header.from=a.org"
    #expect(!isTrusted(try verdict("Authentication-Results: mx.example.org; none\n\(good)\nFrom: ann@a.org")))
    #expect(!isTrusted(try verdict("Authentication-Results: other.net; none\n\(good)\nFrom: ann@a.org")))
    #expect(isTrusted(try verdict("\(good)\nAuthentication-Results: other.net; none\nFrom: ann@a.org")))
  }

  @Test(arguments: [
    "From: ann@a.org, eve@evil.org", "From: ann@a.org\nFrom: eve@evil.org",
    "From: \"ann@a.org\" <eve@evil.org>", "From: ann@a.org <eve@evil.org>",
    "From: <ann@a.org> <eve@evil.org>", "X: y", "From:", "From: g: ann@a.org, b@c;", "Sender: ann@a.org",
  ])
  func exactlyOneSender(from: String) throws {
    #expect(
      !isTrusted(try verdict("Authentication-Results: mx.example.org; dmarc=pass header.from=a.org\n\(from)"))
    )
  }

  @Test(arguments: [
    "Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated (x)", "Return-Path: <>", "List-Id: <x.y>",
    "List-Unsubscribe: <u>",
    "Precedence: bulk", "Precedence: List", "X-Autoreply: yes", "Mailing-List: x",
  ])
  func loops(field: String) throws {
    let header =
      "\(field)\nAuthentication-Results: mx.example.org; dmarc=pass header.from=a.org\nFrom: ann@a.org"
    #expect(!isTrusted(try verdict(header)))
    // … even where the secret was used.
    #expect(!isTrusted(try verdict("To: bot+s3cret@example.org\n\(header)")))
  }

  @Test(arguments: [
    "mailer-daemon@a.org", "MAILER-DAEMON@a.org", "postmaster@a.org", "no-reply@a.org", "noreply@a.org",
    "no_reply@a.org",
  ])
  func nobodyAnswers(from: String) throws {
    #expect(
      !isTrusted(
        try verdict("Authentication-Results: mx.example.org; dmarc=pass header.from=a.org\nFrom: \(from)")))
  }

  @Test func ourselves() throws {
    let header =
      "Authentication-Results: mx.example.org; dmarc=pass header.from=example.org\nFrom: Bot@Example.org"
    #expect(!isTrusted(try verdict(header)))
    #expect(
      isTrusted(
        try verdict(
          "Auto-Submitted: no\nPrecedence: normal\nReturn-Path: <a@a.org>\n" + replaced(header, "Bot", "ann"))
      ))
  }

  @Test(arguments: ["To", "Cc", "Delivered-To", "X-Original-To"])
  func secretAddress(field: String) throws {
    #expect(isTrusted(try verdict("\(field): x@y, Bot <BOT+s3cret@example.org>\nFrom: ann@a.org")))
    for wrong in [
      "bot+S3cret@example.org", "bot@example.org", "bot+@example.org", "bot+s3cret@evil.org",
      "x+s3cret@example.org", "s3cret",
    ] {
      #expect(!isTrusted(try verdict("\(field): \(wrong)\nFrom: ann@a.org")))
    }
    var none = Self.rules
    none.secret = nil
    #expect(!isTrusted(try verdict("\(field): bot+@example.org\nFrom: ann@a.org", none)))
  }

  @Test func nothingConfigured() throws {
    let rules = MailVerdict.Rules(own: "bot@example.org", servers: [], secret: nil, isEqual: { $0 == $1 })
    #expect(
      !isTrusted(
        try verdict(
          "Authentication-Results: mx.example.org; dmarc=pass header.from=a.org\nFrom: ann@a.org", rules)))
  }

  @Test func bounce() throws {
    let mail = """
      From: MAILER-DAEMON@mx.example.org
      Return-Path: <>
      Content-Type: multipart/report; report-type=delivery-status; boundary="b"

      --b

      It did not work.
      --b
      Content-Type: message/delivery-status

      Reporting-MTA: dns; mx.example.org

      Final-Recipient: rfc822; nobody@a.org
      Action: failed
      Status: 5.1.1
      Diagnostic-Code: smtp; 550 5.1.1 no such user
      --b
      Content-Type: message/rfc822

      Message-ID: <agim.1@example.org>
      Subject: x

      body
      --b--
      """
    let (head, body) = MailHeader.split(bytes(mail)[...])
    let header = try MailHeader(head)
    #expect(MailVerdict(header, Self.rules) == .bounce)
    let report = try #require(BounceReport(header: header, body: body))
    #expect(report.messageID == "agim.1@example.org")
    #expect(
      report.recipients == [
        BounceReport.Recipient(
          address: "nobody@a.org", action: "failed", status: "5.1.1", words: "550 5.1.1 no such user")
      ])
  }
}
