/// What an error of the API means for what was to be done.
enum FeishuVerdict: Equatable {
  /// The token is not valid: get another one, and try once more.
  case token
  /// Too much at once: later, after so many milliseconds where it says so.
  case wait
  /// Something that passes: later.
  case again
  /// The app may not do this: nothing that trying again would change.
  case forbidden
  /// What the message answers is gone, or takes no answer: say it to the chat.
  case unanswerable
  /// The message cannot be changed any more: say it anew.
  case unchangeable
  /// What was sent is not understood: say it more simply.
  case unreadable
  /// It is too long: say it in pieces.
  case tooLong
  /// The card does not stream any more: switch it on again, or change it as a whole.
  case streamClosed
  /// A number that is not greater than the one before: a greater one.
  case sequence
  /// It will not be done, whatever we do.
  case refused

  /// The verdict on an error's code; nil for one that says nothing about messages.
  init?(code: Int) {
    guard let known = Self.known[code] else { return nil }
    self = known
  }

  /// The verdict on an HTTP status without more.
  init(status: Int) {
    switch status {
    case 429: self = .wait
    case 500...599, 408: self = .again
    default: self = .refused
    }
  }

  private static let known: [Int: FeishuVerdict] = [
    // The gateway.
    99_991_661: .token, 99_991_663: .token, 99_991_664: .token, 99_991_665: .token, 99_991_668: .token,
    99_991_671: .token, 99_991_677: .token,
    99_991_400: .wait, 99_991_402: .wait, 99_992_402: .unreadable, 9499: .unreadable, 11_020: .wait,
    11_021: .wait, 11_232: .wait,
    99_991_543: .refused, 99_991_662: .refused, 99_991_673: .refused,
    99_991_672: .forbidden, 99_991_679: .forbidden,
    1500: .again, 1551: .again, 1557: .again,
    // Messages.
    230_001: .unreadable, 230_011: .unanswerable, 230_019: .unanswerable, 230_020: .wait,
    230_022: .refused, 230_025: .tooLong, 230_027: .forbidden, 230_031: .unchangeable,
    230_049: .again, 230_050: .unanswerable, 230_054: .unanswerable, 230_055: .unreadable,
    230_071: .unanswerable, 230_072: .unanswerable, 230_099: .unreadable, 230_110: .unchangeable,
    230_111: .unanswerable,
    // Cards.
    10_002: .unreadable, 200_220: .unreadable, 200_740: .unchangeable, 200_750: .unchangeable,
    200_770: .unchangeable, 200_810: .wait, 200_850: .streamClosed, 200_860: .tooLong,
    300_120: .again, 300_122: .refused, 300_301: .unreadable, 300_302: .unreadable, 300_303: .unreadable,
    300_305: .unreadable, 300_307: .unreadable, 300_309: .streamClosed, 300_310: .unchangeable,
    300_311: .unchangeable, 300_313: .unchangeable, 300_317: .sequence,
    // Files.
    232_096: .again, 234_001: .unreadable, 234_002: .token, 234_006: .tooLong, 234_011: .unreadable,
    234_039: .tooLong, 234_042: .again,
    // Reactions.
    231_015: .again,
  ]
}
