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
    var passes = try passes(#"{"rawInput":{"command":"touch a b"}}"#)
    let twice = (0..<2).map { _ in passes.take(command: "touch a b", arguments: []) }
    #expect(twice == [true, false])
    for (command, arguments) in [("/bin/sh", ["-lc", "touch a b"]), ("touch", ["a", "b"])] {
      #expect(try lets(#"{"rawInput":{"command":"touch a b"}}"#, command, arguments))
    }
  }

  private func lets(_ call: String, _ command: String, _ arguments: [String] = []) throws -> Bool {
    var passes = try passes(call)
    return passes.take(command: command, arguments: arguments)
  }

  @Test(
    "Anything else is not",
    arguments: [
      ("touch a", []), ("touch a b ", []), ("/bin/sh", ["-c", "touch a b", "x"]), ("touch", ["a b"]),
      ("./sh", ["-c", "touch a b"]), ("/bin/sh", ["-x", "touch a b"]),
    ] as [(String, [String])])
  func otherCommands(_ command: String, _ arguments: [String]) throws {
    #expect(try !lets(#"{"rawInput":{"command":"touch a b"}}"#, command, arguments))
  }

  @Test("A line that a shell reads in another way is no list of words")
  func special() throws { #expect(try !lets(#"{"rawInput":{"command":"echo $HOME"}}"#, "echo", ["$HOME"])) }

  @Test("A command elsewhere, or with variables, is not let through")
  func elsewhere() throws {
    #expect(try !lets(#"{"rawInput":{"command":"ls","cwd":"/x"}}"#, "ls"))
    #expect(try !lets(#"{"rawInput":{"command":"ls","env":{"A":"b"}}}"#, "ls"))
  }

  @Test("A file is let through with the text that was shown, once, and no other")
  func files() throws {
    var passes = try passes(
      #"{"content":[{"type":"diff","path":"/w/f","oldText":"a","newText":"shown"}]}"#)
    let tries = [("/w/g", "shown"), ("/w/f", "other"), ("/w/f", "before\nshown\nafter"), ("/w/f", "shown")]
    let taken = tries.map { passes.take(file: $0.0, content: $0.1) }
    #expect(taken == [false, false, true, false])
  }

  @Test("A relative path is one of the work directory")
  func relative() throws {
    var passes = try passes(#"{"rawInput":{"tool":"write_file","arguments":{"path":"f","content":"x"}}}"#)
    let isTaken = passes.take(file: "/w/f", content: "x")
    #expect(isTaken)
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
