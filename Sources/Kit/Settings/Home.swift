internal import Console
internal import Glibc
internal import System

/// The directory that holds everything of one user: `$AGIM_HOME`, by default `~/.agim`.
///
///     let home = try Home.locate()
///     let settings = try Settings.load(home)
///     try home.prepare()
///
/// Settings come first because `prepare()` writes: a directory of agim-cli is recognised before that.
package struct Home: Equatable, Sendable {
  /// The directory, absolute.
  package let path: String

  /// A directory that the caller knows to be absolute.
  package init(path: String) { self.path = path }

  /// The configuration file.
  package var config: String { path + "/config.json" }
  /// The file of variables.
  package var env: String { path + "/env" }
  /// The SQLite file.
  package var database: String { path + "/agim.db" }
  /// What was typed at a terminal.
  package var history: String { path + "/history" }
  /// Attachments by their hash.
  package var files: String { path + "/files" }
  /// What belongs to processes that run: holders' locks and `wake`.
  package var run: String { path + "/run" }
  /// The file whose touch says that the store has changed.
  package var wake: String { run + "/wake" }
  /// Work directories of sessions that were given none.
  package var work: String { path + "/work" }
  /// Chat commands that people added.
  package var commands: String { path + "/commands" }
  /// Skills of the built-in agent.
  package var skills: String { path + "/skills" }
  /// What jobs have put out, a directory of each by its number.
  package var jobs: String { path + "/jobs" }
  /// A file of a job: `output` or `log`.
  package func job(_ n: Int64, _ file: String) -> String { "\(jobs)/\(n)/\(file)" }
  /// Pipelines that `agim start` knows.
  package var pipes: String { path + "/pipes" }

  /// Finds the directory, without touching it.
  ///
  /// - Throws: `Failure` with status 78 when nothing says where it is.
  package static func locate() throws -> Home {
    try locate(ProcessVariables.some(["AGIM_HOME", "HOME"]))
  }

  /// Finds the directory as an environment names it.
  static func locate(_ variables: [String: String]) throws -> Home {
    guard let named = variables["AGIM_HOME"], !named.isEmpty else {
      return Home(path: trimmed(try UserDirectory.locate(variables)) + "/.agim")
    }
    if named.utf8.first == UInt8(ascii: "/") { return Home(path: trimmed(named)) }
    guard let current = getcwd(nil, 0) else {
      throw Failure(
        .configuration,
        "AGIM_HOME \(Shown.quoted(named)) is relative and the current directory cannot be told",
        hint: "set AGIM_HOME to an absolute path")
    }
    defer { free(current) }
    return Home(path: trimmed("\(String(cString: current))/\(named)"))
  }

  /// The name of this process's pipeline: `AGIM_PIPE`, by default `main`.
  ///
  /// - Throws: `Failure` with status 64 when it is not 1 to 64 letters, digits, `.`, `_` or `-`.
  package static var pipe: String {
    get throws {
      guard let name = ProcessGuard.variable("AGIM_PIPE") else { return "main" }
      return try checkedPipe(name)
    }
  }

  /// Whether a text may name a pipeline.
  package static func isPipe(_ name: String) -> Bool { Names.isPipe(name) }

  static func checkedPipe(_ name: String) throws -> String {
    guard Names.isPipe(name) else {
      throw Failure.usage(
        "AGIM_PIPE \(Shown.quoted(name)) is not the name of a pipeline: "
          + "expected 1 to 64 letters, digits, '.', '_' or '-'"
      )
    }
    return name
  }

  private static func trimmed(_ path: String) -> String {
    var path = path[...]
    while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path = path.dropLast() }
    return String(path)
  }
}
