package import JSON
package import Store
internal import System
internal import Text

/// Turns and their sums as text for people and as JSON for programs.
///
/// What is not known is `-`, or null.
package enum AuditText {
  /// A turn as columns with two blanks between, untrusted text escaped.
  package static func line(_ row: AuditRow) -> String {
    [
      row.began.description, row.agent, row.record.person, row.session, row.record.code,
      row.ended.map { duration($0 - row.began) } ?? "-", row.id,
    ].map { $0.isEmpty ? "-" : displayEscaped($0) }.joined(separator: "  ")
  }

  /// A turn as an object.
  ///
  /// `recalled`: what was put before its prompt from memos and facts.
  package static func object(_ row: AuditRow, recalled: [RecallRow] = []) -> JSONObject {
    var object = JSONObject([
      ("id", .string(row.id)), ("agent", .string(row.agent)), ("person", .string(row.record.person)),
      ("platform", .string(row.record.platform)), ("session", .string(row.session)),
      ("began", .string(row.began.description)),
      ("ended", row.ended.map { .string($0.description) } ?? .null),
      ("milliseconds", number(row.ended.map { max($0 - row.began, 0) })),
      ("code", .string(row.record.code)), ("prompt_bytes", number(Int64(row.record.prompt))),
      ("reply_bytes", number(Int64(row.record.reply))), ("tokens", number(row.record.tokens)),
      ("cost", dollars(row.record.cost)),
    ])
    if !recalled.isEmpty {
      object["recalled"] = .array(
        recalled.map { one in
          .object(
            JSONObject([
              (one.doc.isFact ? "fact" : "memo", number(one.doc.n)),
              ("score", JSONNumber((one.score * 1000).rounded() / 1000).map { .number($0) } ?? .null),
            ]))
        })
    }
    return object
  }

  /// Sums as a table with a heading, and a line for all of them together.
  package static func table(_ sums: [AuditSum], by group: AuditGroup) -> String {
    var rows = [[group.rawValue, "turns", "failed", "time", "tokens", "cost"]]
    for sum in sums { rows.append([displayEscaped(name(sum, group))] + cells(sum)) }
    if sums.count != 1 { rows.append(["total"] + cells(total(sums))) }
    let widths = rows[0].indices.map { column in rows.map { $0[column].unicodeScalars.count }.max() ?? 0 }
    return rows.map { row in
      row.indices.map { column in
        let blanks = String(repeating: " ", count: widths[column] - row[column].unicodeScalars.count)
        return column == 0 ? row[column] + blanks : blanks + row[column]
      }.joined(separator: "  ") + "\n"
    }.joined()
  }

  /// A sum as an object, its key under the name of the group.
  package static func object(_ sum: AuditSum, by group: AuditGroup) -> JSONObject {
    JSONObject([
      (group.rawValue, .string(name(sum, group))), ("turns", number(sum.turns)),
      ("failed", number(sum.failed)), ("milliseconds", number(sum.milliseconds)),
      ("tokens", number(sum.tokens)), ("cost", dollars(sum.cost)),
    ])
  }

  /// All sums together.
  package static func total(_ sums: [AuditSum]) -> AuditSum {
    func known(_ values: [Int64]) -> Int64? { values.isEmpty ? nil : values.reduce(0, +) }
    return AuditSum(
      key: "", turns: sums.reduce(0) { $0 + $1.turns }, failed: sums.reduce(0) { $0 + $1.failed },
      milliseconds: sums.reduce(0) { $0 + $1.milliseconds }, tokens: known(sums.compactMap(\.tokens)),
      cost: known(sums.compactMap(\.cost)))
  }

  /// What a sum is about: for a day its date.
  package static func name(_ sum: AuditSum, _ group: AuditGroup) -> String {
    guard group == .day, let day = Int64(sum.key) else { return sum.key.isEmpty ? "-" : sum.key }
    return String(Timestamp(milliseconds: day * 86_400_000).description.prefix(10))
  }

  /// Turns, failures, time, tokens and cost.
  private static func cells(_ sum: AuditSum) -> [String] {
    [
      "\(sum.turns)", "\(sum.failed)", duration(sum.milliseconds), sum.tokens.map(String.init) ?? "-",
      cost(sum.cost),
    ]
  }

  /// Milliseconds as `1.2s`, `3m20s`, `2h05m` or `4d03h`.
  package static func duration(_ milliseconds: Int64) -> String {
    let all = max(milliseconds, 0)
    if all < 60_000 { return "\(all / 1000).\(all / 100 % 10)s" }
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let minutes = all / 60_000
    if minutes < 60 { return "\(minutes)m\(two(all / 1000 % 60))s" }
    if minutes < 48 * 60 { return "\(minutes / 60)h\(two(minutes % 60))m" }
    return "\(minutes / 1440)d\(two(minutes / 60 % 24))h"
  }

  /// Millionths of a US dollar as dollars with four decimals.
  package static func cost(_ millionths: Int64?) -> String {
    millionths.map { "$" + Money.decimal($0, places: 4) } ?? "-"
  }

  private static func dollars(_ millionths: Int64?) -> JSONValue {
    // Its digits are exact; a binary fraction would not be.
    millionths.flatMap { try? JSONReader.parse(Money.decimal($0, places: 6)) } ?? .null
  }

  private static func number(_ value: Int64?) -> JSONValue {
    value.map { .number(JSONNumber(Int($0))) } ?? .null
  }
}
