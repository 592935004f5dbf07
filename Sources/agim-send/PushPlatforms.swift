import Delivery
import PushMessenger
import PushWire
import Stage

/// Every platform that text can go to: accounts of chat platforms that are robots, and services that only take
/// notifications, have one messenger.
let allPlatforms =
  chatPlatforms.map(withRobots)
  + PushService.all.filter { service in
    !chatPlatforms.contains { $0.facts.name == service.platform }
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
