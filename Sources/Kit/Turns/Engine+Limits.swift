internal import Console
internal import JSON
internal import Journal
internal import Limits
internal import Settings
internal import Stage
internal import Store
internal import System
internal import Wire

/// Limits before a turn begins: an agent that is out of order is left alone, who is too fast waits, and what
/// was spent is looked at.
extension Engine {
  /// Waits of less than this many milliseconds are not told about.
  private static let shortWait: Int64 = 5000

  private var limits: LimitSettings { stage.settings.limits }

  /// Whether a turn may begin now; otherwise its queue waits, and comes again by itself.
  func mayBegin(_ row: InboxRow, _ queue: SessionQueue, after starts: [InboxRow]) throws -> Bool {
    if let wait = try rateWait(of: row, queue, after: starts) {
      hold(queue, wait.milliseconds, wait.who)
      if wait.milliseconds > Self.shortWait, !queue.wasToldOfRate {
        queue.wasToldOfRate = true
        tellWait(row, wait.milliseconds, wait.who)
      }
      return false
    }
    guard case .trying(let opening) = try breaker(of: agent(of: row)) else { return true }
    let isTried =
      try starts.contains { agent(of: $0) == agent(of: row) }
      || stage.journal.runs(agent(of: row), since: opening.trialsSince)
    guard isTried else { return true }
    tellTrial(row, queue)
    // Its end, here or elsewhere, wakes us; the timer is for a process that died.
    blocked.append(queue)
    if !isWaitingForTrial {
      isWaitingForTrial = true
      stage.loop.after(Self.shortWait) { [unowned self] in
        isWaitingForTrial = false
        releaseBlocked()
      }
    }
    return false
  }

  /// Says that a message waits for the turn that tries its agent again, where that takes its time.
  private func tellTrial(_ row: InboxRow, _ queue: SessionQueue) {
    let now = stage.loop.clock.monotonic()
    guard let since = queue.waitsForTrial else {
      queue.waitsForTrial = now
      return
    }
    guard since != .max, now - since >= Self.shortWait else { return }
    queue.waitsForTrial = .max
    let name = agent(of: row)
    switch stage.settings.language {
    case .en:
      say(
        "\(name) failed too often and is being tried again with another message: this one waits for what "
          + "becomes of that. Nothing is lost.", about: row)
    case .zh: say("\(name) 此前多次失败，正在用另一条消息重试：这条等待其结果，不会丢失。", about: row)
    }
  }

  /// The start of a row's turn; one that tries an agent again begins only if no other one does.
  func turnStart(_ row: InboxRow) -> TurnStart {
    var start = TurnStart(row)
    if case .trying(let opening) = usage.breaker(of: agent(of: row), at: stage.loop.clock.now(), limits) {
      start.aloneSince = opening.trialsSince
    }
    start.scope = scope(of: row, agent: agent(of: row))
    return start
  }

  private func agent(of row: InboxRow) -> String { row.agent ?? defaultAgent ?? "" }

  private func breaker(of agent: String) throws -> Breaker {
    let now = stage.loop.clock.now()
    try usage.look(at: stage.journal.store, now)
    return usage.breaker(of: agent, at: now, limits)
  }

  // MARK: - Rates

  /// How long a message waits because its person or its agent is too fast; nil: it does not.
  func rateWait(
    of row: InboxRow, _ queue: SessionQueue, after starts: [InboxRow]
  ) throws -> (milliseconds: Int64, who: Usage.Who)? {
    let limits = limits
    let now = stage.loop.clock.now()
    guard limits.personRate > 0 || limits.agentRate > 0, let start = start(row, now) else { return nil }
    let store = stage.journal.store
    try usage.look(at: store, now)
    let running = try Usage.running(in: store, at: now) + starts.compactMap { self.start($0, now) }
    return usage.wait(for: start, running: running, limits) { [held] in
      queue.hasWaited ? 0 : held[$0] ?? 0
    }
  }

  private func start(_ row: InboxRow, _ now: Timestamp) -> Usage.Start? {
    Usage.start(of: agent(of: row), row: row.platform, session: row.session, line: row.line, at: now)
  }

  private func hold(_ queue: SessionQueue, _ milliseconds: Int64, _ who: Usage.Who) {
    queue.isHeld = true
    queue.hasWaited = true
    held[who, default: 0] += 1
    stage.loop.after(milliseconds) { [unowned self] in
      queue.isHeld = false
      held[who] = held[who].flatMap { $0 > 1 ? $0 - 1 : nil }
      makeReady(queue)
    }
  }

  private func tellWait(_ row: InboxRow, _ milliseconds: Int64, _ who: Usage.Who) {
    let seconds = (milliseconds + 999) / 1000
    let text: String
    switch (stage.settings.language, who) {
    case (.en, .person):
      text =
        "That is more than \(limits.personRate) messages a minute: this one waits \(seconds) s. "
        + "Nothing is lost."
    case (.zh, .person):
      text = "一分钟内超过 \(limits.personRate) 条消息：这条要等 \(seconds) 秒，不会丢失。"
    case (.en, .agent(let name)):
      text =
        "\(name) gets more than \(limits.agentRate) messages a minute: this one waits \(seconds) s. "
        + "Nothing is lost."
    case (.zh, .agent(let name)):
      text = "\(name) 一分钟内收到超过 \(limits.agentRate) 条消息：这条要等 \(seconds) 秒，不会丢失。"
    }
    say(text, about: row)
  }

  // MARK: - Refusals

  /// Why a turn is not given to its agent; nil where it is.
  func refusal(of turn: Turn) -> (code: String, text: String)? {
    if let job = turn.job, job.isCancelled {
      return (Ending.aborted, JobWords.cancelled(job, stage.settings.language))
    }
    do {
      if let refusal = try undecided(turn) { return refusal }
      let now = stage.loop.clock.now()
      if case .open(let opening) = try breaker(of: turn.settings.name) {
        return (Ending.breakerOpen, leftAlone(turn.settings.name, opening, now))
      }
      return try overspent(turn, now).map { (Ending.spendLimit, $0) }
    } catch {
      // What cannot be looked at is no reason to stop work, unless it is to be paid for.
      Log.warning("the limits cannot be looked at: \(error)")
      guard limits.spendDay != nil || limits.spendSession != nil || limits.spendSessionDay != nil else {
        return nil
      }
      return (Ending.spendLimit, "What was spent cannot be read: \(error)")
    }
  }

  /// A heartbeat that nobody has looked at: no model is called before its check has found something.
  private func undecided(_ turn: Turn) throws -> (code: String, text: String)? {
    guard turn.row.platform == Journal.remindPlatform, turn.line["heartbeat"] == nil,
      let n = turn.line["reminder"]?["n"]?.int,
      let heartbeat = try stage.journal.store.heartbeat(reminder: Int64(n))
    else { return nil }
    switch stage.settings.language {
    case .en:
      return (
        "undecided",
        "Heartbeat \(heartbeat.name) was not given to \(turn.settings.name), because nothing has looked whether "
          + "there is something: agim-route does that, and is missing before agim-run."
      )
    case .zh:
      return (
        "undecided",
        "心跳 \(heartbeat.name) 没有交给 \(turn.settings.name)：还没有检查是否有事。检查由 agim-route 完成，而 agim-run 之前没有它。"
      )
    }
  }

  private func leftAlone(_ name: String, _ opening: Breaker.Opening, _ now: Timestamp) -> String {
    let wait = Self.span(opening.retry - now, stage.settings.language)
    switch stage.settings.language {
    case .en:
      return
        "\(name) is not available since \(Self.time(opening.since, now)): it failed \(opening.failures) times "
        + "in a row, last with \"\(opening.code)\". It is tried again with the first message after "
        + "\(Self.time(opening.retry, now)), in \(wait). Until then /agent NAME gives the conversation to "
        + "another one; this message was not given to any."
    case .zh:
      return "\(name) 自 \(Self.time(opening.since, now)) 起不可用：连续失败 \(opening.failures) 次，最近一次的错误是"
        + "“\(opening.code)”。\(Self.time(opening.retry, now))（\(wait)后）起收到的第一条消息会再次尝试。"
        + "在此之前可用 /agent 名称 换一个；这条消息没有交给任何智能体。"
    }
  }

  /// Says that a limit of money is reached; nil where it is not.
  private func overspent(_ turn: Turn, _ now: Timestamp) throws -> String? {
    let reached = try Budget.reached(
      in: stage.journal.store, session: turn.row.session, today: usage.allSpentToday, at: now, limits)
    guard let reached else { return nil }
    let wait = Self.span(Usage.nextDay(after: now) - now, stage.settings.language)
    switch (reached, stage.settings.language) {
    case (.day(let spent, let limit), .en):
      return "Not begun: agents have cost \(Money.text(spent)) today, and the limit of a day is "
        + "\(Money.text(limit)). The next day begins at 00:00 UTC, in \(wait); whoever keeps config.json can raise "
        + "limits.spend_day before."
    case (.day(let spent, let limit), .zh):
      return "未开始：今天智能体已花费 \(Money.text(spent))，每日上限为 \(Money.text(limit))。00:00 UTC（\(wait)后）重新计算；"
        + "管理 config.json 的人可提前调高 limits.spend_day。"
    case (.sessionDay(let spent, let limit), .en):
      return
        "Not begun: this conversation and its jobs have cost \(Money.text(spent)) today, and their limit of a "
        + "day is \(Money.text(limit)). The next day begins at 00:00 UTC, in \(wait); whoever keeps config.json can "
        + "raise limits.spend_session_day before."
    case (.sessionDay(let spent, let limit), .zh):
      return "未开始：本会话及其任务今天已花费 \(Money.text(spent))，每日上限为 \(Money.text(limit))。"
        + "00:00 UTC（\(wait)后）重新计算；管理 config.json 的人可提前调高 limits.spend_session_day。"
    case (.session(let spent, let limit), .en):
      return
        "Not begun: this conversation has cost \(Money.text(spent)), and its limit is \(Money.text(limit)). "
        + "/new begins another one, and with it anew; whoever keeps config.json can raise limits.spend_session."
    case (.session(let spent, let limit), .zh):
      return "未开始：本会话已花费 \(Money.text(spent))，上限为 \(Money.text(limit))。/new 开始新会话并重新计算；"
        + "管理 config.json 的人可调高 limits.spend_session。"
    }
  }

  // MARK: - Words

  /// Hours and minutes; what is not of today with its date.
  private static func time(_ moment: Timestamp, _ now: Timestamp) -> String {
    let (text, today) = (moment.description, now.description)
    let time = "\(text.dropFirst(11).prefix(5)) UTC"
    return text.prefix(10) == today.prefix(10) ? time : "\(text.prefix(10)) \(time)"
  }

  private static func span(_ milliseconds: Int64, _ language: Language) -> String {
    let seconds = max(0, (milliseconds + 999) / 1000)
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return switch language {
    case .en: seconds < 60 ? "\(seconds) s" : hours == 0 ? "\(minutes) min" : "\(hours) h \(minutes) min"
    case .zh: seconds < 60 ? "\(seconds) 秒" : hours == 0 ? "\(minutes) 分钟" : "\(hours) 小时 \(minutes) 分钟"
    }
  }
}
