import Console
import Delivery
import PushMessenger
import PushWire
import Settings
import Stage
import Wire

/// A chat platform that this command can send to.
struct Platform: Sendable {
  /// What is known about it.
  let facts: PlatformFacts
  /// Makes the messenger of an account.
  let messenger: @Sendable (Account, Stage) throws -> any Messenger
}

/// The chat platforms with messengers of their own, in alphabetical order.
private let ownPlatforms: [Platform] = []

/// All of them: accounts that are robots, and services that only take notifications, have one messenger.
let chatPlatforms =
  ownPlatforms.map(withRobots)
  + PushService.all.filter { service in
    !ownPlatforms.contains { $0.facts.name == service.platform }
  }.map { service in Platform(facts: service.facts) { try PushMessenger($0, $1) } }

/// A platform some of whose accounts may be robots.
private func withRobots(_ platform: Platform) -> Platform {
  guard let robot = PushService.robots.first(where: { $0.platform == platform.facts.name }) else {
    return platform
  }
  return Platform(facts: robot.facts(beside: platform.facts)) { account, stage in
    let isRobot = PushService.isRobot(account, beside: platform.facts)
    return isRobot ? try PushMessenger(account, stage) : try platform.messenger(account, stage)
  }
}

/// The messengers of this process, one an account.
final class Messengers {
  private unowned let stage: Stage
  private var known: [String: any Messenger] = [:]
  /// Called with every secret that an account's messenger looks up.
  var onSecret: (String) -> Void = { _ in }

  init(_ stage: Stage) { self.stage = stage }

  /// The messenger of the account that an address belongs to; nil where the platform is none of ours.
  ///
  /// - Throws: `Failure`.
  func messenger(for address: Address) throws -> (any Messenger)? {
    guard let platform = chatPlatforms.first(where: { $0.facts.isCalled(address.platform) }) else {
      return nil
    }
    let key = "\(platform.facts.name)@\(address.account)"
    if let known = known[key] { return known }
    let account = try Account(platform.facts, account: address.account, settings: stage.settings)
    account.onSecret = onSecret
    let made = try platform.messenger(account, stage)
    known[key] = made
    return made
  }
}
