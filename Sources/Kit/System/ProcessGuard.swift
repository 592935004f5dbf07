internal import CPosix
internal import Glibc

/// What a process does about itself at start.
package enum ProcessGuard {
  /// Keeps other processes of the same user, agents among them, out of our memory and environment.
  package static func protectMemory() { _ = agim_set_undumpable() }

  /// What is guarded, by the name of the guardian in process lists.
  package enum Role: String, Sendable {
    /// Agents: what is below may not speak as a person.
    case agents = "agim-guard"
    /// An operator's own programs.
    case programs = "agim-keeper"
  }

  /// Splits the process into a guardian and a worker; the worker returns.
  ///
  /// The guardian kills everything below it when the worker is gone; when the guardian is gone, the
  /// worker kills everything below itself and itself.
  ///
  /// - Throws: `SystemError` when the system refuses: agents must not run without it.
  package static func startGuardian(_ role: Role) throws(SystemError) {
    guard agim_guard_start(role.rawValue) == 0 else { throw SystemError("fork", "guardian") }
  }

  /// The environment as `NAME=value` strings.
  package static var environment: [String] {
    var all: [String] = []
    guard var pointer = agim_environ() else { return all }
    while let variable = pointer.pointee {
      all.append(String(cString: variable))
      pointer += 1
    }
    return all
  }

  /// The few variables that a program of others gets, so that no credential is ever among them.
  package static var smallEnvironment: [String: String] {
    var variables = ["TERM": "dumb"]
    for name in [
      "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
    ] { variables[name] = variable(name) }
    if variables["PATH"] == nil { variables["PATH"] = "/usr/local/bin:/usr/bin:/bin" }
    return variables
  }

  /// The value of an environment variable, nil when it is not set or empty.
  package static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }
}
