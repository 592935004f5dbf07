import Testing

@testable import Admin

@Suite struct DescribedTests {
  private let listing = """
    -a\t--all\t\tlist, show: finished rows too
    \t--json\t\tone JSON object a line
    -n\t\tCOUNT\tnot a verb: how many
    \t\tlist\trows that are not finished
    \t\tshow ID\tall of one
    \t\tAGENT...\ttake messages for this agent
    \t\t\tLook after the journal.

    """

  @Test("a listing says options with the subcommands they belong to, operands and what the command does")
  func read() throws {
    let command = try #require(Described("agim-queue", listing: listing))
    #expect(command.summary == "Look after the journal.")
    #expect(command.options.map(\.short) == ["-a", "", "-n"])
    #expect(command.options.map(\.long) == ["--all", "--json", ""])
    #expect(command.options.map(\.argument) == ["", "", "COUNT"])
    #expect(command.options.map(\.verbs) == [["list", "show"], [], []])
    #expect(command.verbs == ["list", "show"])
    #expect(command.operands.map(\.rest) == ["", "ID", "AGENT..."])
  }

  @Test(
    "what is no listing is none",
    arguments: ["", "usage: x\n", "a\tb\tc\n", "\u{0}\u{0}\n", "a\tb\tc\td\te\n"])
  func garbage(_ text: String) {
    #expect(Described("x", listing: text) == nil)
  }

  @Test("words of a script are quoted for each shell")
  func quoted() {
    #expect(Completion.quoted("it's $(x) `y`") == "'it'\\''s $(x) `y`'")
    #expect(Completion.fish("it's \\ $(x)") == "'it\\'s \\\\ $(x)'")
  }

  @Test("another shell is refused with the nearest")
  func shells() throws {
    let command = try #require(Described("agim", listing: listing))
    for shell in Completion.shells {
      #expect(try !Completion.script(for: shell, front: command, commands: []).isEmpty)
    }
    #expect(throws: (any Error).self) { try Completion.script(for: "tcsh", front: command, commands: []) }
  }
}
