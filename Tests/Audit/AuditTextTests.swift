import JSON
import Store
import System
import Testing

@testable import Audit

@Suite struct AuditTextTests {
  private static let spans: [(Int64, String)] = [
    (-5, "0.0s"), (0, "0.0s"), (999, "0.9s"), (59_999, "59.9s"), (60_000, "1m00s"), (200_000, "3m20s"),
    (3_599_999, "59m59s"), (3_600_000, "1h00m"), (7_500_000, "2h05m"), (172_799_999, "47h59m"),
    (172_800_000, "2d00h"), (356_400_000, "4d03h"), (.max, "106751991167d07h"),
  ]

  @Test("a span of time in two units", arguments: spans.indices)
  func duration(row: Int) {
    let (milliseconds, text) = Self.spans[row]
    #expect(AuditText.duration(milliseconds) == text)
  }

  private static let costs: [(Int64?, String)] = [
    (nil, "-"), (0, "$0.0000"), (1, "$0.0000"), (50, "$0.0001"), (12_345_678, "$12.3457"),
    (-1_500_000, "$-1.5000"),
    (999_999, "$1.0000"), (.max, "$9223372036854.7758"), (.min, "$-9223372036854.7758"),
  ]

  @Test("millionths of a dollar", arguments: costs.indices)
  func cost(row: Int) {
    let (millionths, text) = Self.costs[row]
    #expect(AuditText.cost(millionths) == text)
  }

  private func row(_ record: TurnRecord, agent: String = "a", ended: Int64? = 2500) -> AuditRow {
    AuditRow(
      n: 1, id: "m", agent: agent, session: "telegram:1", began: Timestamp(milliseconds: 1000),
      ended: ended.map { Timestamp(milliseconds: $0) }, record: record)
  }

  @Test("a turn as a line and as an object, what is not known as - and null")
  func turn() {
    let known = row(
      TurnRecord(person: "telegram:U", platform: "telegram", prompt: 3, reply: 4, tokens: 5, cost: 1_250_001))
    #expect(AuditText.line(known) == "1970-01-01T00:00:01.000Z  a  telegram:U  telegram:1  ok  1.5s  m")
    let object = AuditText.object(known)
    #expect(object["milliseconds"]?.int == 1500 && object["tokens"]?.int == 5)
    var json = JSONWriter()
    json.value(.object(object))
    #expect(String(decoding: json.bytes, as: UTF8.self).hasSuffix(#""tokens":5,"cost":1.250001}"#))

    let unknown = row(
      TurnRecord(person: "a\u{1B}b", platform: "", code: "interrupted", prompt: 0), agent: "", ended: nil)
    #expect(AuditText.line(unknown).hasSuffix("  telegram:1  interrupted  -  m"))
    #expect(!AuditText.line(unknown).utf8.contains(0x1B))
    for name in ["ended", "milliseconds", "tokens", "cost"] {
      #expect(AuditText.object(unknown)[name] == .null, "\(name)")
    }
    // A clock that was set back meanwhile.
    #expect(AuditText.object(row(known.record, ended: 10))["milliseconds"]?.int == 0)
  }

  @Test("a total knows what any of its parts knows")
  func total() {
    let sums = [
      AuditSum(key: "a", turns: 1, failed: 1, milliseconds: 10, tokens: nil, cost: nil),
      AuditSum(key: "b", turns: 2, failed: 0, milliseconds: 20, tokens: 7, cost: nil),
    ]
    #expect(
      AuditText.total(sums)
        == AuditSum(key: "", turns: 3, failed: 1, milliseconds: 30, tokens: 7, cost: nil))
    #expect(AuditText.total([]).tokens == nil)
    #expect(
      AuditText.name(
        AuditSum(key: "19782", turns: 0, failed: 0, milliseconds: 0, tokens: nil, cost: nil), .day)
        == "2024-02-29")
  }

  @Test("columns of a table stand below each other")
  func table() {
    let sums = ["x", "longer name"].map {
      AuditSum(key: $0, turns: 1, failed: 0, milliseconds: 0, tokens: nil, cost: 1_000_000)
    }
    let lines = AuditText.table(sums, by: .agent).split(separator: "\n")
    #expect(lines.count == 4 && Set(lines.map(\.count)).count == 1, "\(lines)")
  }
}
