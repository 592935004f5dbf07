/// A text for Telegram.
package struct TelegramText: Equatable, Sendable {
  /// With the tags of `parse_mode` HTML.
  package var html: String
  /// What is left of `html` when Telegram has taken it in: what its limit of 4096 counts.
  ///
  /// It is sent without a `parse_mode` where Telegram cannot parse `html`.
  package var visible: String
}

extension Markdown {
  /// For Telegram (`parse_mode` HTML).
  ///
  /// There are at most 100 entities, which is all that a message keeps: where there would be more, emphasis
  /// goes first, then strong text, then code in lines and links, so that blocks of code stay.
  package var telegram: TelegramText {
    var writer = Writer(.telegram)
    for plainness in 0...3 {
      writer = Writer(.telegram)
      writer.plainness = plainness
      writer.mostEntities = plainness < 3 ? 101 : 100
      writer.blocks(blocks)
      if writer.entities <= 100 { break }
    }
    return TelegramText(html: writer.out, visible: writer.visible)
  }

  /// `telegram.html`.
  package var telegramHTML: String { telegram.html }
}
