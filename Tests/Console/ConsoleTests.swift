import System
import Testing

@testable import Console

private let options = [
  Option("v", "verbose", help: "say more"),
  Option("t", "target", "TARGET", help: "where to"),
  Option("n", "", "COUNT", help: "how often"),
  Option(nil, "dry-run", help: "do nothing"),
  Option("j", "jobs", "N", help: "at once"),
]

private func parse(
  _ words: [String], _ order: OptionOrder = .anywhere, startsProgram: Bool = false
) throws -> Arguments {
  try OptionParser(options: options, order: order, startsProgram: startsProgram).parse(words)
}

private func failure<Result>(_ body: () throws -> Result) -> Failure? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? Failure
  }
}

@Suite struct OptionTests {
  @Test(
    "arguments are taken stuck or separate, the last of an option counts and all are kept",
    arguments: [
      ["-t", "a", "-t", "b", "x"], ["-ta", "-tb", "x"], ["--target", "a", "--target=b", "x"],
      ["x", "-ta", "--target", "b"], ["-vta", "-v", "--target=b", "x"], ["-ta", "-tb", "--", "x"],
    ])
  func forms(_ words: [String]) throws {
    let arguments = try parse(words)
    #expect(arguments.all("target") == ["a", "b"])
    #expect(arguments.value("target") == "b")
    #expect(arguments.operands == ["x"])
    #expect(arguments.has("verbose") == words.contains { $0.hasPrefix("-v") })
    #expect(!arguments.has("dry-run"))
    #expect(arguments.value("jobs") == nil && arguments.all("jobs").isEmpty)
  }

  @Test(
    "arguments may be empty, begin with a dash or hold an equals sign, and options may have only a letter")
  func odd() throws {
    #expect(try parse(["--target="]).value("target") == "")
    #expect(try parse(["--target", ""]).value("target") == "")
    #expect(try parse(["-t", ""]).value("target") == "")
    #expect(try parse(["--target=a=b"]).value("target") == "a=b")
    #expect(try parse(["--target=\u{301}a"]).value("target").map { Array($0.utf8) } == Array("\u{301}a".utf8))
    #expect(try parse(["-t", "-v"]).value("target") == "-v")
    #expect(try parse(["-t", "--"]).value("target") == "--")
    #expect(try parse(["-t-"]).value("target") == "-")
    #expect(try parse(["-n5"]).value("n") == "5")
    #expect(try parse(["-", "", "a b"]).operands == ["-", "", "a b"])
    #expect(try parse([]).operands.isEmpty)
  }

  @Test("two dashes end the options; behind them may stand a program")
  func dashes() throws {
    #expect(try parse(["a", "--", "-v", "--", "x"]).operands == ["a", "-v", "--", "x"])
    #expect(try !parse(["--", "-v"]).has("verbose"))
    let program = try parse(["a", "--", "sh", "-c", "--", "x"], startsProgram: true)
    #expect(program.operands == ["a"])
    #expect(program.program == ["sh", "-c", "--", "x"])
    #expect(try parse(["a", "--"], startsProgram: true).program == [])
    #expect(try parse(["a"], startsProgram: true).program == nil)
  }

  @Test("where operands are text, options end at the first of them")
  func order() throws {
    let text = try parse(["-v", "ops", "-t", "--nonsense", "x"], .beforeOperands)
    #expect(text.operands == ["ops", "-t", "--nonsense", "x"])
    #expect(text.has("verbose") && !text.has("target"))
    #expect(try parse(["ops", "-t", "a", "x"], .anywhere).value("target") == "a")
    #expect(try parse(["--", "-v"], .beforeOperands).operands == ["-v"])
  }

  @Test("options may follow a verb, until two dashes")
  func verbs() throws {
    let command = Command(
      name: "agim-test", summary: "", usage: [""], options: options, order: .beforeOperands,
      body: { _ in .ok })
    func words(_ words: [String]) throws -> Arguments {
      try command.reparse(
        OptionParser(options: command.options, order: .beforeOperands, startsProgram: false).parse(words),
        after: 1, order: .beforeOperands)
    }
    let both = try words(["-ta", "-v", "set", "-tb", "x", "-v"])
    #expect(both.operands == ["x", "-v"])
    #expect(both.all("target") == ["b"] && both.has("verbose"))
    #expect(try words(["set", "--", "-v"]).operands == ["-v"])
    #expect(try words(["set", "-v", "--", "-x"]).operands == ["-x"])
    #expect(try words(["--", "set", "-x"]).operands == ["-x"])
    #expect(try words(["set"]).operands.isEmpty)
    #expect(failure { try words(["set", "-x"]) }?.code == .usage)
    let anywhere = try command.reparse(
      parse(["set", "x", "-v", "--", "-y"], .beforeOperands), after: 1, order: .anywhere)
    #expect(anywhere.operands == ["x", "-y"] && anywhere.has("verbose"))
  }

  @Test(
    "what is wrong is named, with what was probably meant",
    arguments: [
      (["--verbos"], "unknown option --verbos: did you mean --verbose?"),
      (["--dryrun"], "unknown option --dryrun: did you mean --dry-run?"),
      (["--taregt=a"], "unknown option --taregt: did you mean --target?"),
      (["--something"], "unknown option --something"), (["-vx"], "unknown option -x"),
      (["--=a"], "unknown option --"), (["--n", "1"], "unknown option --n"),
      (["--target"], "option --target needs an argument: TARGET"),
      (["-vt"], "option -t needs an argument: TARGET"), (["-n"], "option -n needs an argument: COUNT"),
      (["--verbose=yes"], "option --verbose takes no argument"),
      (["--dry-run="], "option --dry-run takes no argument"),
    ] as [([String], String)])
  func wrong(_ words: [String], _ text: String) {
    let found = failure { try parse(words) }
    #expect(found?.code == .usage)
    #expect(found?.description == text)
  }

  @Test("numbers are whole and within their limits")
  func numbers() throws {
    #expect(try parse([]).number("jobs", in: 1...9) == nil)
    for (text, number) in [("1", 1), ("9", 9), ("+5", 5)] {
      #expect(try parse(["-j", text]).number("jobs", in: 1...9) == number)
    }
    for text in ["0", "10", "", "x", "1.5", " 1", "99999999999999999999"] {
      let found = failure { try parse(["--jobs=\(text)"]).number("jobs", in: 1...9) }
      #expect(found?.description == "option --jobs: '\(text)' is not a whole number from 1 to 9")
    }
  }
}

@Suite struct NearestTests {
  @Test(
    "the nearest name is found where one is near",
    arguments: [
      ("telegrm", "telegram"), ("tleegram", "telegram"), ("Telegram", "telegram"), ("slck", "slack"),
      ("slackk", "slack"), ("lin", "line"), ("liine", "line"), ("q", "qq"), ("feishu", "feishu"),
      ("matrix", nil), ("", nil), ("telephone", nil), ("ll", nil),
    ] as [(String, String?)])
  func matches(_ word: String, _ name: String?) {
    #expect(Nearest.match(word, among: ["telegram", "slack", "line", "feishu", "qq"]) == name)
  }

  @Test("a distance counts changes and swaps, is the same both ways, and of equals the first wins")
  func distances() {
    for (one, other, distance) in [
      ("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("ab", "ba", 1), ("abcd", "badc", 2),
      ("ca", "abc", 3),
    ] {
      #expect(Nearest.distance(one, other) == distance)
      #expect(Nearest.distance(other, one) == distance)
    }
    #expect(Nearest.match("cat", among: ["car", "bat"]) == "car")
    #expect(Nearest.match("cat", among: []) == nil)
  }
}

@Suite struct CommandTests {
  private func command(_ body: @escaping @Sendable (Arguments) throws -> ExitCode) -> Command {
    Command(
      name: "agim-test", summary: "tests commands", usage: ["[-v] FILE…", ""], options: options,
      operands: [("FILE", "what to read")], body: body)
  }

  @Test("help, version and the table of options need nothing else and do nothing else")
  func help() {
    let command = command { _ in .software }
    for words in [["--help"], ["-h"], ["x", "-h", "--version"], ["--version"], ["--help-options"], ["-vh"]] {
      #expect(command.run(words) == .ok)
    }
    #expect(command.run(["--", "--help"]) == .software)
    #expect(command.run(["--help", "--nonsense"]) == .usage)
    #expect(
      command.helpText == """
        usage: agim-test [-v] FILE…
               agim-test
        tests commands

          FILE  what to read

          -v, --verbose        say more
          -t, --target TARGET  where to
          -n COUNT             how often
              --dry-run        do nothing
          -j, --jobs N         at once
          -h, --help           show this help and leave
              --version        show the version and leave

        See agim-test(1).

        """)
  }

  @Test("the end of a command is its exit status")
  func statuses() {
    let ends: [(@Sendable (Arguments) throws -> ExitCode, ExitCode)] = [
      ({ _ in .temporary }, .temporary), ({ _ in throw ReaderGone() }, .readerGone),
      ({ _ in throw Failure(.configuration, "wrong", hint: "mend it") }, .configuration),
      ({ _ in throw Failure.usage("wrong") }, .usage),
      ({ _ in throw SystemError("write", "standard output", errno: 28) }, .ioError),
      ({ _ in throw SystemError("open", "file", errno: 2) }, .system),
      ({ _ in throw CancellationError() }, .software),
    ]
    for (body, code) in ends { #expect(command(body).run([]) == code) }
    #expect(command { $0.operands == ["a"] ? .ok : .software }.run(["-v", "a"]) == .ok)
    #expect(command { _ in .ok }.run(["--nonsense"]) == .usage)
  }

  @Test("the exit statuses are those of sysexits, each once")
  func numbers() {
    #expect(ExitCode.all.map(\.code.number) == [0, 64, 65, 66, 69, 70, 71, 73, 74, 75, 77, 78, 141])
    #expect(Failure(.dataError, "a", hint: "b").description == "a: b")
    #expect(Failure(.dataError, "a").description == "a")
  }
}

@Suite struct LogTests {
  @Test(
    "values are quoted where they could be taken for something else, and cannot move the cursor",
    arguments: [
      ("plain", "plain"), ("飞书", "飞书"), ("a/b:c,d", "a/b:c,d"), ("a\\b", "a\\b"), ("", "\"\""),
      ("two words", "\"two words\""), ("a=b", "\"a=b\""), ("say \"hi\"", "\"say \\\"hi\\\"\""),
      ("back \\ slash", "\"back \\\\ slash\""), ("a\nb", "\"a\\nb\""), ("a\r\nb", "\"a?\\nb\""),
      ("\u{1B}[31m", "\"?[31m\""), ("\u{9B}31m", "\"?31m\""), ("a\0", "\"a?\""), ("\u{7F}", "\"?\""),
      ("\t", "\"?\""), ("e\u{301}", "e\u{301}"),
    ])
  func quoted(_ value: String, _ text: String) {
    #expect(Array(Log.quoted(value).utf8) == Array(text.utf8))
  }
}
