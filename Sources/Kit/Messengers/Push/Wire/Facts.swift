package import Delivery

extension PushService {
  /// What is known about its platform where nothing else serves it.
  package var facts: PlatformFacts {
    PlatformFacts(
      name: platform, aliases: aliases, keys: keys.map(\.name) + receivingKeys + ["insecure"],
      secrets: keys.filter(\.isSecret).map(\.name), variables: variables,
      needs: keys.filter(\.isNeeded).map { [$0.name] + ($0.alternative.map { [$0] } ?? []) },
      // What posts to us has a page for both ways.
      page: platform == "webhook" ? nil : "agim-push(7)")
  }

  /// What is known about a platform that has accounts of another kind as well: robots are its accounts with
  /// the key `robot`.
  package func facts(beside other: PlatformFacts) -> PlatformFacts {
    let own = facts
    let more = own.keys.filter { !other.keys.contains($0) }
    return PlatformFacts(
      name: other.name, aliases: other.aliases, keys: other.keys + more,
      secrets: other.secrets + own.secrets.filter { !other.secrets.contains($0) },
      variables: own.variables.merging(other.variables) { _, theirs in theirs },
      needs: other.needs.map { $0 + [Self.robotKey] })
  }

  /// Whether an account of such a platform is a robot: the file decides, then which variables there are.
  package static func isRobot(_ account: Account, beside other: PlatformFacts) -> Bool {
    if account.value(robotKey) != nil { return true }
    return account.isGiven(robotKey) && !other.needs.contains { $0.contains(where: account.isGiven) }
  }

  private var variables: [String: String] {
    var found: [String: String] = [:]
    for key in keys { found[key.name] = key.variable }
    return found
  }
}
