/// A splitter for each platform, with the limit that its server has.
///
/// The measure is the form that is sent, so a part that is rendered fits.
extension TextSplitter {
  /// Telegram: 4096 UTF-16 units of what is seen.
  package static var telegram: TextSplitter {
    TextSplitter(limit: 4096, unit: .utf16) { $0.telegram.visible }
  }
  /// A Feishu card: its JSON may have 30 KB, of which this leaves some to a heading and buttons.
  package static var feishuCard: TextSplitter {
    TextSplitter(limit: 20_000, unit: .bytes) { $0.feishuMarkdown }
  }
  /// A Feishu post: its JSON may have 30 KB.
  package static var feishuPost: TextSplitter {
    TextSplitter(limit: 20_000, unit: .bytes) { $0.plain }
  }
  /// Slack: 4000 UTF-16 units of mrkdwn are shown without being cut.
  package static var slack: TextSplitter { TextSplitter(limit: 4000, unit: .utf16) { $0.slack } }
  /// Discord: 2000.
  package static var discord: TextSplitter { TextSplitter(limit: 2000, unit: .utf16) { $0.discord } }
  /// DingTalk: `msgParam` may have 15000 bytes, in which JSON's escapes count.
  package static var dingtalk: TextSplitter {
    TextSplitter(limit: 12_000, unit: .bytes) { $0.dingtalk }
  }
  /// WeCom's group robots: 4096 bytes.
  package static var wecom: TextSplitter { TextSplitter(limit: 4096, unit: .bytes) { $0.wecom } }
  /// WeCom's `markdown_v2`: 4096 bytes.
  package static var wecomV2: TextSplitter { TextSplitter(limit: 4096, unit: .bytes) { $0.wecomV2 } }
  /// ntfy: 4096 bytes; the server makes a file of what is longer.
  package static var ntfy: TextSplitter { TextSplitter(limit: 4096, unit: .bytes) { $0.commonMark } }
  /// Bark: what Apple's service takes (4096 bytes) with room for the rest of the notification.
  package static var bark: TextSplitter { TextSplitter(limit: 3000, unit: .bytes) { $0.commonMark } }
}
