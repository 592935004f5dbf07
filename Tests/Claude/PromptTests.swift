import JSON
import Testing

@testable import AgentClaude

@Suite struct PromptTests {
  @Test("An @ that would name a file is told from one in an address")
  func escaping() {
    for (text, wanted) in [
      ("look at @.env", "look at \\@.env"), ("@\"a b\"", "\\@\"a b\""), ("(@x)", "(\\@x)"),
      ("mail a@b.c", "mail a@b.c"), ("@ alone", "@ alone"), ("ends with @", "ends with @"),
      ("é@x", "é\\@x"), ("@@x", "\\@\\@x"), ("a\n@/etc/passwd", "a\n\\@/etc/passwd"), ("", ""),
    ] { #expect(ClaudePrompt.escaped(text) == wanted) }
  }

  @Test(
    "Commands and skills are known by their slash, whatever stands before it; paths and harmless ones are none"
  )
  func commands() {
    for (text, name, words) in [
      ("/dep now", "dep", "now"), ("  \n\t/a:b", "a:b", ""), ("/x  y z", "x", " y z"), ("/init", "init", ""),
    ] {
      let found = ClaudePrompt.command(in: text)
      #expect(found?.name == name && found?.words == words, "\(text)")
    }
    for text in [
      "/compact", "/compact keep the names", "/etc/passwd is a file", "no /dep", "/", "/ x", "", "//x",
    ] {
      #expect(ClaudePrompt.command(in: text) == nil, "\(text)")
    }
  }

  @Test("The line is what the program reads, and has the id by which it is echoed")
  func line() throws {
    let prompt = ClaudePrompt("say \"hi\"\n@x", id: "u-1")
    let line = try JSONReader.parse(prompt.line)
    #expect(line["type"]?.string == "user" && line["uuid"]?.string == "u-1")
    #expect(line["message"]?["content"]?.string == "say \"hi\"\n\\@x")
    #expect(!prompt.line.contains(0x0A))
  }
}
