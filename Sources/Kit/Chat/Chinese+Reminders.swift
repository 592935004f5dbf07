internal import Schedule
internal import Store

/// What is said about reminders, in Chinese.
extension ReminderPhrase {
  var chinese: String {
    switch self {
    case .made(let n, let kind, let next, let zone, let schedule, let text, let isServed):
      "\(kind == .text ? "提醒" : "定时提示") \(n)：\(next)（\(zone)）" + (schedule.map { "，此后重复：\($0)" } ?? "")
        + "\n\(text)"
        + (isServed ? "" : "\n\n已记下，但目前没有程序查看到期的提醒：以 'agim-remind watch' 开头的管道会做这件事，见 agim-remind(1)。")
    case .list(let lines): lines.joined(separator: "\n")
    case .none(.text): "没有等待中的提醒。新建：/remind 10分钟后 喝水"
    case .none(.prompt): "没有定时提示。新建：/cron 每天8点 有什么新消息？"
    case .cancelled(let n): "\(n) 已取消。"
    case .paused(let n): "\(n) 已暂停，等你恢复。"
    case .resumed(let n, let next): "\(n) 已恢复：\(next)"
    case .snoozed(let n, let next): "\(n) 稍后再提醒：\(next)"
    case .times(let n, []): "\(n) 现在不会来：已暂停或已结束。"
    case .times(let n, let times): "\(n) 的时间：\n" + times.joined(separator: "\n")
    case .unknown(let word): "这里没有提醒 \(word)。全部：/remind list"
    case .notYours(let n): "\(n) 是别人的。"
    case .impossible(let n, let state): "\(n) 已经\(Self.state(state))。"
    case .unclear(let forms, let command):
      "没看懂时间。例如：\n" + forms.map { "/\(command) \($0)" }.joined(separator: "\n")
    case .past(let time): "\(time) 已经过去了。"
    case .never(let text): "\(text) 永远不会到来。"
    case .otherDay(let date, let weekday, let forms, let command):
      "\(date) 是\(Weekday.chinese(weekday))。是哪一天？\n"
        + forms.map { "/\(command) \($0)" }.joined(separator: "\n")
    case .wrong(let reason, let forms): "写法不对（\(reason)）。例如：\(forms.joined(separator: "，"))"
    case .noText(let command): "提醒什么呢？例如：/\(command) 10分钟后 喝水"
    }
  }

  private static func state(_ state: ReminderRow.State) -> String {
    switch state {
    case .active: "在等待中"
    case .paused: "暂停"
    case .done: "结束"
    case .cancelled: "取消"
    }
  }
}
