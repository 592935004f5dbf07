import Testing
import Text

struct DisplayEscapedTests {
  @Test(
    "characters that act are shown, others stay",
    arguments: [
      ("plain text\n\tand more", "plain text\n\tand more"),
      ("", ""),
      ("\u{1B}[31mred", "\\u{001B}[31mred"),
      ("a\r\nb\0", "a\\u{000D}\nb\\u{0000}"),
      ("\u{7F}\u{9B}", "\\u{007F}\\u{009B}"),
      ("abc\u{202E}txt.exe\u{2069}", "abc\\u{202E}txt.exe\\u{2069}"),
      ("\u{200E}\u{200F}\u{061C}", "\\u{200E}\\u{200F}\\u{061C}"),
      ("a\u{200B}b\u{FEFF}\u{2060}", "a\\u{200B}b\\u{FEFF}\\u{2060}"),
      ("\u{2028}\u{2029}\u{85}", "\\u{2028}\\u{2029}\\u{0085}"),
      ("\u{E0041}", "\\u{E0041}"),
      ("\u{6F22}\u{5B57} e\u{301} \u{1F600} \u{5D0}", "\u{6F22}\u{5B57} e\u{301} \u{1F600} \u{5D0}"),
    ])
  func escaped(_ text: String, _ expected: String) {
    #expect(displayEscaped(text) == expected)
  }
}
