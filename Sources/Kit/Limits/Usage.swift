package import Settings
package import Store
package import System
internal import Wire

/// What the turns of a home have used up, as far as limits ask: failures in a row, turns of the last minute,
/// money of today.
///
/// It is made of the rows of the table `audit`, at first with a few questions, then with each row that comes.
package struct Usage {
  /// A turn of somebody on a chat platform.
  package struct Start: Equatable, Sendable {
    let began: Timestamp
    /// `PLATFORM:ID`; nil where the line names nobody.
    let person: String?
    /// Nil where no agent was given the message.
    let agent: String?
  }

  /// Whom a rate is about.
  package enum Who: Hashable, Sendable {
    /// A person, `PLATFORM:ID`.
    case person(String)
    /// An agent.
    case agent(String)
  }

  /// What is known of an agent's row of failures at most: more than there can be in `keep.audit`.
  private static let failureLimit = 1000
  private static let minute: Int64 = 60_000
  private static let dayLength: Int64 = 86_400_000

  private var last: Int64?
  private var failures: [String: [Breaker.Failure]] = [:]
  private var recent: [Start] = []
  private var day: Int64 = .min
  /// What each agent's turns of today have cost, in millionths of a US dollar.
  package private(set) var spentToday: [String: Int64] = [:]

  /// Nothing is known yet.
  package init() {}

  // MARK: - Looking

  /// Learns what has ended since the last look.
  package mutating func look(at store: Store, _ now: Timestamp) throws(StoreError) {
    if var after = last {
      while true {
        let rows = try store.audit(AuditFilter(), after: after, limit: 500)
        for row in rows { note(row, now) }
        after = rows.last?.n ?? after
        if rows.count < 500 { break }
      }
      last = after
    } else {
      try begin(store, now)
    }
    if Self.day(of: now) != day { try beginDay(store, now) }
    recent.removeAll { !Self.isRecent($0.began, now) }
  }

  private mutating func begin(_ store: Store, _ now: Timestamp) throws(StoreError) {
    let last = try store.lastTurn()
    for agent in try store.agentsWithTurns() where !agent.hasPrefix("/") && !Self.isModel(agent) {
      var worked: Int64 = 0
      for code in Ending.working {
        worked = max(worked, try store.lastTurn(of: agent, code: code, through: last))
      }
      var rows: [AuditRow] = []
      for code in Ending.failing {
        rows += try store.turns(
          of: agent, code: code, after: worked, through: last, limit: Self.failureLimit)
      }
      guard !rows.isEmpty else { continue }
      rows.sort { $0.n < $1.n }
      failures[agent] = rows.suffix(Self.failureLimit).map(Self.failure)
    }
    for row in try store.turns(began: now + -Self.minute, through: last) { noteStart(row, now) }
    self.last = last
  }

  private mutating func beginDay(_ store: Store, _ now: Timestamp) throws(StoreError) {
    let day = Self.day(of: now)
    let start = Timestamp(milliseconds: day &* Self.dayLength)
    let costs = try store.costs(from: start, to: start + Self.dayLength, through: last ?? 0)
    spentToday = Dictionary(costs.map { ($0.agent, $0.cost) }) { first, _ in first }
    self.day = day
  }

  private mutating func note(_ row: AuditRow, _ now: Timestamp) {
    // A call of a model is tried again by whoever makes it, and is nobody's turn; what it costs counts.
    switch Self.isModel(row.agent) ? .neither : Ending(code: row.record.code) {
    case .works: failures[row.agent] = nil
    case .fails:
      failures[row.agent, default: []].append(Self.failure(row))
      if failures[row.agent, default: []].count > Self.failureLimit { failures[row.agent]?.removeFirst() }
    case .neither: break
    }
    if let cost = row.record.cost, Self.day(of: row.began) == day {
      let (sum, isTooMuch) = spentToday[row.agent, default: 0].addingReportingOverflow(cost)
      spentToday[row.agent] = isTooMuch ? .max : sum
    }
    noteStart(row, now)
  }

  private mutating func noteStart(_ row: AuditRow, _ now: Timestamp) {
    guard !Self.isModel(row.agent), Self.isRecent(row.began, now), !Person.local.contains(row.record.platform)
    else { return }
    let isRefused = Ending.refusals.contains(row.record.code)
    recent.append(
      Start(
        began: row.began, person: Self.named(row.record.person), agent: isRefused ? nil : row.agent))
  }

  private static func isModel(_ agent: String) -> Bool { agent.hasPrefix(AuditRow.model) }

  private static func failure(_ row: AuditRow) -> Breaker.Failure {
    Breaker.Failure(began: row.began, ended: row.ended ?? row.began, code: row.record.code)
  }

  /// Whether something began in the last minute; what is from the future was noted on another clock.
  private static func isRecent(_ moment: Timestamp, _ now: Timestamp) -> Bool {
    moment > now + -minute && moment <= now + 1000
  }

  private static func day(of moment: Timestamp) -> Int64 {
    let (day, rest) = moment.milliseconds.quotientAndRemainder(dividingBy: dayLength)
    return rest < 0 ? day - 1 : day
  }

  /// A person's name, if its line said who it was.
  private static func named(_ person: String) -> String? { person.hasSuffix(":") ? nil : person }

  // MARK: - Asking

  /// Whether an agent is left alone.
  package func breaker(of agent: String, at now: Timestamp, _ limits: LimitSettings) -> Breaker {
    failures[agent].map { Breaker(after: $0, at: now, limits) } ?? .closed
  }

  /// The agents that are left alone or tried again, by name.
  package func openBreakers(
    at now: Timestamp, _ limits: LimitSettings
  ) -> [(agent: String, breaker: Breaker)] {
    failures.keys.sorted().map { ($0, breaker(of: $0, at: now, limits)) }.filter { $0.1 != .closed }
  }

  /// What all agents' turns of today have cost, in millionths of a US dollar.
  package var allSpentToday: Int64 {
    spentToday.values.reduce(0) { sum, cost in
      let (sum, isTooMuch) = sum.addingReportingOverflow(cost)
      return isTooMuch ? .max : sum
    }
  }

  /// When the day began, in UTC.
  static func dayStart(of now: Timestamp) -> Timestamp {
    Timestamp(milliseconds: day(of: now) &* dayLength)
  }

  /// When the next day begins, in UTC.
  package static func nextDay(after now: Timestamp) -> Timestamp {
    Timestamp(milliseconds: (day(of: now) &+ 1) &* dayLength)
  }

  /// A turn that begins for somebody on a chat platform; nil where nobody sits and types: rates are not about
  /// those.
  package static func start(
    of agent: String, row: String, session: String, line: [UInt8], at began: Timestamp
  ) -> Start? {
    // The session's platform counts where another host has accepted the line.
    guard !Person.local.contains(row) else { return nil }
    let person = Person(row: row, session: Address(session)?.platform ?? "", id: Speaker(line).id)
    guard !Person.local.contains(person.platform) else { return nil }
    return Start(began: began, person: named(person.name), agent: agent)
  }

  /// The turns of chat platforms that run and began in the last minute.
  package static func running(
    in store: Store, at now: Timestamp
  ) throws(StoreError) -> [Start] {
    try store.runningTurns(began: now + -minute).filter { isRecent($0.began, now) }.compactMap {
      start(of: $0.agent, row: $0.platform, session: $0.session, line: $0.line, at: $0.began)
    }
  }

  /// How long a turn must wait for its person's and its agent's rate.
  ///
  /// - Parameters:
  ///   - start: The turn, as if it began now.
  ///   - running: The turns that have begun and not ended.
  ///   - limits: The rates.
  ///   - ahead: How many others wait for the same.
  /// - Returns: For how long, and for which of the two; nil where it need not wait.
  package func wait(
    for start: Start, running: [Start], _ limits: LimitSettings, ahead: (Who) -> Int = { _ in 0 }
  ) -> (milliseconds: Int64, who: Who)? {
    var longest: (milliseconds: Int64, who: Who)?
    for (who, rate) in [
      (start.person.map(Who.person), limits.personRate), (start.agent.map(Who.agent), limits.agentRate),
    ] {
      guard let who, rate > 0 else { continue }
      let begun = begun(who, running)
      guard begun.count + ahead(who) >= rate, !begun.isEmpty else { continue }
      // There is room when so many of them are older than a minute that this one and those ahead have some.
      let index = max(0, min(begun.count - rate + ahead(who), begun.count - 1))
      let wait = max(1, begun[index] + Self.minute - start.began)
      if wait > longest?.milliseconds ?? 0 { longest = (wait, who) }
    }
    return longest
  }

  /// Who has begun so many turns in the last minute that the next one waits, with their number.
  package func atRate(running: [Start], _ limits: LimitSettings) -> [(who: Who, turns: Int)] {
    let all = recent + running
    let people = Set(all.compactMap(\.person)).sorted().map { (Who.person($0), limits.personRate) }
    let agents = Set(all.compactMap(\.agent)).sorted().map { (Who.agent($0), limits.agentRate) }
    return (people + agents).compactMap { who, rate in
      let turns = begun(who, running).count
      return rate > 0 && turns >= rate ? (who, turns) : nil
    }
  }

  private func begun(_ who: Who, _ running: [Start]) -> [Timestamp] {
    (recent + running).filter {
      switch who {
      case .person(let name): $0.person == name
      case .agent(let name): $0.agent == name
      }
    }.map(\.began).sorted()
  }
}
