package import JSON

/// A text for Telegram.
package struct TelegramText: Equatable, Sendable {
  /// With the tags of `parse_mode` HTML.
  package var html: String
  /// What is left of `html` when Telegram has taken it in: what its limit of 4096 counts.
  package var visible: String
}

extension Markdown {
  /// For people without any markup: headings and lists as text, tables as aligned columns or, if they are wide, a line
  /// for each cell, links with their URL behind them.
  package var plain: String { "" }

  /// For Telegram (`parse_mode` HTML); at most 100 entities, what is beyond is plain. What it refuses to parse is
  /// sent again as `plain`.
  package var telegram: TelegramText { TelegramText(html: "", visible: "") }

  /// `telegram.html`.
  package var telegramHTML: String { telegram.html }

  /// For one `markdown` element of a Feishu card, also one that grows; tables are aligned code.
  package var feishuMarkdown: String { "" }

  /// For the `elements` of a Feishu card: `markdown` elements, and `table` elements (card JSON 2.0 only) for the
  /// first tables.
  package func feishuElements(tables: Int = 3) -> [JSONValue] { [] }

  /// The `content` of a Feishu message of type `post`: `{"zh_cn": {"title", "content"}}`, of native elements, in
  /// which no text is interpreted. (A group robot wants it inside `{"post": …}`.)
  package func feishuPost(title: String = "") -> JSONValue { .null }

  /// For the text/html part of an e-mail: a whole document with styles inside the elements, nothing that is loaded, and
  /// links to http, https and mailto only.
  package var emailHTML: String { "" }

  /// For the text/plain part of an e-mail, `format=flowed` (RFC 3676): lines end in LF.
  package var emailText: String { "" }

  /// For Slack's `text`: mrkdwn, nothing in it notifies anybody.
  package var slack: String { "" }

  /// For Discord's `content`: nothing in it mentions everyone, also where `allowed_mentions` were forgotten.
  package var discord: String { "" }

  /// For DingTalk's `markdown` messages.
  package var dingtalk: String { "" }

  /// For WeCom's `markdown` messages: bold, links, code in lines, quotes, headings; no lists, tables or blocks of code.
  package var wecom: String { "" }

  /// For WeCom's `markdown_v2` messages and its intelligent robots, which know lists, code and tables, too.
  package var wecomV2: String { "" }

  /// Plain CommonMark with GitHub's tables for ntfy, Gotify, Bark and Mattermost, without raw HTML.
  package var commonMark: String { "" }
}
