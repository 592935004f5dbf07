internal import Glibc
package import System
internal import Text

/// `/ls` and `/diff` of a session's work directory; what else is asked is not built.
package final class LocalServices: ChatServices {
  private let loop: EventLoop
  private var runs: [ObjectIdentifier: ProgramRun] = [:]
  private var count = 0

  /// Services that wait on a loop.
  package init(loop: EventLoop) { self.loop = loop }

  package func answer(_ request: ChatRequest, done: @escaping (String?) throws -> Void) throws {
    let words = request.language.catalogue
    guard request.verb == .ls || request.verb == .diff else { return try done(nil) }
    guard let workdir = request.workdir, let root = Self.resolved(workdir) else {
      return try done(words.say(.noDirectory(displayEscaped(request.workdir ?? "-"))))
    }
    if request.verb == .ls { return try done(list(root, request.argument, words)) }
    try diff(root, request.argument, words, done)
  }

  package func cancel() { for run in runs.values { run.kill() } }

  // MARK: - ls

  private func list(_ root: String, _ below: String, _ words: any Catalogue) -> String {
    guard let path = Self.resolved("\(root)/\(below)") else {
      return words.say(.noDirectory(displayEscaped(String(below.prefix(200)))))
    }
    guard path == root || path.hasPrefix("\(root)/") else { return words.say(.outsideDirectory) }
    guard let directory = opendir(path) else { return words.say(.noDirectory(displayEscaped(below))) }
    defer { closedir(directory) }
    var names: [String] = []
    while names.count < 10_000, let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name == "." || name == ".." { continue }
      names.append(displayEscaped(name) + (entry.pointee.d_type == DT_DIR ? "/" : ""))
    }
    guard !names.isEmpty else { return words.say(.emptyDirectory) }
    let more = names.count - 200
    return names.sorted().prefix(200).joined(separator: "\n")
      + (more > 0 ? "\n" + words.say(.moreEntries(more)) : "")
  }

  /// A path without links, `.` and `..`; nil where nothing is there.
  private static func resolved(_ path: String) -> String? {
    guard !path.utf8.contains(0), let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  // MARK: - diff

  private static let outputLimit = 60_000
  /// Names that are never shown, whatever has become of them.
  private static let secret = [
    ".env", ".env.*", "*.pem", "*.key", "id_rsa*", "id_ed25519*", "credentials*", ".netrc", ".ssh", ".aws",
    ".gnupg",
  ]
  /// Settings of a repository that make git run a program or fetch something.
  private static let dangerous = [
    "filter.", "core.worktree", "core.alternaterefscommand", "extensions.partialclone",
    "extensions.worktreeconfig", "include.", "includeif.",
  ]
  /// Settings that stand above the repository's own.
  private static let harmless = [
    "core.fsmonitor=false", "core.hooksPath=/dev/null", "diff.autoRefreshIndex=false",
  ]

  private func git(
    _ root: String, _ arguments: [String], end: @escaping (ProgramRun.Result) throws -> Void
  ) throws(SystemError) {
    var environment = ProcessGuard.smallEnvironment
    environment["GIT_CONFIG_NOSYSTEM"] = "1"
    environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    environment["GIT_NO_LAZY_FETCH"] = "1"
    environment["GIT_TERMINAL_PROMPT"] = "0"
    // No protocol at all: nothing is fetched.
    environment["GIT_ALLOW_PROTOCOL"] = "none"
    count += 1
    var run: ProgramRun?
    run = try ProgramRun(
      ["git", "--no-pager"] + Self.harmless.flatMap { ["-c", $0] } + arguments, environment: environment,
      mark: "services-\(getpid())-\(count)", directory: root, milliseconds: 20_000,
      limit: Self.outputLimit, loop: loop
    ) { [weak self] result in
      if let own = run { self?.runs[ObjectIdentifier(own)] = nil }
      run = nil
      try end(result)
    }
    if let run { runs[ObjectIdentifier(run)] = run }
  }

  private func diff(
    _ root: String, _ file: String, _ words: any Catalogue, _ done: @escaping (String?) throws -> Void
  ) throws {
    do throws(SystemError) {
      // An agent can write the repository's configuration, and would have git run what it likes.
      try git(root, ["config", "--local", "--list", "--name-only"]) { [unowned self] result in
        guard result.status == .exited(0), result.dropped == 0 else {
          return try done(words.say(.noRepository))
        }
        let keys = String(decoding: result.output, as: UTF8.self).split(separator: "\n").map {
          $0.lowercased()
        }
        let bad = keys.first { key in
          key.hasSuffix(".promisor") || Self.dangerous.contains { key.hasPrefix($0) }
        }
        if let bad { return try done(words.say(.unsafeRepository(displayEscaped(bad)))) }
        try show(root, file, words, done)
      }
    } catch {
      try done(words.say(.failed("\(error)")))
    }
  }

  private func show(
    _ root: String, _ file: String, _ words: any Catalogue, _ done: @escaping (String?) throws -> Void
  ) throws {
    let excluded = Self.secret.flatMap { [":(exclude,glob)**/\($0)", ":(exclude,glob)**/\($0)/**"] }
    let only = file.isEmpty ? "." : ":(literal)\(file)"
    do throws(SystemError) {
      try git(
        root,
        [
          "diff", "HEAD", "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=all",
          "--relative",
          "--", only,
        ] + excluded
      ) { result in
        guard result.status == .exited(0) else {
          let reason = String(decoding: result.errors, as: UTF8.self).split(separator: "\n").last ?? ""
          return try done(words.say(.failed(displayEscaped(String(reason)))))
        }
        let text = displayEscaped(String(decoding: result.output, as: UTF8.self))
        guard !text.isEmpty else { return try done(words.say(.noChanges)) }
        try done(text + (result.dropped > 0 ? "\n" + words.say(.outputCut(result.dropped)) : ""))
      }
    } catch {
      try done(words.say(.failed("\(error)")))
    }
  }
}
