import System
import Testing

@testable import Schedule

/// Every form that people may write, in one table: what is written, the coming time there, what is left.
///
/// It is Wednesday, 2026-11-18, half past ten in the morning.
private let forms: [(text: String, next: String, rest: String)] = [
  // A time from now.
  ("1m 喝水", "2026-11-18 10:31", "喝水"), ("1m喝水", "2026-11-18 10:31", "喝水"),
  ("90s", "2026-11-18 10:31:30", ""), ("2h30m stretch", "2026-11-18 13:00", "stretch"),
  ("in 5 minutes", "2026-11-18 10:35", ""), ("in 5 minutes to call Ann", "2026-11-18 10:35", "call Ann"),
  ("5 min tea", "2026-11-18 10:35", "tea"), ("in half an hour", "2026-11-18 11:00", ""),
  ("half an hour later tea", "2026-11-18 11:00", "tea"), ("in an hour", "2026-11-18 11:30", ""),
  ("in an hour and a half", "2026-11-18 12:00", ""), ("1.5h tea", "2026-11-18 12:00", "tea"),
  ("2 hours and 30 minutes from now", "2026-11-18 13:00", ""), ("in two days", "2026-11-20 10:30", ""),
  ("3d", "2026-11-21 10:30", ""), ("1w2d", "2026-11-27 10:30", ""), ("in a month", "2026-12-18 10:30", ""),
  ("in 3 days at 9am", "2026-11-21 09:00", ""), ("2 weeks later", "2026-12-02 10:30", ""),
  ("半小时后", "2026-11-18 11:00", ""), ("半小时后提醒我喝水", "2026-11-18 11:00", "喝水"),
  ("半个小时后 喝水", "2026-11-18 11:00", "喝水"), ("一个半小时后", "2026-11-18 12:00", ""),
  ("5分钟后喝水", "2026-11-18 10:35", "喝水"), ("五分钟之后", "2026-11-18 10:35", ""),
  ("两小时后", "2026-11-18 12:30", ""), ("2小时30分钟后", "2026-11-18 13:00", ""),
  ("两个半小时以后开会", "2026-11-18 13:00", "开会"), ("三天后", "2026-11-21 10:30", ""),
  ("三天后下午三点 复诊", "2026-11-21 15:00", "复诊"), ("一周后", "2026-11-25 10:30", ""),
  ("一个月后", "2026-12-18 10:30", ""), ("一刻钟后", "2026-11-18 10:45", ""), ("过10分钟", "2026-11-18 10:40", ""),
  ("再过半小时叫我", "2026-11-18 11:00", ""), ("十秒后", "2026-11-18 10:30:10", ""),
  ("10分钟 关火", "2026-11-18 10:40", "关火"),
  ("１０分钟后", "2026-11-18 10:40", ""), ("二十五分钟后", "2026-11-18 10:55", ""),
  // A time of the day: the next one.
  ("9:00", "2026-11-19 09:00", ""), ("18:30 gym", "2026-11-18 18:30", "gym"), ("9am", "2026-11-19 09:00", ""),
  ("9:30 pm call", "2026-11-18 21:30", "call"), ("at 11", "2026-11-18 11:00", ""),
  ("12am", "2026-11-19 00:00", ""),
  ("12pm", "2026-11-18 12:00", ""), ("noon lunch", "2026-11-18 12:00", "lunch"),
  ("midnight", "2026-11-19 00:00", ""),
  ("11 o'clock", "2026-11-18 11:00", ""), ("half past eleven", "2026-11-18 11:30", ""),
  ("10:30", "2026-11-19 10:30", ""), ("24:00", "2026-11-19 00:00", ""),
  ("18:30:15", "2026-11-18 18:30:15", ""),
  ("8 p.m. film", "2026-11-18 20:00", "film"), ("11点", "2026-11-18 11:00", ""),
  ("九点", "2026-11-19 09:00", ""),
  ("下午三点", "2026-11-18 15:00", ""), ("下午3点半开会", "2026-11-18 15:30", "开会"), ("晚上8点", "2026-11-18 20:00", ""),
  ("晚上十二点", "2026-11-19 00:00", ""), ("中午12点吃饭", "2026-11-18 12:00", "吃饭"),
  ("中午 吃饭", "2026-11-18 12:00", "吃饭"),
  ("8点一刻", "2026-11-19 08:15", ""), ("14时05分", "2026-11-18 14:05", ""), ("下午3:20", "2026-11-18 15:20", ""),
  ("１８：００ 下班", "2026-11-18 18:00", "下班"), ("凌晨2点", "2026-11-19 02:00", ""), ("十一点五十", "2026-11-18 11:50", ""),
  // A day.
  ("tomorrow 9:00", "2026-11-19 09:00", ""), ("tomorrow 9:00 call Ann", "2026-11-19 09:00", "call Ann"),
  ("tomorrow at 9am", "2026-11-19 09:00", ""), ("tomorrow morning", "2026-11-19 09:00", ""),
  ("tomorrow afternoon at 3", "2026-11-19 15:00", ""), ("tomorrow call Ann", "2026-11-19 09:00", "call Ann"),
  // A date and its weekday.
  ("friday dec 4 at 3pm call", "2026-12-04 15:00", "call"), ("fri, Dec 4 9:00", "2026-12-04 09:00", ""),
  ("12月4日周五 15点 开会", "2026-12-04 15:00", "开会"), ("12月4日（周五）15点 开会", "2026-12-04 15:00", "开会"),
  ("周五12月4日 9点", "2026-12-04 09:00", ""), ("9:00 friday dec 4 call", "2026-12-04 09:00", "call"),
  ("2026-12-04 friday 9:00", "2026-12-04 09:00", ""), ("tomorrow (thursday) 9:00", "2026-11-19 09:00", ""),
  ("friday 12/4 at 3pm", "2026-12-04 15:00", ""), ("friday the 20th 8:00", "2026-11-20 08:00", ""),
  // What only looks like another time.
  ("周一 1号会议室 开会", "2026-11-23 09:00", "1号会议室 开会"),
  ("tomorrow and bring cake", "2026-11-19 09:00", "and bring cake"),
  ("friday to the dentist", "2026-11-20 09:00", "the dentist"), ("周五到上海", "2026-11-20 09:00", "到上海"),
  ("明天和小李吃饭", "2026-11-19 09:00", "和小李吃饭"), ("9:00 and go", "2026-11-19 09:00", "and go"),
  ("半小时 3个鸡蛋", "2026-11-18 11:00", "3个鸡蛋"), ("tomorrow around 9 tea", "2026-11-19 09:00", "tea"),
  // Numbers that are none of a time.
  ("tomorrow 9:00 10 eggs", "2026-11-19 09:00", "10 eggs"),
  ("tomorrow at 10 3 eggs", "2026-11-19 10:00", "3 eggs"),
  ("tomorrow 30 eggs", "2026-11-19 09:00", "30 eggs"), ("tomorrow 3x eggs", "2026-11-19 09:00", "3x eggs"),
  ("明天 3个会", "2026-11-19 09:00", "3个会"), ("9am 5 eggs", "2026-11-19 09:00", "5 eggs"),
  ("Tomorrow at noon", "2026-11-19 12:00", ""), ("9am tomorrow", "2026-11-19 09:00", ""),
  ("9:00 in the evening", "2026-11-18 21:00", ""), ("tonight", "2026-11-18 20:00", ""),
  ("tonight at 9", "2026-11-18 21:00", ""), ("8 o'clock tonight", "2026-11-18 20:00", ""),
  ("today 18:00", "2026-11-18 18:00", ""), ("the day after tomorrow at 10:00", "2026-11-20 10:00", ""),
  ("this evening", "2026-11-18 18:00", ""),
  ("明天早上9点", "2026-11-19 09:00", ""), ("明天早上9点开会", "2026-11-19 09:00", "开会"),
  ("后天下午三点", "2026-11-20 15:00", ""), ("大后天 8:00", "2026-11-21 08:00", ""), ("今晚8点", "2026-11-18 20:00", ""),
  ("今晚 看球", "2026-11-18 20:00", "看球"), ("明早七点半 跑步", "2026-11-19 07:30", "跑步"), ("明晚", "2026-11-19 20:00", ""),
  ("明天 交报告", "2026-11-19 09:00", "交报告"), ("明天的9点", "2026-11-19 09:00", ""),
  ("今天下午5点", "2026-11-18 17:00", ""),
  ("提醒我明天9点开会", "2026-11-19 09:00", "开会"), ("请提醒我今晚8点吃药", "2026-11-18 20:00", "吃药"),
  // A weekday.
  ("friday 18:00", "2026-11-20 18:00", ""), ("on Friday at 6pm", "2026-11-20 18:00", ""),
  ("fri", "2026-11-20 09:00", ""), ("wednesday 9:00", "2026-11-25 09:00", ""),
  ("wed 18:00", "2026-11-18 18:00", ""),
  ("next monday at 9am", "2026-11-23 09:00", ""), ("next friday", "2026-11-27 09:00", ""),
  ("this friday 18:00", "2026-11-20 18:00", ""), ("6pm on friday party", "2026-11-20 18:00", "party"),
  ("周五 18:00", "2026-11-20 18:00", ""), ("下周一 09:00", "2026-11-23 09:00", ""),
  ("下周五", "2026-11-27 09:00", ""),
  ("下下周一 9点", "2026-11-30 09:00", ""), ("这周五下午6点", "2026-11-20 18:00", ""),
  ("星期天上午十点", "2026-11-22 10:00", ""),
  ("礼拜三 18:00", "2026-11-18 18:00", ""), ("周日", "2026-11-22 09:00", ""),
  ("下个星期二晚上七点", "2026-11-24 19:00", ""),
  // A date.
  ("2026-12-01 09:00", "2026-12-01 09:00", ""), ("2026-12-01T09:00", "2026-12-01 09:00", ""),
  ("2026-12-01T09:00:00Z pay", "2026-12-01 17:00", "pay"), ("2026/12/1 pay", "2026-12-01 09:00", "pay"),
  ("12-01 09:00", "2026-12-01 09:00", ""), ("12/25", "2026-12-25 09:00", ""),
  ("01-02 9:00", "2027-01-02 09:00", ""),
  ("Dec 1 at 9:00", "2026-12-01 09:00", ""), ("1 Dec", "2026-12-01 09:00", ""),
  ("December 1st, 2026", "2026-12-01 09:00", ""),
  ("1st of March 8:00", "2027-03-01 08:00", ""), ("on the 20th at 8:00", "2026-11-20 08:00", ""),
  ("Feb 29", "2028-02-29 09:00", ""), ("12月1日9点", "2026-12-01 09:00", ""),
  ("12月1号 交房租", "2026-12-01 09:00", "交房租"),
  ("2026年12月1日 下午三点", "2026-12-01 15:00", ""), ("十二月一日", "2026-12-01 09:00", ""),
  ("20号", "2026-11-20 09:00", ""),
  ("1号 交房租", "2026-12-01 09:00", "交房租"), ("月底", "2026-11-30 09:00", ""),
  ("at 9am on Dec 1", "2026-12-01 09:00", ""),
  // Again and again.
  ("every:5m", "2026-11-18 10:35", ""), ("every:5m drink", "2026-11-18 10:35", "drink"),
  ("every:1h30m", "2026-11-18 12:00", ""),
  ("daily:08:00", "2026-11-19 08:00", ""), ("daily:08:00,20:00 pill", "2026-11-18 20:00", "pill"),
  ("weekly:1,3,5:09:00", "2026-11-20 09:00", ""), ("weekly:mon-fri:11:00", "2026-11-18 11:00", ""),
  ("weekly:7:09:00 rest", "2026-11-22 09:00", "rest"), ("monthly:1:09:00", "2026-12-01 09:00", ""),
  ("monthly:31:09:00", "2026-12-31 09:00", ""), ("monthly:last:09:00", "2026-11-30 09:00", ""),
  ("yearly:02-29:09:00", "2028-02-29 09:00", ""), ("0 9 * * 1-5", "2026-11-19 09:00", ""),
  ("0 9 * * mon-fri stand-up", "2026-11-19 09:00", "stand-up"),
  ("*/15 * * * * look", "2026-11-18 10:45", "look"),
  ("0 8 1 jan *", "2027-01-01 08:00", ""), ("cron 30 9 1 1 0 x", "2027-01-01 09:30", "x"),
  ("@daily", "2026-11-19 00:00", ""),
  ("0 9 L * *", "2026-11-30 09:00", ""), ("every 5 minutes", "2026-11-18 10:35", ""),
  ("every minute", "2026-11-18 10:31", ""),
  ("every hour", "2026-11-18 11:30", ""), ("every half hour", "2026-11-18 11:00", ""),
  ("hourly", "2026-11-18 11:30", ""),
  ("every 2 days", "2026-11-20 10:30", ""), ("every other day water", "2026-11-20 10:30", "water"),
  ("every mon-fri at 9 standup", "2026-11-19 09:00", "standup"), ("mon-fri 9:00", "2026-11-19 09:00", ""),
  ("Monday to Wednesday 9:00", "2026-11-23 09:00", ""),
  ("every day at 9 and 18:00 pill", "2026-11-18 18:00", "pill"),
  ("every second week", "2026-12-02 10:30", ""),
  ("think of everyone at 20:00", "2026-11-18 20:00", "think of everyone"),
  ("every day at 9am", "2026-11-19 09:00", ""),
  ("every day at 9:00 and 18:00 pill", "2026-11-18 18:00", "pill"),
  ("daily at 9 stand-up", "2026-11-19 09:00", "stand-up"),
  ("every morning run", "2026-11-19 09:00", "run"), ("every monday at 9:00", "2026-11-23 09:00", ""),
  ("every mon, wed and fri at 18:00", "2026-11-18 18:00", ""), ("mondays at 9", "2026-11-23 09:00", ""),
  ("every weekday at 9:15", "2026-11-19 09:15", ""), ("weekdays 9:15 sync", "2026-11-19 09:15", "sync"),
  ("every weekend", "2026-11-21 09:00", ""), ("weekly on friday at 17:00", "2026-11-20 17:00", ""),
  ("every month on the 1st at 9:00", "2026-12-01 09:00", ""), ("every 15th", "2026-12-15 09:00", ""),
  ("monthly on the last day", "2026-11-30 09:00", ""),
  ("every year on Dec 25 at 8:00", "2026-12-25 08:00", ""),
  ("每天9点", "2026-11-19 09:00", ""), ("每天早上8点和晚上8点吃药", "2026-11-18 20:00", "吃药"),
  ("每晚10点 睡觉", "2026-11-18 22:00", "睡觉"),
  ("每周一三五 09:00", "2026-11-20 09:00", ""), ("每周一、三、五9点站会", "2026-11-20 09:00", "站会"),
  ("每周一到周五 9点", "2026-11-19 09:00", ""),
  ("每周五下午5点半 周报", "2026-11-20 17:30", "周报"), ("每个工作日 9:30", "2026-11-19 09:30", ""),
  ("每周末上午10点", "2026-11-21 10:00", ""),
  ("每月1号9点", "2026-12-01 09:00", ""), ("每月1号和15号 9点", "2026-12-01 09:00", ""),
  ("每月最后一天", "2026-11-30 09:00", ""),
  ("每年12月25日", "2026-12-25 09:00", ""), ("每隔30分钟喝水", "2026-11-18 11:00", "喝水"),
  ("每半小时 起来走走", "2026-11-18 11:00", "起来走走"),
  ("每小时", "2026-11-18 11:30", ""), ("每2小时", "2026-11-18 12:30", ""), ("每两小时喝水", "2026-11-18 12:30", "喝水"),
  ("每5分钟", "2026-11-18 10:35", ""), ("每隔两天", "2026-11-20 10:30", ""),
  ("每隔一天 浇花", "2026-11-20 10:30", "浇花"), ("每隔 1 天", "2026-11-20 10:30", ""),
  ("每隔24小时", "2026-11-19 10:30", ""),
  ("每隔一周", "2026-12-02 10:30", ""), ("每隔7天", "2026-11-25 10:30", ""), ("每1天", "2026-11-19 10:30", ""),
  ("10分钟 前台见", "2026-11-18 10:40", "前台见"), ("三天后 周一例会材料", "2026-11-21 10:30", "周一例会材料"),
  ("in 3 days on the 5th floor", "2026-11-21 10:30", "on the 5th floor"),
  // At the end of a text.
  ("call Ann tomorrow at 9am", "2026-11-19 09:00", "call Ann"),
  ("remind me to call Ann in 5 minutes.", "2026-11-18 10:35", "call Ann"),
  ("喝水 半小时后", "2026-11-18 11:00", "喝水"),
]

/// What is no time, and why.
private let refused: [(text: String, kind: String)] = [
  ("", "unclear"), ("drink water", "unclear"), ("9 apples", "unclear"), ("9%", "unclear"),
  ("at 9% rate", "unclear"),
  ("today", "unclear"), ("25:00", "unclear"), ("9:60", "unclear"), ("13pm", "unclear"),
  ("2026-02-30", "unclear"),
  ("13-01", "unclear"), ("3号线", "unclear"), ("喝水", "unclear"), ("一天", "unclear"), ("2026年", "unclear"),
  ("5x", "unclear"),
  ("tomorow 9:00", "unclear"), ("0m", "unclear"), ("in the box", "unclear"), ("1 2 3 4 5", "unclear"),
  ("每周", "unclear"),
  ("today 9:00", "past"), ("2020-01-01 09:00", "past"), ("今天早上8点", "past"), ("this monday", "past"),
  ("0 0 30 2 *", "never"), ("yearly:02-30:09:00", "never"), ("0 0 31 4,6,9,11 *", "never"),
  // Repetitions that are not understood, and must not come once.
  ("every other monday", "unclear"), ("every other monday 9:00", "unclear"),
  ("tea every other monday 9:00", "unclear"),
  ("call on the first monday of every month at 9:00", "unclear"), ("every first friday 9:00 beer", "unclear"),
  ("每月第一个周一 9点", "unclear"), ("开会 每月第一个周一 9点", "unclear"), ("every other day 9:00", "wrong"),
  ("every 3rd friday beer", "unclear"), ("every 3rd day water", "unclear"),
  ("every 2nd week water", "unclear"),
  ("every evening at 7 and 9 pills", "unclear"),
  // Two days, two times, spans: only one of them would come.
  ("monday tuesday 9:00 x", "unclear"), ("monday and tuesday 9:00 x", "unclear"), ("周一周三 9点 开会", "unclear"),
  ("周一和周三 9点 开会", "unclear"), ("tomorrow and friday at 9 call", "unclear"),
  ("9:00 and 18:00 pill", "unclear"),
  ("明天9点和18点 吃药", "unclear"), ("monday to friday vacation", "unclear"), ("周一到周五 9点 开会", "unclear"),
  ("一小时三刻后 喝水", "unclear"),
  // The 20th is a Friday, and December 5 a Saturday.
  ("tomorrow tuesday 9:00 call", "contradicted"), ("friday, dec 5 call", "contradicted"),
  ("call Ann friday dec 5 9:00", "contradicted"), ("on the 3rd friday call", "contradicted"),
  ("明天（周五）9点 开会", "contradicted"),
  // A number alone may be the hour.
  ("tomorrow 10", "unclear"), ("tomorrow, 10 call Ann", "unclear"), ("monday 3 eggs", "unclear"),
  ("明天 10 喝水", "unclear"), ("tonight 8 call", "unclear"), ("Dec 1 24", "unclear"),
  ("every day 10 push-ups", "unclear"),
  ("请提醒我每周一 9 交报告", "unclear"),
  ("every:1s", "wrong"), ("every:x", "wrong"), ("daily:25:00", "wrong"), ("daily:", "wrong"),
  ("weekly:8:09:00", "wrong"),
  ("weekly:1", "wrong"), ("monthly:32:09:00", "wrong"), ("cron 60 * * * *", "wrong"), ("* * * *, *", "wrong"),
  ("*/0 * * * *", "wrong"), ("5-1 * * * *", "wrong"), ("cron 0 9", "wrong"),
  ("every 2 days at 9:00", "wrong"), ("every:99999d", "wrong"), ("每隔一天 9点", "wrong"), ("每三天早上8点", "wrong"),
  ("5 minutes ago", "unclear"), ("5m ago report", "unclear"), ("2h before lunch", "unclear"),
  ("5分钟前", "unclear"), ("三天之前", "unclear"), ("in two weeks on Monday", "unclear"),
  ("call Ann in two weeks on Monday", "unclear"), ("两周后的周一", "unclear"), ("两周后周一开会", "unclear"),
]

@Suite struct GrammarTests {
  let now: Timestamp
  let shanghai: Zone

  init() throws {
    now = try moment("2026-11-18T10:30:00+08:00")
    shanghai = try zone("Asia/Shanghai")
  }

  @Test func everyForm() throws {
    for form in forms {
      let parsed: TimeText
      do {
        parsed = try TimeText.parse(form.text, now: now, zone: shanghai)
      } catch {
        Issue.record("'\(form.text)': \(error)")
        continue
      }
      let next = parsed.schedule.next(after: now, in: shanghai).map(shanghai.shown)
      #expect(next == form.next, "'\(form.text)'")
      #expect(parsed.rest == form.rest, "'\(form.text)'")
    }
  }

  @Test func whatIsKeptSaysTheSame() throws {
    for form in forms {
      guard let schedule = try? TimeText.parse(form.text, now: now, zone: shanghai).schedule else { continue }
      #expect(Schedule(stored: schedule.text, start: now) == schedule, "'\(form.text)': \(schedule.text)")
    }
  }

  @Test func whatIsNoTimeIsRefused() {
    for (text, kind) in refused {
      do {
        let parsed = try TimeText.parse(text, now: now, zone: shanghai)
        Issue.record("'\(text)' passes for \(parsed)")
      } catch {
        #expect("\(error.kind)".hasPrefix(kind), "'\(text)': \(error.kind)")
        #expect(!error.forms.isEmpty, "'\(text)'")
      }
    }
  }

  @Test func theFormsThatAreShownAreForms() {
    for (text, _) in refused {
      do {
        _ = try TimeText.parse(text, now: now, zone: shanghai)
      } catch {
        for form in error.forms {
          #expect(throws: Never.self, "'\(form)'") { try TimeText.parse(form, now: now, zone: shanghai) }
        }
      }
    }
  }

  @Test func aNumberThatMayBeTheHourIsAskedFor() {
    let long = String(repeating: "长", count: 5000)
    for (text, forms) in [
      ("tomorrow 10 call Ann", ["tomorrow at 10 call Ann", "tomorrow 9:00 10 call Ann"]),
      ("明天 10 喝水", ["明天 10点 喝水", "明天 9:00 10 喝水"]),
      ("明天 1 \(long)", ["明天 1点 \(long.prefix(39))…", "明天 9:00 1 \(long.prefix(38))…"]),
    ] {
      do {
        let parsed = try TimeText.parse(text, now: now, zone: shanghai)
        Issue.record("'\(text)' passes for \(parsed)")
      } catch { #expect(error.forms == forms) }
    }
  }

  @Test func aSlipOfThePenIsMended() {
    for (text, form) in [
      ("tomorow 9:00", "tomorrow 9:00"), ("evry day at 9", "every day at 9"),
      ("0 9 1 1 1", "cron 0 9 1 1 1"), ("5 9 1 1 1 report", "cron 5 9 1 1 1 report"),
    ] {
      do {
        let parsed = try TimeText.parse(text, now: now, zone: shanghai)
        Issue.record("'\(text)' passes for \(parsed)")
      } catch { #expect(error.forms == [form]) }
    }
  }

  @Test func garbageIsOnlyRefused() {
    var random = SplitMix(state: 6)
    let pieces = [
      "9", ":", "00", "每", "周", "一", "天", "后", "in ", "at ", "every", " ", "-", "/", "12", "am", "月", "日",
      "号", "点", "半",
      "tomorrow", "mon", ",", "*", "5", "小时", "\u{301}", "🙂", "0", "99999999999999999999", "两", "个", "T", "Z",
      ".", "next",
    ]
    for _ in 0..<4000 {
      let text = (0..<Int(random.next() % 9)).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }
        .joined()
      _ = try? TimeText.parse(text, now: now, zone: shanghai)
    }
  }
}
