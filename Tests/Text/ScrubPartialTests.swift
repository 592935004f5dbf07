import Testing
import Text

struct ScrubPartialTests {
  let scrubber = Scrubber()

  /// Checks every prefix of a text: what is shown for it must be the beginning of the final text, and
  /// hence cannot show a byte that is redacted there.
  private func check(_ text: String, _ scrubber: Scrubber) {
    let full = Array(scrubber.scrub(text).text.utf8)
    var shown = 0
    for end in text.unicodeScalars.indices {
      let prefix = String(text.unicodeScalars[..<end])
      let result = scrubber.scrubPartial(prefix)
      guard full.starts(with: result.text.utf8), (0...prefix.utf8.count).contains(result.held) else {
        Issue.record("after \(prefix.debugDescription): \(result.text.debugDescription)")
        return
      }
      shown = max(shown, result.text.utf8.count)
    }
    #expect(shown > 0 || text.utf8.count < 700)
  }

  @Test("a growing text never shows what the whole one hides", arguments: samples)
  func samplesGrow(_ sample: Samples.Sample) {
    check("before \(sample.text) after", scrubber)
    check("{\"a\":\"\(sample.text)\\n\",\"b\":1}", scrubber)
  }

  @Test(
    "nor in difficult cases",
    arguments: [
      "password: 'ab'cd'ef g", "password: <your pass word> x", "password: <hunter2 foo", "token: Bearer ",
      "password: \"no closing quote\nnext line", "let password: Secret = \"a b\" x", "password: Basic abc",
      "https://a:b@c@d/ x", "https://a:8080\", \"b@c\" x", "a \u{1B}]0;title\u{7}b \u{1B}[3", "\u{1B}",
      "\u{1B}] stray text\nx", "password=\\\"a b\\\" x", "Cookie: a=b; c d=e\nx", "12345678 1234567890 x",
    ])
  func difficult(_ text: String) {
    check(text + " " + "gh" + "p_" + Samples.f(40), scrubber)
    check("\u{6F22}" + text, scrubber)
  }

  @Test("tokens longer than the bound, with escape sequences, and exact secrets with spaces")
  func long() {
    check("a eyJ" + Samples.f(1500) + ".eyJ" + Samples.f(20) + "." + Samples.f(700) + " b", scrubber)
    check("a password='" + Samples.f(240) + " " + Samples.f(8) + "' b", scrubber)
    check("a gh" + "p_" + Samples.f(20) + "\u{1B}[1m\u{200B}" + Samples.f(16) + " b", scrubber)
    let exact = Scrubber(exact: ["open sesame please", "open sesame"])
    check("they said open sesame then open sesame please and open  sesame%20please", exact)
    check("they said open%20sesame+please open\\u0020sesame b3BlbiBzZXNhbWUgcGxlYXNl", exact)
  }

  @Test("ordinary text is held back by its last word only")
  func ordinary() {
    #expect(scrubber.scrubPartial("one two three").text == "one two ")
    #expect(scrubber.scrubPartial("one two three").held == 5)
    #expect(scrubber.scrubPartial("one two ").held == 0)
    #expect(scrubber.scrubPartial("\u{6F22}\u{5B57}").held == 0)
    #expect(scrubber.scrubPartial(String(repeating: "a", count: 2000)).held == 600)
    #expect(scrubber.scrubPartial("key: \(Samples.open)RSA PRIVATE KEY-----\na b c\n").text == "key: ")
  }
}
