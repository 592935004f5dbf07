internal import Console
internal import Glibc
package import Settings
package import System

/// Agents that run under a user account of their own: what it may read and write is the system's affair then.
///
/// Only root can do that, and stays able to end what it started.
package enum RunAs {
  private static let program = "/usr/bin/setpriv"

  /// The account that an agent runs under; nil for ours.
  ///
  /// - Throws: `Failure` where there is none of that name, or it is another than ours and we are not root.
  package static func account(_ settings: AgentSettings) throws -> Account? {
    guard let name = settings.runAs else { return nil }
    guard let account = Account(named: name) else {
      throw Failure(
        .configuration, "\(settings.name) is to run as '\(name)', and there is no such user",
        hint: "adduser --system \(name), or mend agents.\(settings.name).run_as in config.json")
    }
    guard account.user != geteuid() else { return nil }
    guard geteuid() == 0 else {
      throw Failure(
        .notPermitted,
        "\(settings.name) is to run as '\(name)', and only root can start programs as another user",
        hint: "run agim-run as root, or all of agim as \(name)")
    }
    guard access(program, X_OK) == 0 else {
      throw Failure(
        .unavailable, "\(settings.name) is to run as '\(name)', and there is no \(program)",
        hint: "install the Debian package util-linux")
    }
    return account
  }

  /// What is run in place of a command.
  ///
  /// - Throws: `Failure`, see `account`.
  static func words(_ command: [String], _ settings: AgentSettings) throws -> [String] {
    guard let account = try account(settings) else { return command }
    return [
      program, "--reuid=\(account.user)", "--regid=\(account.group)", "--init-groups", "--no-new-privs",
      "--inh-caps=-all", "--",
    ] + command
  }

  /// What an agent is told about itself, in place of what is so about us.
  static func variables(_ settings: AgentSettings) -> [String: String] {
    guard let account = try? account(settings) else { return [:] }
    return ["HOME": account.home, "USER": account.name, "LOGNAME": account.name, "SHELL": account.shell]
  }

  /// Where an agent works that the configuration gives no directory: ours is closed to it.
  static func workdir(_ settings: AgentSettings) -> String? {
    (try? account(settings)).map { "\($0.home)/agim/\(settings.name)" }
  }

  /// Makes an agent's work directory, and gives it to the agent where it was not there.
  ///
  /// - Throws: `SystemError`; `Failure`, see `account`.
  static func prepare(_ workdir: String, _ settings: AgentSettings) throws {
    let account = try account(settings)
    let wasThere = access(workdir, F_OK) == 0
    if let account, !wasThere, workdir.hasPrefix(account.home + "/"), access(account.home, F_OK) != 0 {
      throw Failure(
        .configuration, "\(settings.name) runs as '\(account.name)', who has no home directory to work in",
        hint: "say agents.\(settings.name).workdir in config.json")
    }
    try Files.makeDirectory(workdir)
    guard let account, !wasThere else { return }
    // Of the directories that were made for it, too, as far as they are in its home.
    var path = workdir
    while path.hasPrefix(account.home + "/") {
      guard lchown(path, account.user, account.group) == 0 else { throw SystemError("chown", path) }
      guard let slash = path.lastIndex(of: "/") else { break }
      path = String(path[..<slash])
    }
  }
}
