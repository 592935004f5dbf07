import JSON
import Testing

@testable import AgentACP

private func object(_ text: String) throws -> JSONObject {
  try #require(try JSONReader.parse(Array(text.utf8)).object)
}

@Suite struct PassTests {
  private func passes(_ call: String) throws -> ACPPasses {
    var passes = ACPPasses()
    passes.add(try object(call), workdir: "/w")
    return passes
  }

  @Test("A command is let through once, as a line, to a shell, or in its own words")
  func commands() throws {
    let call = #"{"rawInput":{"command":"touch a b"}}"#
    var one = try passes(call)
    #expect(one.take(command: "touch a b", arguments: []))
    #expect(!one.take(command: "touch a b", arguments: []))
    for (command, arguments) in [("/bin/sh", ["-lc", "touch a b"]), ("touch", ["a", "b"])] {
      var passes = try passes(call)
      #expect(passes.take(command: command, arguments: arguments))
    }
  }

  @Test(
    "Anything else is not",
    arguments: [
      ("touch a", []), ("touch a b ", []), ("/bin/sh", ["-c", "touch a b", "x"]), ("touch", ["a b"]),
      ("./sh", ["-c", "touch a b"]), ("/bin/sh", ["-x", "touch a b"]),
    ] as [(String, [String])])
  func otherCommands(_ command: String, _ arguments: [String]) throws {
    var passes = try passes(#"{"rawInput":{"command":"touch a b"}}"#)
    #expect(!passes.take(command: command, arguments: arguments))
  }

  @Test("A line that a shell reads in another way is no list of words")
  func special() throws {
    var passes = try passes(#"{"rawInput":{"command":"echo $HOME"}}"#)
    #expect(!passes.take(command: "echo", arguments: ["$HOME"]))
  }

  @Test("A command elsewhere, or with variables, is not let through")
  func elsewhere() throws {
    for call in [
      #"{"rawInput":{"command":"ls","cwd":"/x"}}"#, #"{"rawInput":{"command":"ls","env":{"A":"b"}}}"#,
    ] {
      var passes = try passes(call)
      #expect(!passes.take(command: "ls", arguments: []))
    }
  }

  @Test("A file is let through with the text that was shown, and no other")
  func files() throws {
    let diff = #"{"content":[{"type":"diff","path":"/w/f","oldText":"a","newText":"shown"}]}"#
    var one = try passes(diff)
    #expect(!one.take(file: "/w/g", content: "shown"))
    #expect(!one.take(file: "/w/f", content: "other"))
    #expect(one.take(file: "/w/f", content: "before\nshown\nafter"))
    #expect(!one.take(file: "/w/f", content: "shown"))
    var relative = try passes(#"{"rawInput":{"tool":"write_file","arguments":{"path":"f","content":"x"}}}"#)
    #expect(relative.take(file: "/w/f", content: "x"))
  }
}

@Suite struct TextTests {
  private func text(_ pieces: [(String, String?)], limit: Int = 1000) -> String {
    var text = ACPText(limit: limit)
    for (piece, id) in pieces { if piece == "|" { text.endPart() } else { text.add(piece, of: id) } }
    return text.whole
  }

  @Test("Parts stand apart by one blank line, whoever puts it there")
  func parts() {
    #expect(
      text([("I will ", nil), ("look.", nil), ("|", nil), ("Done", nil), (".", nil)])
        == "I will look.\n\nDone.")
    #expect(text([("Look.\n", nil), ("|", nil), ("\n\nDone", nil)]) == "Look.\n\nDone")
    #expect(text([("one", "a"), (" two", "a"), ("three", "b")]) == "one two\n\nthree")
    #expect(text([("|", nil), ("\n", nil), ("x", nil), ("|", nil)]) == "x")
  }

  @Test("What is too much is left out at the end of a character, and said")
  func limits() {
    #expect(text([("aa€€", nil)], limit: 7) == "aa€\n\n[… 1 bytes more than the limit of 7 were left out]")
  }
}

@Suite struct LineTests {
  @Test(
    "Lines are counted from 1",
    arguments: [
      (nil, nil, "a\nb\nc"), (1, 1, "a\n"), (2, nil, "b\nc"), (3, 5, "c"), (4, nil, ""), (nil, 0, ""),
    ] as [(Int?, Int?, String)])
  func lines(_ line: Int?, _ limit: Int?, _ expected: String) {
    #expect(ACPTurn.lines("a\nb\nc", from: line, limit) == expected)
  }

  @Test("A part is found in one pass")
  func contains() {
    #expect(ACPWords.contains(Array("aabaabaaf".utf8), Array("aabaaf".utf8)))
    #expect(!ACPWords.contains(Array("aabaabaa".utf8), Array("aabaaf".utf8)))
    #expect(ACPWords.contains([], []) && !ACPWords.contains([], [1]))
  }
}
