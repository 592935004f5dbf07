import Console
import Delivery
import EmailMessenger
import EmailWire
import FeishuMessenger
import FeishuWire
import Settings
import Stage
import TelegramMessenger
import TelegramWire
import Wire

/// A chat platform that this command can send to.
struct Platform: Sendable {
  /// What is known about it.
  let facts: PlatformFacts
  /// Makes the messenger of an account.
  let messenger: @Sendable (Account, Stage) throws -> any Messenger
}

/// The chat platforms, in alphabetical order.
let chatPlatforms: [Platform] = [
  Platform(facts: EmailWire.FACTS) { try EmailMessenger($0, $1) },
  Platform(facts: Feishu.facts) { try FeishuMessenger($0, $1) },
  Platform(facts: TelegramWire.FACTS) { try TelegramMessenger($0, $1) },
]

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
    guard let platform = allPlatforms.first(where: { $0.facts.isCalled(address.platform) }) else {
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
