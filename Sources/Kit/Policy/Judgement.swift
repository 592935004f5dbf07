/// What the policy says about a call.
package struct Judgement: Sendable, Equatable {
  /// The three answers.
  package enum Verdict: String, Sendable {
    case allow
    case ask
    case deny
  }

  /// The answer.
  package var verdict: Verdict
  /// The short, stable name of what decided: `hard-deny.secret`, `plan`, `config.2`, `reader`, `grant`, `default`.
  package var rule: String
  /// Why, as a sentence for a person that names the path or word.
  package var reason: String
  /// Whether "always" may be offered: then `proposal` says what it would grant.
  package var isGrantable: Bool
  /// The files of the programs that would run, in their order, as far as they are known.
  package var programs: [String]
  /// Scripts outside the system's directories that would run: their content belongs in the digest.
  package var scripts: [String]
  /// What "always" would grant; nil when nothing may be granted.
  package var proposal: Grant?

  init(_ verdict: Verdict, _ rule: String, _ reason: String) {
    self.verdict = verdict
    self.rule = rule
    self.reason = reason
    isGrantable = false
    programs = []
    scripts = []
  }
}
