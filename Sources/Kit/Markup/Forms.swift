extension Markdown {
  /// For people without any markup: headings and lists as text, tables as aligned columns or, if they are
  /// wide, a line for each cell, links with their URL behind them.
  package var plain: String { form(.plain) }

  /// For Slack's `text`: mrkdwn, in which nothing notifies anybody.
  package var slack: String { form(.slack) }

  /// For Discord's `content`: nothing in it mentions everyone, also where `allowed_mentions` were forgotten.
  package var discord: String { form(.discord) }

  /// For DingTalk's `markdown` messages and cards.
  package var dingtalk: String { form(.dingtalk) }

  /// For WeCom's `markdown` messages: bold, links, code in lines, quotes, headings; lists are text, tables a
  /// line for each cell, blocks of code are lines of code.
  package var wecom: String { form(.wecom) }

  /// For WeCom's `markdown_v2` messages and its intelligent robots, which know lists, code and tables, too.
  package var wecomV2: String { form(.wecomV2) }

  /// Plain CommonMark with GitHub's tables for ntfy, Gotify, Bark and Mattermost, without raw HTML.
  package var commonMark: String { form(.commonMark) }

  private func form(_ dialect: Dialect) -> String {
    var writer = Writer(dialect)
    writer.blocks(blocks)
    return writer.out
  }
}
