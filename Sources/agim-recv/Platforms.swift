import Console
import Delivery
import EmailSource
import EmailWire
import FeishuSource
import FeishuWire
import Settings
import Stage
import TelegramSource
import TelegramWire
import WebhookSource
import Wire

/// A chat platform that this command can receive from.
struct Platform: Sendable {
  /// What is known about it.
  let facts: PlatformFacts
  /// Makes the source of an account.
  let source: @Sendable (Account, Stage, SourceOptions) throws -> any Source
}

/// The chat platforms, in alphabetical order.
let chatPlatforms: [Platform] = [
  Platform(facts: EmailWire.FACTS) { try EmailSource($0, $1, $2) },
  Platform(facts: Feishu.facts) { try FeishuSource($0, $1, $2) },
  Platform(facts: TelegramWire.FACTS) { account, stage, options in
    // A server alone may be there for others, or to tell how we fare.
    let isPosted =
      options.publicURL != nil || account.isGiven("public_url") || account.isGiven("webhook_secret")
    var own = options
    if !isPosted { own.listen = nil }
    return try TelegramSource(account, stage, own)
  },
  Platform(facts: WebhookFacts.facts) { try WebhookSource($0, $1, $2) },
]

/// The source of a chat platform that an operand names, `PLATFORM` or `PLATFORM@ACCOUNT`; nil where it names none.
///
/// - Throws: `Failure`.
func platformSource(_ operand: String, _ stage: Stage, _ options: SourceOptions) throws -> (any Source)? {
  let words = operand.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
  guard let platform = chatPlatforms.first(where: { $0.facts.isCalled(words[0]) }) else { return nil }
  guard words.count == 1 || !words[1].isEmpty else {
    throw Failure.usage("'\(operand)': no account stands behind the @")
  }
  let account = try Account(
    platform.facts, account: words.count == 2 ? words[1] : "", settings: stage.settings)
  return try platform.source(account, stage, options)
}
