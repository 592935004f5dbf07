internal import Console
package import System

extension Credential {
  /// The greatest size of a secret in bytes.
  static let limit = 65_536

  /// Gets the secret.
  ///
  /// A file's whole content counts, without the line feed at its end; of a program's output the first
  /// line. Programs get 10 seconds, no input, and the environment that is given.
  ///
  /// - Parameter environment: the variables, such as `Settings.environment`.
  /// - Returns: the secret, never empty.
  /// - Throws: `Failure` that names account and key, never the value: 78 for what is not there, 69 for
  ///   a program that fails.
  package func resolve(environment: [String: String]) throws -> String {
    try resolve(environment: environment, limit: .seconds(10))
  }

  func resolve(environment: [String: String], limit time: Duration) throws -> String {
    switch self {
    case .literal(let secret, _): return secret
    case .variable(let name, let owner):
      guard let secret = environment[name], !secret.isEmpty else {
        throw Failure(
          .configuration, "\(owner): variable \(name) is not set",
          hint: "set it in the environment or the env file")
      }
      return secret
    case .file(let path, let owner):
      return try content(of: try UserDirectory.expand(path, environment), owner)
    case .systemd(let name, let owner):
      guard let directory = environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty else {
        throw Failure(
          .configuration, "\(owner): there are no systemd credentials (CREDENTIALS_DIRECTORY is not set)",
          hint: "add LoadCredential=\(name) to the unit")
      }
      return try content(of: "\(directory)/\(name)", owner)
    case .command(let words, let owner):
      do {
        var output = try ProgramOutput.run(words, environment, time: time, limit: Self.limit)
        if let end = output.firstIndex(of: 0x0A) { output.removeSubrange(end...) }
        return try text(output, owner, "command \(Shown.quoted(words.first ?? ""))")
      } catch let problem as ProgramOutput.Problem {
        throw Failure(
          .unavailable, "\(owner): command \(Shown.quoted(words.first ?? "")) \(problem.words)",
          hint: "run it by hand to see what it prints")
      }
    }
  }

  private func content(of path: String, _ owner: Owner) throws -> String {
    let content: [UInt8]?
    do {
      content = try PrivateFile.read(path, limit: Self.limit, mustBePrivate: false)
    } catch let failure as Failure {
      throw Failure(failure.code, "\(owner): \(failure.message)", hint: failure.hint)
    }
    guard var content else {
      throw Failure(.configuration, "\(owner): file \(Shown.path(path)) does not exist")
    }
    if content.last == 0x0A { content.removeLast() }
    return try text(content, owner, "file \(Shown.path(path))")
  }

  private func text(_ bytes: [UInt8], _ owner: Owner, _ source: String) throws -> String {
    let bytes = bytes.last == 0x0D ? bytes.dropLast() : bytes[...]
    guard !bytes.isEmpty else { throw Failure(.configuration, "\(owner): \(source) gives an empty text") }
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure(.configuration, "\(owner): \(source) gives bytes that are no UTF-8 text")
    }
    return text
  }
}

extension ProgramOutput.Problem {
  /// What happened, to follow the name of the program.
  package var words: String {
    switch self {
    case .cannotStart(let reason): "cannot be started: \(reason)"
    case .tooSlow(let time): "took longer than \(DurationText.format(time))"
    case .tooLong(let limit): "printed more than \(limit) bytes"
    case .ended(let status): "ended with \(status)"
    }
  }
}
