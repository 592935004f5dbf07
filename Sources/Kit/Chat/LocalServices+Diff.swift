internal import Glibc
internal import Settings
internal import Stage
internal import System
internal import Text

/// `/diff`: first the names of what has changed, then the content of those files that may be read.
extension LocalServices {
  private static let outputLimit = 60_000
  private static let fileLimit = 500
  private static let names = "git diff HEAD --name-only"
  /// Settings that stand above the repository's own.
  private static let harmless = [
    "core.fsmonitor=false", "core.hooksPath=/dev/null", "diff.autoRefreshIndex=false",
  ]
  private static let options = [
    "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=all", "--no-renames", "--relative",
  ]

  func diff(
    _ given: String, _ rules: ReadingRules, _ words: any Catalogue, _ done: @escaping (String) throws -> Void
  ) throws {
    guard rules.isThere(".git") else { return try done(words.say(.noRepository)) }
    if !given.isEmpty {
      let found = rules.find(given, tool: "Read", member: "file_path")
      if let refusal = found.refusal { return try done(words.say(.notShown(displayEscaped(refusal)))) }
    }
    // An agent can write the repository's configuration, and would have git run what it likes.
    if let refusal = rules.refusal(git: Self.names) {
      return try done(words.say(.notShown(displayEscaped(refusal))))
    }
    count += 1
    let found: PrivateRepository?
    do throws(SystemError) {
      found = try PrivateRepository(of: rules.root, at: "\(stage.home.run)/diff-\(getpid())-\(count)")
    } catch {
      return try done(words.say(.failed(displayEscaped("\(error)"))))
    }
    guard let copy = found else {
      return try done(words.say(.notShown("git: \(displayEscaped(rules.root))/.git/config")))
    }
    let only = given.isEmpty ? "." : ":(literal)\(given)"
    try git(rules, copy.revision, words, done) { [unowned self] result in
      let commit = String(decoding: result.output.prefix { $0 > 0x20 }, as: UTF8.self)
      let command = ["--git-dir=\(copy.path)", "diff", commit] + Self.options
      try git(rules, command + ["--name-only", "-z", "--", only], words, done, copy.environment) {
        [unowned self] result in
        let names = result.output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        guard result.dropped == 0, names.count <= Self.fileLimit else {
          return try done(words.say(.tooManyChanges(Self.fileLimit)))
        }
        try show(names, command, copy, rules, words, done)
      }
    }
  }

  private func show(
    _ names: [String], _ command: [String], _ copy: PrivateRepository, _ rules: ReadingRules,
    _ words: any Catalogue, _ done: @escaping (String) throws -> Void
  ) throws {
    let isShown = names.map { rules.find($0, tool: "Read", member: "file_path").refusal == nil }
    let shown = zip(names, isShown).filter(\.1).map(\.0)
    let left = zip(names, isShown).filter { !$0.1 }.map { displayEscaped($0.0) }
    let note = left.isEmpty ? "" : "\n" + words.say(.filesLeftOut(left))
    guard !shown.isEmpty else {
      return try done(left.isEmpty ? words.say(.noChanges) : words.say(.filesLeftOut(left)))
    }
    let files = shown.map { ":(literal)\($0)" }
    try git(rules, command + ["--"] + files, words, done, copy.environment) { result in
      // It stays until its last use.
      withExtendedLifetime(copy) {}
      let text = displayEscaped(String(decoding: result.output, as: UTF8.self))
      guard !text.isEmpty else { return try done(words.say(.noChanges) + note) }
      try done(text + (result.dropped > 0 ? "\n" + words.say(.outputCut(result.dropped)) : "") + note)
    }
  }

  /// Runs git; `end` is called when it ended well, else `done` with what went wrong.
  private func git(
    _ rules: ReadingRules, _ arguments: [String], _ words: any Catalogue,
    _ done: @escaping (String) throws -> Void, _ more: [String: String] = [:],
    end: @escaping (ProgramRun.Result) throws -> Void
  ) throws {
    var environment = ProcessGuard.smallEnvironment.merging(more) { $1 }
    environment["GIT_CONFIG_NOSYSTEM"] = "1"
    environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    environment["GIT_NO_LAZY_FETCH"] = "1"
    environment["GIT_TERMINAL_PROMPT"] = "0"
    // No protocol at all: nothing is fetched.
    environment["GIT_ALLOW_PROTOCOL"] = "none"
    // The repository that was looked at, and no other.
    environment["GIT_CEILING_DIRECTORIES"] = rules.root
    count += 1
    var run: ProgramRun?
    do throws(SystemError) {
      run = try ProgramRun(
        ["git", "--no-pager", "--work-tree=\(rules.root)"]
          + Self.harmless.flatMap { ["-c", $0] } + arguments, environment: environment,
        mark: "services-\(getpid())-\(count)", directory: rules.root, milliseconds: 20_000,
        limit: Self.outputLimit, loop: stage.loop
      ) { [weak self] result in
        if let own = run { self?.runs[ObjectIdentifier(own)] = nil }
        run = nil
        guard result.status == .exited(0) else {
          let reason = String(decoding: result.errors, as: UTF8.self).split(separator: "\n").last ?? ""
          return try done(words.say(.failed(displayEscaped(String(reason)))))
        }
        try end(result)
      }
      if let run { runs[ObjectIdentifier(run)] = run }
    } catch {
      try done(words.say(.failed("\(error)")))
    }
  }
}
