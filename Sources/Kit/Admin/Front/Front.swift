internal import Console
internal import Glibc
internal import System

/// `agim CMD …` in the place of `agim-CMD …`, and the list of commands.
package enum Front {
  /// Becomes another command, with the words of this process as they are.
  ///
  /// - Returns: only when `word` is a command of `agim` itself, or none at all.
  /// - Throws: `Failure` when there is no such command.
  package static func run(_ word: String, own: [String], _ commands: Commands) throws {
    guard !own.contains(word), !word.hasPrefix("-") else { return }
    guard let program = commands.find(word) else {
      let (ours, others) = commands.installed()
      let near = Nearest.match(word, among: own + ours + others)
      throw Failure.usage(
        "there is no command '\(word)'", hint: near.map { "did you mean \($0)?" } ?? "'agim' lists them")
    }
    // The bytes as they came: a word need not be UTF-8.
    var words = [strdup(program)]
    for index in 2..<max(2, Int(CommandLine.argc)) { words.append(CommandLine.unsafeArgv[index]) }
    words.append(nil)
    execv(program, words)
    throw SystemError("execv", program)
  }

  /// The installed commands with a line each.
  package static func list(_ commands: Commands) -> String {
    let (ours, others) = commands.installed()
    let known = commands.described(ours)
    let width = max(12, ours.map(\.utf8.count).max() ?? 0)
    var text = ""
    for described in known {
      let name = String(described.name.dropFirst(5))
      text += "  \(name)\(String(repeating: " ", count: width - name.utf8.count))  \(described.summary)\n"
    }
    for name in ours where !known.contains(where: { $0.name == "agim-\(name)" }) { text += "  \(name)\n" }
    if !others.isEmpty {
      text += "\nFound in PATH:\n\n"
      for name in others { text += "  \(name)\n" }
    }
    return text
  }

  /// Opens the manual page of a command, or of `agim`.
  ///
  /// - Throws: `Failure` when there is no such command, or no program to show it.
  package static func manual(of word: String?, own: [String], _ commands: Commands) throws -> Never {
    var page = "agim"
    if let word, word != "agim", !own.contains(word) {
      let name = word.hasPrefix("agim-") ? String(word.dropFirst(5)) : word
      let isTopic = ["message", "store", "config", "address", "tutorial"].contains(name)
      guard isTopic || commands.find(name) != nil else {
        let near = Nearest.match(name, among: own + commands.installed().ours)
        throw Failure.usage("there is no command '\(word)'", hint: near.map { "did you mean \($0)?" })
      }
      page = "agim-\(name)"
    }
    // Installed beside us, whether man knows the place or not.
    for section in [1, 5, 7] {
      let file = "\(commands.directory)/../share/man/man\(section)/\(page).\(section)"
      if access(file, R_OK) == 0 { try open(["man", "-l", file], page) }
    }
    try open(["man", page], page)
  }

  private static func open(_ words: [String], _ page: String) throws -> Never {
    let arguments = words.map { strdup($0) } + [nil]
    if let program = arguments[0] { execvp(program, arguments) }
    guard errno == ENOENT else { throw SystemError("execvp", words[0]) }
    throw Failure(
      .unavailable, "there is no program 'man' to show \(page)",
      hint: "install man-db or mandoc, or see '\(page) --help'")
  }
}
