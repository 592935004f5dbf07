import Console
import Delivery
import Settings
import Stage
import System
import Wire

/// `agim-send check ACCOUNT`: whether an account works, without sending anything.
///
/// `isDryRun`: the platform is not asked; what the configuration says is all that is looked at.
func checkAccount(
  _ word: String, _ stage: Stage, _ messengers: Messengers, isDryRun: Bool
) throws -> ExitCode {
  let targets = AdHocTargets(stage.settings)
  let address = Address(stage.settings.addresses[word] ?? word)
  let head = address.map { $0.account.isEmpty ? $0.platform : "\($0.platform)@\($0.account)" } ?? word
  guard let (platform, account) = targets.platform(head) else {
    let names = allPlatforms.map(\.facts.name) + stage.settings.accounts.map(\.key)
    throw Failure.usage(
      "check: '\(word)' is no account",
      hint: Nearest.match(word, among: names).map { "did you mean \($0)?" }
        ?? "a platform such as telegram, or a key of \"accounts\" in config.json")
  }
  let place = Address(platform: platform.facts.name, account: account, channel: "check")
  guard let messenger = try messengers.messenger(for: place) else {
    throw Failure(.unavailable, "check: this version has no messenger for \(head)")
  }
  guard !isDryRun else {
    try show("\(head): the account is complete\n")
    return .ok
  }
  guard let checkable = messenger as? any Checkable else {
    try show("\(head): the account is complete; this platform can only be tested by a message\n")
    return .ok
  }
  var failure: Failure?
  try checkable.check { result in
    switch result {
    case .success(let lines): for line in lines { stage.output.append(Array("\(head): \(line)\n".utf8)) }
    case .failure(let problem):
      failure = Failure(problem.code, "\(head): \(problem.message)", hint: problem.hint)
    }
    // It may have been known at once, before the loop runs.
    stage.loop.after(0) { stage.loop.stop() }
  }
  try stage.run()
  if let failure { throw failure }
  return .ok
}
