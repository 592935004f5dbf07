/// What was found out about a call, before rules and grants.
struct Findings {
  /// What the call does at most.
  enum Use: Int, Comparable {
    /// It reads what lies inside the work directory.
    case reads
    /// It only reads, but outside the work directory, or it tells about the machine.
    case reports
    /// It does more, or is not understood.
    case acts

    static func < (left: Use, right: Use) -> Bool { left.rawValue < right.rawValue }
  }

  /// What decided, and why.
  struct Cause: Equatable {
    var rule: String
    var reason: String
  }

  private(set) var use = Use.reads
  /// Why it is not plain reading.
  private(set) var reason = ""
  /// A hard deny.
  private(set) var denied: Cause?
  /// Asked every time, never granted.
  private(set) var always: Cause?
  /// The files of the programs that would run.
  private(set) var programs: [String] = []
  /// Scripts outside the system's directories.
  private(set) var scripts: [String] = []
  /// What a grant would be about; nil where there can be none.
  var matter: Grant.Matter?
  /// Whether all of the input is known and read.
  var isComplete = true

  mutating func raise(to use: Use, _ reason: String) {
    guard use > self.use else { return }
    self.use = use
    self.reason = reason
  }

  /// Says why in other words.
  mutating func say(_ reason: String) { self.reason = reason }

  mutating func deny(_ rule: String, _ reason: String) {
    if denied == nil { denied = Cause(rule: "hard-deny.\(rule)", reason: reason) }
  }

  mutating func askAlways(_ rule: String, _ reason: String) {
    if always == nil { always = Cause(rule: "hard-ask.\(rule)", reason: reason) }
    raise(to: .acts, reason)
  }

  mutating func note(program: String) {
    if programs.count < 64, !programs.contains(program) { programs.append(program) }
  }

  mutating func note(script: String) {
    if scripts.count < 64, !scripts.contains(script) { scripts.append(script) }
  }

  /// Takes over what a text that is run by another command does, but not whether it only reads.
  mutating func adopt(_ inner: Findings) {
    if denied == nil { denied = inner.denied }
    if always == nil { always = inner.always }
    for program in inner.programs { note(program: program) }
    for script in inner.scripts { note(script: script) }
  }
}
