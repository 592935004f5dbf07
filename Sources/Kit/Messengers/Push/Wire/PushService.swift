package import Journal

/// A service that takes notifications: what it needs to know, how it is asked, and what its answers mean.
///
/// Services differ in nothing else, so each is one value of this type, and one messenger serves them all.
package struct PushService: Sendable {
  /// The platform, as in addresses.
  package var platform: String
  /// Other names of it.
  package var aliases: [String] = []
  /// What people call it.
  package var title: String
  /// Whether another messenger serves accounts of this platform that are not robots.
  package var isShared = false
  /// What an account says.
  package var keys: [PushKey]
  /// Whether its accounts may answer to addresses that come with messages: what they say under `reply`.
  package var takesReplies = false
  /// Keys that an account may have beside these, for what receives.
  package var receivingKeys: [String] = []
  /// In which form it wants its text.
  package var form: PushForm
  /// How long a text may be, in that form.
  package var limit: PushLimit
  /// How often it may be asked.
  package var pace: [PushPace]
  /// Whether it has a place for a title; otherwise the text begins with it.
  package var hasTitle = false
  /// Whether the channel of an address says where the text goes; otherwise the account alone does.
  package var hasChannels = false
  /// Asks for a text.
  package var text: @Sendable (PushNote, PushValues) throws -> PushRequest
  /// Asks for a file; nil where it takes none.
  package var file: PushFileRules?
  /// What an answer means.
  package var outcome: @Sendable (PushAnswer) -> Outcome
  /// Finds out whether the account works without sending anything; nil where only a message can tell.
  package var probe: PushProbe?
}

/// How to find out whether an account works.
package struct PushProbe: Sendable {
  /// What is asked.
  package var request: @Sendable (PushValues) throws -> PushRequest
  /// What a good answer says about the account, in a few words; nil for an answer that is not good.
  package var words: @Sendable (PushAnswer) -> String?
}

/// What an account says under one key.
package struct PushKey: Sendable {
  /// The key.
  package var name: String
  /// Whether it is a credential.
  package var isSecret = false
  /// Whether nothing goes without it.
  package var isNeeded = false
  /// Another key with which it is not needed.
  package var alternative: String?
  /// The environment variable that is usual for it.
  package var variable: String?
  /// What it is, for who is asked for it.
  package var meaning: String

  package static func secret(
    _ name: String, _ variable: String?, _ meaning: String, isNeeded: Bool = false
  ) -> PushKey {
    PushKey(name: name, isSecret: true, isNeeded: isNeeded, variable: variable, meaning: meaning)
  }

  package static func text(
    _ name: String, _ variable: String?, _ meaning: String, isNeeded: Bool = false
  ) -> PushKey {
    PushKey(name: name, isNeeded: isNeeded, variable: variable, meaning: meaning)
  }
}

/// In which form a service wants its text.
package enum PushForm: Sendable, Equatable {
  case plain, commonMark, dingtalk, feishu, wecom, slack, discord
  /// The HTML of a Matrix event.
  case matrix
}

/// How long a text may be.
package struct PushLimit: Sendable, Equatable {
  package enum Unit: Sendable { case bytes, characters, utf16 }
  package var count: Int
  package var unit: Unit

  package static func bytes(_ count: Int) -> PushLimit { PushLimit(count: count, unit: .bytes) }
  package static func characters(_ count: Int) -> PushLimit { PushLimit(count: count, unit: .characters) }
  package static func utf16(_ count: Int) -> PushLimit { PushLimit(count: count, unit: .utf16) }
}

/// How often a service may be asked: so many times within so many milliseconds.
package struct PushPace: Sendable, Equatable {
  package var count: Int
  package var within: Int64

  package init(_ count: Int, within: Int64) { (self.count, self.within) = (count, within) }

  // A little longer than they are: what leaves at equal distances does not arrive so.
  static let second: Int64 = 1100
  static let minute: Int64 = 61_500
}

/// Files that a service takes.
package struct PushFileRules: Sendable {
  /// The largest, in bytes.
  package var limit: Int
  /// The smallest, in bytes.
  package var least = 1
  /// Whether only pictures are taken.
  package var isForImages = false
  /// Uploads one where that is a call of its own; what its answer gives is passed to `send`.
  package var upload: (@Sendable (PushFile, PushValues) throws -> PushRequest)?
  /// What an upload's answer gives, or why it gives nothing.
  package var key: @Sendable (PushAnswer) -> String? = { _ in nil }
  /// Sends one.
  package var send: @Sendable (PushFile, String?, PushNote, PushValues) throws -> PushRequest
}
