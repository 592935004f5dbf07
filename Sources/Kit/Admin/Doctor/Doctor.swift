internal import Console
internal import Settings
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
    var doctor = Doctor(home: home, variables: ProcessVariables.all(), clock: clock)
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
    examineHooks()
    examineMachine()
  }

  /// The path of a program as a shell would find it; nil when there is none.
  func find(_ program: String) -> String? { Programs.find(program, variables) }

  mutating func add(_ level: Finding.Level, _ check: String, _ what: String, mend: String? = nil) {
    findings.append(Finding(level, check, what, mend: mend))
  }
}
