internal import Glibc
internal import System

/// What a command is called, what it takes and what it does.
package struct Command: Sendable {
  /// The version of all commands.
  package static let version = "0.1.0"

  /// Its name, such as `agim-recv`.
  package let name: String
  /// What it does, in one line.
  package let summary: String
  /// The forms of calling it, without its name.
  package let usage: [String]
  /// Its own options.
  package let options: [Option]
  /// Its operands or subcommands, with a line of help each.
  package let operands: [(name: String, help: String)]
  let order: OptionOrder
  let startsProgram: Bool
  let epilogue: @Sendable () -> String
  let body: @Sendable (Arguments) throws -> ExitCode

  /// A command.
  ///
  /// `startsProgram`: what follows `--` is a program with its arguments. `epilogue`: what `--help` adds.
  package init(
    name: String, summary: String, usage: [String], options: [Option],
    operands: [(name: String, help: String)] = [], order: OptionOrder = .anywhere,
    startsProgram: Bool = false, epilogue: @escaping @Sendable () -> String = { "" },
    body: @escaping @Sendable (Arguments) throws -> ExitCode
  ) {
    self.name = name
    self.summary = summary
    self.usage = usage
    self.options =
      options + [
        Option("h", "help", help: "show this help and leave"),
        Option(nil, "version", help: "show the version and leave"),
      ]
    self.operands = operands
    self.order = order
    self.startsProgram = startsProgram
    self.epilogue = epilogue
    self.body = body
  }

  /// Runs it with the arguments of the process and leaves with its status.
  ///
  /// `before`: what comes before the arguments are looked at. `status`: the status that stands for another.
  package func main(before: () throws -> Void = {}, status: (ExitCode) -> ExitCode = { $0 }) -> Never {
    Log.name = name
    exit(status(run(Array(CommandLine.arguments.dropFirst()), before: before)).number)
  }

  /// Parses the words behind the first operands once more, for commands whose first operand is a verb
  /// that options may follow.
  ///
  /// - Throws: `Failure` with status 64.
  package func reparse(_ arguments: Arguments, after count: Int, order: OptionOrder) throws -> Arguments {
    let parser = OptionParser(options: options, order: order, startsProgram: startsProgram)
    var words = arguments.operands
    if let place = arguments.beforeDashes { words.insert("--", at: min(max(place, count), words.count)) }
    return try parser.parse(Array(words.dropFirst(count))).merged(over: arguments)
  }

  func run(_ words: [String], before: () throws -> Void = {}) -> ExitCode {
    do {
      try before()
      // For the completions and the test that holds the man pages against this table.
      if words == ["--help-options"] { return try show(listing) }
      let parser = OptionParser(options: options, order: order, startsProgram: startsProgram)
      let arguments = try parser.parse(words)
      if arguments.has("help") { return try show(helpText) }
      if arguments.has("version") { return try show("\(name) \(Self.version)\n") }
      return try body(arguments)
    } catch is ReaderGone {
      return .readerGone
    } catch let failure as Failure {
      Log.failure(failure)
      return failure.code
    } catch let error as SystemError {
      let failure = Failure(error.call == "write" ? .ioError : .system, "\(error)")
      Log.failure(failure)
      return failure.code
    } catch {
      Log.failure(Failure(.software, "\(error)"))
      return .software
    }
  }

  private func show(_ text: String) throws -> ExitCode {
    try Files.writeAll(Array(text.utf8), to: 1, subject: "standard output")
    return .ok
  }

  /// The text of `--help`.
  package var helpText: String {
    var text = ""
    for (index, form) in usage.enumerated() {
      text += "\(index == 0 ? "usage:" : "      ") \(name)\(form.isEmpty ? "" : " ")\(form)\n"
    }
    text += "\(summary)\n"
    if !operands.isEmpty {
      text += "\n" + Self.table(operands.map { ($0.name, $0.help) })
    }
    text += "\n" + Self.table(options.map { (Self.spelling($0), $0.help) })
    return text + epilogue() + "\nSee \(name)(1).\n"
  }

  /// What `--help-options` prints: letter, long name, argument and help of each option, between tabs.
  ///
  /// Then the operands, which have neither letter nor long name, and what the command does, which has no
  /// argument either.
  package var listing: String {
    let rows =
      options.map {
        [$0.short.map { "-\($0)" } ?? "", $0.long.isEmpty ? "" : "--\($0.long)", $0.argument ?? "", $0.help]
      } + operands.map { ["", "", $0.name, $0.help] } + [["", "", "", summary]]
    return rows.map { $0.joined(separator: "\t") + "\n" }.joined()
  }

  private static func spelling(_ option: Option) -> String {
    var text = option.short.map { "-\($0)" } ?? "  "
    if !option.long.isEmpty { text += (option.short == nil ? "  " : ", ") + "--\(option.long)" }
    if let argument = option.argument { text += " \(argument)" }
    return text
  }

  private static func table(_ rows: [(String, String)]) -> String {
    let width = min(28, rows.map(\.0.count).max() ?? 0)
    return rows.map { row in
      row.0.count > width
        ? "  \(row.0)\n  \(String(repeating: " ", count: width))  \(row.1)\n"
        : "  \(row.0)\(String(repeating: " ", count: width - row.0.count))  \(row.1)\n"
    }.joined()
  }
}
