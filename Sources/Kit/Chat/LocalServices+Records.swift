internal import Audit
internal import JSON
internal import Journal
internal import Requests
internal import Stage
internal import Store
internal import System
internal import Text

/// `/approval`, `/audit` and `/stats`.
extension LocalServices {
  private static let lineLimit = 30
  private static let dayLimit = 366

  func approval(_ words: any Catalogue) throws -> String {
    let store = stage.journal.store
    let now = stage.journal.clock.now()
    let waiting = try store.openRequests().filter { $0.state == .pending && $0.expires > now }
    let grants = try store.grants(at: now)
    var lines = [words.say(waiting.isEmpty ? .noRequests : .requestsWait)]
    for row in waiting.prefix(Self.lineLimit) {
      let matter = Card.matter(row).split(separator: "\n").first.map(String.init) ?? ""
      let until = row.expires.description.prefix(16)
      lines.append(
        displayEscaped(
          "\(row.code)  \(row.agent)  \(row.tool): \(matter.prefix(100))  [\(row.session)]  → \(until)"))
    }
    if waiting.count > Self.lineLimit {
      lines.append(words.say(.moreEntries(waiting.count - Self.lineLimit)))
    }
    lines += ["", words.say(grants.isEmpty ? .noGrants : .grantsHold)]
    for row in grants.prefix(Self.lineLimit) {
      let grant = try? JSONReader.parse(Array(row.grant.utf8))
      let place = grant?["session"]?.string ?? "*"
      lines.append(
        displayEscaped("\(row.n)  \(grant?["agent"]?.string ?? "?")  \(row.title)  [\(place)]  \(row.by)"))
    }
    if grants.count > Self.lineLimit { lines.append(words.say(.moreEntries(grants.count - Self.lineLimit))) }
    if !grants.isEmpty { lines.append(words.say(.revokeGrant)) }
    return lines.joined(separator: "\n")
  }

  func audit(_ argument: String, _ words: any Catalogue) throws -> String {
    guard let days = Self.days(argument, standard: 1) else {
      return words.say(.badArgument(syntax: ChatVerb.audit.syntax))
    }
    let store = stage.journal.store
    let filter = last(days)
    let after = try store.auditStart(filter, newest: Self.lineLimit)
    let rows = try store.audit(filter, after: after, limit: Self.lineLimit)
    guard !rows.isEmpty else { return words.say(.noTurns(days: days)) }
    return rows.map(AuditText.line).joined(separator: "\n")
  }

  func stats(_ argument: String, _ words: any Catalogue) throws -> String {
    guard let days = Self.days(argument, standard: 7) else {
      return words.say(.badArgument(syntax: ChatVerb.stats.syntax))
    }
    let store = stage.journal.store
    let sums = try store.auditSums(last(days), by: .agent)
    guard !sums.isEmpty else { return words.say(.noTurns(days: days)) }
    func line(_ name: String, _ sum: AuditSum) -> String {
      words.say(
        .turns(
          displayEscaped(name), count: sum.turns, failed: sum.failed,
          time: AuditText.duration(sum.milliseconds), tokens: sum.tokens.map(String.init) ?? "-",
          cost: AuditText.cost(sum.cost)))
    }
    var lines = [line(words.say(.allTurns(days: days)), AuditText.total(sums))]
    for group in [AuditGroup.agent, .person] {
      lines.append("")
      let parts = group == .agent ? sums : try store.auditSums(last(days), by: group)
      lines += parts.prefix(Self.lineLimit).map { line(AuditText.name($0, group), $0) }
      if parts.count > Self.lineLimit { lines.append(words.say(.moreEntries(parts.count - Self.lineLimit))) }
    }
    return lines.joined(separator: "\n")
  }

  private func last(_ days: Int) -> AuditFilter {
    var filter = AuditFilter()
    filter.since = stage.journal.clock.now() + -Int64(days) * 86_400_000
    return filter
  }

  /// A number of days; nil for what is none.
  private static func days(_ text: String, standard: Int) -> Int? {
    if text.isEmpty { return standard }
    return Int(text).flatMap { (1...dayLimit).contains($0) ? $0 : nil }
  }
}
