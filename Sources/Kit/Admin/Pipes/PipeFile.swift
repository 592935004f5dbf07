internal import Console
internal import Glibc
package import Settings

/// A pipeline that `agim start` knows: the file `pipes/NAME`, the text of a bash script.
package struct PipeFile: Equatable, Sendable {
  /// Its name.
  package let name: String
  /// The home that it belongs to.
  package let home: Home

  /// The pipeline of a name, whether there is a file or not.
  ///
  /// - Throws: `Failure` with status 64 when no pipeline can be called that.
  package init(_ name: String, in home: Home) throws {
    guard Home.isPipe(name) else {
      throw Failure.usage(
        "\(Shown.quoted(name)) is not the name of a pipeline",
        hint: "1 to 64 letters, digits, '.', '_' or '-'")
    }
    self.name = name
    self.home = home
  }

  /// The file.
  package var path: String { "\(home.pipes)/\(name)" }
  /// The file that proves that it runs: locked by the process that looks after it.
  package var lockPath: String { "\(home.run)/pipe.\(name)" }
  /// Where `--bg` lets it write.
  package var logPath: String { "\(home.run)/pipe.\(name).log" }

  /// The names of all pipelines, in order.
  package static func names(in home: Home) -> [String] {
    guard let directory = opendir(home.pipes) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      // What editors leave beside a file is none.
      guard Home.isPipe(name), !name.hasPrefix("."), !name.hasSuffix("~") else { continue }
      var status = stat()
      if stat("\(home.pipes)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG {
        names.append(name)
      }
    }
    return names.sorted()
  }

  /// Checks that the file is there and that nobody else could have written it.
  ///
  /// - Throws: `Failure` with status 66 when there is none, with 78 when it must not be run.
  package func check() throws {
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT else {
        throw Failure(.noInput, "cannot look at \(Shown.path(path)): \(String(cString: strerror(errno)))")
      }
      let known = Self.names(in: home)
      throw Failure(
        .noInput, "there is no pipeline \(name): \(Shown.path(path)) does not exist",
        hint: Nearest.match(name, among: known).map { "did you mean \($0)?" }
          ?? (known.isEmpty ? "write it, see agim(1)" : "there are \(known.joined(separator: ", "))"))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Failure(.configuration, "\(Shown.path(path)) is not a regular file")
    }
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw Failure(
        .configuration, "\(Shown.path(path)) belongs to user \(status.st_uid), and this is user \(geteuid())",
        hint: "it must belong to the user who runs it, or to root")
    }
    guard status.st_mode & 0o022 == 0 else {
      throw Failure(
        .configuration, "\(Shown.path(path)) can be written by others",
        hint: "chmod go-w \(Shown.shellWord(path))")
    }
    guard access(path, R_OK) == 0 else {
      throw Failure(.configuration, "cannot read \(Shown.path(path)): \(String(cString: strerror(errno)))")
    }
  }

  /// What bash says about the text without running it; nil when it is well-formed or cannot be asked.
  package func fault(environment: [String: String]) -> String? {
    Programs.complaint(["bash", "-n", "--", path], environment)
  }
}
