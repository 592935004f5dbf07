import Testing

@testable import Text

struct ScrubberTests {
  let scrubber = Scrubber()

  @Test("every sample is redacted by its rule, bare and in context", arguments: samples)
  func redacted(_ sample: Samples.Sample) {
    for (start, end) in [("", ""), ("before ", " after"), ("\u{6F22}\u{5B57}", "\u{3002}")] {
      let result = scrubber.scrub(start + sample.text + end)
      // A password reaches to the next white space, so the text behind it may go with it.
      #expect(result.rules == [sample.rule])
      #expect(result.text.hasPrefix(start + sample.before + "[redacted:"))
      #expect(end.first != " " || result.text.hasSuffix("]" + sample.after + end))
      #expect(!leaks(sample.secret, in: result.text))
      #expect(result.held == 0)
    }
  }

  @Test("harmless text stays as it is", arguments: Samples.harmless)
  func harmless(_ text: String) {
    for text in [text, "before \(text) after", "(\(text))\n"] {
      #expect(scrubber.scrub(text) == Scrubbed(text: text))
    }
  }

  @Test("edges that hide no token", arguments: ["log\\n", "\\u000a", "a%20", "x%3D", "\\u001b[1;31m", "-"])
  func edges(_ before: String) {
    let text = before + "gh" + "p_" + Samples.f(36)
    #expect(scrubber.scrub(text).text == before + "[redacted:github]")
  }

  @Test("escape sequences and invisible characters hide no token", arguments: samples)
  func hidden(_ sample: Samples.Sample) {
    let secret = sample.secret
    let half = secret.index(secret.startIndex, offsetBy: secret.count / 2)
    for hidden in ["\u{1B}[1;32m", "\u{1B}]8;;http://x\u{7}", "\u{9B}0m", "\u{200B}\u{2060}", "\u{FEFF}"] {
      let broken = secret[..<half] + hidden + secret[half...]
      let result = scrubber.scrub("a \u{1B}[31m" + sample.before + broken + sample.after + "\u{1B}[0m b")
      #expect(result.rules == [sample.rule])
      #expect(!leaks(sample.secret, in: result.text))
    }
  }

  @Test("what a control string contains is redacted too")
  func controlString() {
    let token = "gh" + "p_" + Samples.f(36)
    #expect(!scrubber.scrub("\u{1B}]8;;https://x/\(token)\u{7}link").text.contains("Real2"))
    #expect(!scrubber.scrub("\u{1B}] stray \(token)").text.contains("Real2"))
    #expect(!scrubber.scrub("word\u{1B}[31m\(token)").text.contains("Real2"))
  }

  @Test("overlaps become one redaction with the name of the first rule")
  func overlap() {
    let token = "gh" + "p_" + Samples.f(36)
    #expect(
      scrubber.scrub("GITHUB_TOKEN=\(token) npm_token=\(token)")
        == Scrubbed(
          text: "GITHUB_TOKEN=[redacted:github] npm_token=[redacted:github]", rules: ["github-classic"]))
    let pem = Samples.open + "RSA PRIVATE KEY-----\n\(token)"
    #expect(scrubber.scrub("a \(pem)") == Scrubbed(text: "a [redacted:pem]", rules: ["pem"]))
    #expect(scrubber.scrub("password: [redacted:x]").text == "password: [redacted:assignment]")
  }

  @Test("exact secrets are found in all their forms", arguments: [0, 1, 2, 3])
  func exact(_ number: Int) {
    let secret = ["s3cr\"et/p ss", "plainenough", "\u{E9}t\u{E9}-\u{1F600}-secret", "100%25\\done"][number]
    let scrubber = Scrubber(exact: [secret, "short"])
    let bytes = Array(secret.utf8)
    var forms = [secret]
    forms.append(bytes.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    forms.append(secret.map { $0 == "\"" || $0 == "\\" || $0 == "/" ? "\\\($0)" : "\($0)" }.joined())
    forms.append(
      secret.utf16.map { "\\u" + String(String(0x1_0000 + Int($0), radix: 16).dropFirst()) }.joined())
    for form in forms {
      #expect(
        scrubber.scrub("a\(form)b short") == Scrubbed(text: "a[redacted:exact]b short", rules: ["exact"]))
    }
    for offset in 0...2 {
      for url in [false, true] {
        let around = Base64.inner(Array(repeating: 0x41, count: offset) + bytes + [0x42], offset: 0, url: url)
        let result = scrubber.scrub("(" + String(decoding: around, as: UTF8.self) + ")")
        #expect(result.rules == ["exact"])
        #expect(result.text.utf8.count <= "([redacted:exact])".utf8.count + 6)
      }
    }
  }

  @Test("every shape can be read, and the table is not cut short")
  func table() {
    for shape in ScrubShape.all {
      #expect(ScrubPattern.lines(shape.pattern)?.isEmpty == false, "\(shape.name)")
    }
    for malformed in ["a(", "a(?:b", "a)b", "a{3", "[z-a]", "a{5,2}"] {
      #expect(ScrubPattern.lines(malformed) == nil, "\(malformed)")
    }
  }

  @Test(
    "no text takes more than linear work",
    arguments: [
      "sk-", "sk-ant-api03-", "eyJ", "-eyJ", "-eyJ0123456789.", "-----BEGIN ", "password=", "token=",
      "token=/", "token: ", "a", "://", "x://a:", "-", "=", ": ", "password=\"", "password='a b", "cookie:a=",
      "authorization: bearer ", "xapp-1-A-1-", "12345678:", "aws secret =", "\u{1B}]", "\u{1B}[", "/glrt-",
      "https://discord", "password=<", "password=a()", "password:\n", "token=\\", "\u{200B}", "@:",
      "eyJaaaaaaaaaa..", "password: String = ",
    ])
  func linear(_ piece: String) {
    let small = String(repeating: piece, count: 16_384 / piece.utf8.count)
    let large = String(repeating: piece, count: 131_072 / piece.utf8.count)
    #expect(scrubber.work(large) <= 40 * large.utf8.count)
    #expect(scrubber.work(large) <= 9 * scrubber.work(small) + 1000)
  }
}

let samples = Samples.providers + Samples.surroundings

/// Whether a text shows six or more bytes of a secret.
func leaks(_ secret: String, in text: String) -> Bool {
  let secret = Array(secret.utf8)
  // The name of the rule may be a part of the token.
  let text = text.split(separator: "[redacted:").enumerated().flatMap { index, part in
    index == 0 && !text.hasPrefix("[redacted:") ? Array(part.utf8) : Array(part.utf8.drop { $0 != 0x5D })
  }
  guard secret.count >= 6, text.count >= 6 else { return false }
  var pieces: Set<ArraySlice<UInt8>> = []
  for start in 0...(secret.count - 6) { pieces.insert(secret[start..<(start + 6)]) }
  return (0...(text.count - 6)).contains { pieces.contains(text[$0..<($0 + 6)]) }
}
