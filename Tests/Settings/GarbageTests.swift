import Console
import JSON
import System
import Testing

@testable import Settings

/// Whatever the bytes are: settings, or a failure that says where.
@Suite struct GarbageTests {
  private static let sample = """
    { "language": "zh", /* x */ "accounts": {
        "feishu@é": { "secret": { "command": ["pass"] }, "enabled": true } },
      "addresses": { "ops": "telegram:-100123" }, // y
      "agents": { "claude": { "command": ["claude"], "env": { "A": "\\u0041" }, "idle_timeout": "5m", }, },
      "policy": [ { "if": [ 1, -2.5e3, null, false ] } ], "allow": { "x": ["1"] }, "admins": ["x:1"],
      "rules": [ { "if": { "text": { "glob": "*" } }, "set": { "agent": "a" } } ], "limits": { "jobs": 2 }, "keep": { "inbox": "7d" } }
    """

  private func look(_ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) {
    for isConfig in [true, false] {
      do {
        _ = try Settings.parse(
          config: isConfig ? bytes : nil, env: isConfig ? nil : bytes, home: Home(path: "/h"),
          environment: [:])
      } catch let failure as Failure {
        let isPlaced = failure.message.hasPrefix(isConfig ? "config.json:" : "env:")
        #expect(isPlaced || failure.message.contains("agim-cli"), sourceLocation: sourceLocation)
        #expect(failure.code == .configuration, sourceLocation: sourceLocation)
        #expect(
          failure.description.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, sourceLocation: sourceLocation)
      } catch {
        Issue.record("\(error)", sourceLocation: sourceLocation)
      }
    }
  }

  @Test func truncated() {
    let bytes = Array(Self.sample.utf8)
    #expect(throws: Never.self) { try settings(Self.sample) }
    for count in bytes.indices {
      look(Array(bytes.prefix(count)))
      look(Array(bytes.suffix(count)))
    }
  }

  @Test func random() {
    var generator = SplitMix(state: 7)
    for _ in 0..<2000 {
      look(
        (0..<Int.random(in: 0...64, using: &generator)).map { _ in .random(in: 0...255, using: &generator) })
    }
  }

  @Test func mutated() {
    var generator = SplitMix(state: 11)
    let bytes = Array(Self.sample.utf8)
    let alphabet = Array("{}[]\",:/*\\0-e\n\u{1}x".utf8) + [0xFF]
    for _ in 0..<4000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: changed.indices, using: &generator)
        let byte = alphabet[Int.random(in: alphabet.indices, using: &generator)]
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: changed[index] = byte
        case 1: changed.insert(byte, at: index)
        default: changed.remove(at: index)
        }
      }
      look(changed)
    }
  }

  @Test("65 levels are too many, 64 are not")
  func deep() {
    func nested(_ levels: Int) -> String {
      "{\"policy\":" + String(repeating: "[", count: levels - 1) + String(repeating: "]", count: levels - 1)
        + "}"
    }
    #expect(throws: Never.self) { try settings(nested(64)) }
    #expect(failure { try settings(nested(65)) }?.message.contains("at most 64 levels") == true)
    #expect(failure { try settings(nested(100_000)) }?.code == .configuration)
  }

  @Test(
    "huge numbers are out of range, not out of bounds",
    arguments: [
      "99999999999999999999", "-9223372036854775808", "9223372036854775807", "1e308", "1e999999", "0.1",
    ])
  func huge(number: String) {
    for path in [
      "{\"limits\":{\"jobs\":", "{\"limits\":{\"output\":", "{\"limits\":{\"backlog\":",
      "{\"keep\":{\"inbox\":",
    ] {
      #expect(failure { try settings("\(path)\(number)}}") }?.message.contains("expected") == true)
    }
    #expect(
      failure { try settings("{\"keep\":{\"inbox\":\"9223372036854775807d\"}}") }?.code == .configuration)
  }

  @Test("names that Swift takes for equal are kept apart or refused, never a trap")
  func canonicalEquivalents() throws {
    let both = try settings("{\"accounts\":{\"x@\u{e9}\":{},\"x@e\u{301}\":{\"\u{e9}\":1,\"e\u{301}\":2}}}")
    #expect(both.accounts.count == 2)
    #expect(both.account("x", "e\u{301}")?.values.count == 2)
  }

  @Test("many members take no quadratic time", .timeLimit(.minutes(1)))
  func many() {
    let members = (0..<40_000).map { "\"a\($0)\":{}" }.joined(separator: ",")
    #expect(throws: Never.self) { try settings("{\"agents\":{\(members)}}") }
    #expect(throws: Never.self) { try settings("{\"accounts\":{\(members)}}") }
  }
}
