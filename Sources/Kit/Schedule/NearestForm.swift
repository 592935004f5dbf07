internal import Console
internal import System

/// What somebody may have meant whose text is no time.
enum NearestForm {
  /// Forms by what they are about; a text that has one of the words is near to them.
  private static let table: [(words: [String], forms: [String])] = [
    (
      ["every", "each", "daily", "weekly", "monthly", "hourly"],
      ["every day at 9:00", "every:5m", "weekly:1,3,5:09:00"]
    ),
    (["*", "cron"], ["0 9 * * 1-5", "*/15 * * * *", "cron 0 9 * * *"]),
    (["每", "天天"], ["每天9点", "每周一三五 09:00", "每隔30分钟"]),
    (["周", "星期", "礼拜"], ["周五 18:00", "下周一 09:00", "每周一 9点"]),
    (["月", "号", "日"], ["12月1日 9点", "每月1号9点", "2027-01-01 09:00"]),
    (["后", "小时", "分", "秒"], ["半小时后", "10分钟后", "2小时30分钟后"]),
    (["点", "早", "晚", "午", "今", "明"], ["明天早上9点", "今晚8点", "下午三点"]),
    (
      ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "next"],
      ["friday 18:00", "next monday at 9am", "every monday at 9:00"]
    ),
    (
      ["am", "pm", ":", "at", "tonight", "today", "tom", "morning", "noon"],
      ["9:00", "at 9am", "tomorrow at 9am"]
    ),
    (
      ["in", "min", "hour", "sec", "day", "week", "half", "m", "h", "s", "d"], ["10m", "2h30m", "in 3 days"]
    ),
    (
      ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "-", "/"],
      ["2027-01-01 09:00", "Dec 1 at 9:00", "1 Dec"]
    ),
  ]

  private static let known =
    [
      "tomorrow", "today", "tonight", "every", "monday", "tuesday", "wednesday", "thursday", "friday",
      "saturday",
      "sunday", "morning", "afternoon", "evening", "weekly", "monthly", "minutes", "minute", "hours", "hour",
      "days",
      "weeks", "daily", "next", "january", "february", "april", "august", "september", "october", "november",
      "december", "weekday", "weekdays", "noon", "midnight", "half",
    ]

  /// At most three.
  static func of(_ text: String, _ now: Timestamp, _ zone: Zone) -> [String] {
    let text = String(text.prefix(200))
    if let mended = mended(text, now, zone) { return [mended] }
    // Five numbers without any sign may be anything, so they have to be marked.
    if let first = text.unicodeScalars.first, Words.isDigit(first),
      case let marked = "cron \(text)", (try? TimeText.first(marked, now, zone)) != nil
    {
      return [marked]
    }
    let plain = text.lowercased()
    var words: [String] = []
    for piece in plain.unicodeScalars.split(whereSeparator: { Words.isBlank($0) || Words.isDigit($0) }) {
      words.append(String(piece))
    }
    var best: (score: Int, forms: [String]) = (0, [])
    for (keys, forms) in table {
      var score = 0
      for key in keys {
        let isWord = key.unicodeScalars.first.map(Words.isLetter) ?? false
        if words.contains(where: {
          isWord ? key.utf8.count < 3 ? $0 == key : $0.hasPrefix(key) : holds($0, key)
        }) {
          score += key.unicodeScalars.count
        }
      }
      if score > best.score { best = (score, forms) }
    }
    if !best.forms.isEmpty { return best.forms }
    return text.unicodeScalars.contains(where: Words.isChinese)
      ? ["10分钟后 喝水", "明天早上9点 开会", "每周一三五 09:00 站会"]
      : ["10m drink water", "tomorrow 9:00 call Ann", "daily:08:00 stand-up"]
  }

  private static func holds(_ text: String, _ part: String) -> Bool {
    let text = Array(text.unicodeScalars)
    let part = Array(part.unicodeScalars)
    guard text.count >= part.count else { return false }
    return (0...(text.count - part.count)).contains { text[$0..<($0 + part.count)].elementsEqual(part) }
  }

  /// The text with a slip of the pen mended, where that makes it a time.
  static func mended(_ text: String, _ now: Timestamp, _ zone: Zone) -> String? {
    var words = text.unicodeScalars.split(whereSeparator: Words.isBlank).map { String($0) }
    for index in words.indices.prefix(4) where words[index].utf8.count >= 4 {
      guard words[index].utf8.allSatisfy({ $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A }),
        let near = Nearest.match(words[index], among: known), near != words[index].lowercased()
      else { continue }
      words[index] = near
      let mended = words.joined(separator: " ")
      if (try? TimeText.first(mended, now, zone)) != nil { return mended }
    }
    return nil
  }
}
