internal import Console
internal import Glibc
internal import Settings
internal import Store
package import System

/// Finds what is wrong with an installation and says how to mend it; needs no configuration and mends
/// nothing itself.
package struct Doctor {
  let home: Home
  let variables: [String: String]
  let clock: Clock
  var findings: [Finding] = []

  /// Looks at everything, in the order in which one thing depends on another.
  package static func examine(clock: Clock = .system) -> [Finding] {
    let home: Home
    do {
      home = try Home.locate()
    } catch {
      let failure = error as? Failure
      return [Finding(.error, "home", failure?.message ?? "\(error)", mend: failure?.hint)]
    }
    var doctor = Doctor(home: home, variables: Self.environment(), clock: clock)
    doctor.run()
    return doctor.findings
  }

  private mutating func run() {
    let exists = examineHome()
    examineConfiguration()
    if exists {
      examineDisk()
      examineStore()
      examinePipes()
    }
    examineAgents()
    examineMachine()
  }

  mutating func add(_ level: Finding.Level, _ check: String, _ what: String, mend: String? = nil) {
    findings.append(Finding(level, check, what, mend: mend))
  }

  private static func environment() -> [String: String] {
    var variables: [String: String] = [:]
    for entry in ProcessGuard.environment {
      let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if parts.count == 2, variables[parts[0]] == nil { variables[parts[0]] = parts[1] }
    }
    return variables
  }

  /// The path of a program as a shell would find it; nil when there is none.
  func find(_ program: String) -> String? {
    if program.utf8.contains(UInt8(ascii: "/")) { return Self.isProgram(program) ? program : nil }
    let path = variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").lazy.map { "\($0)/\(program)" }.first(where: Self.isProgram)
  }

  private static func isProgram(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }
}
