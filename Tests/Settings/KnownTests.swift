import Console
import Testing

@testable import Settings

/// The table of keys against the reader: one is driven by the other, and this shows it.
@Suite struct KnownTests {
  @Test func wellFormed() {
    let paths = Settings.known.map(\.path)
    #expect(Set(paths).count == paths.count)
    for key in Settings.known {
      let parent = key.path.split(separator: ".").dropLast().joined(separator: ".")
      #expect(parent.isEmpty || paths.contains(parent), "\(key.path) has no parent")
      #expect(!key.help.isEmpty && !key.type.isEmpty && !key.defaultText.isEmpty)
      let isPlain = key.name.utf8.allSatisfy { Names.isLower($0) || $0 == 0x5F }
      #expect(isPlain || ["NAME", "PREFIX", "PERSON"].contains(key.name), "\(key.path) is not snake_case")
      if !isPlain { #expect(SettingsKey.below(parent).count == 1) }
    }
  }

  /// What some keys are nothing without.
  static let beside = [
    "mcp_servers.NAME.env": #","command":["x"]"#, "mcp_servers.NAME.enabled": #","command":["x"]"#,
    "mcp_servers.NAME.headers": #","url":"https://x""#,
  ]

  static let values = [
    "null", "true", "7", "1.5", "-1", "1e400", "\"\"", "\"a b\"", "[]", "[1]", "{}", "{\"x y\":1}",
  ]

  @Test(
    "a value of the wrong type is refused at its key, and nothing else is",
    arguments: Settings.known.map(\.path))
  func types(path: String) throws {
    let key = try #require(Settings.known.first { $0.path == path })
    let names: [Substring: Substring] = ["NAME": "x", "PREFIX": "slack", "PERSON": "slack:x"]
    let concrete = path.split(separator: ".").map { names[$0] ?? $0 }
    let place = concrete.map { Shown.name(String($0)) }.joined(separator: ".")
    for value in Self.values {
      let head = concrete.map { "{\"\($0)\":" }.joined()
      let beside = Self.beside[path] ?? ""
      let config = head + value + beside + String(repeating: "}", count: concrete.count)
      // An address is a text, and more than that; a server is nothing without a program or an address.
      let accepted = ["mcp_servers.NAME", "mcp_servers.NAME.url"].contains(path) ? [] : accepted(key.kind)
      do {
        _ = try settings(config)
        #expect(accepted.contains(value), "\(config) is accepted")
      } catch let failure as Failure {
        #expect(!accepted.contains(value), "\(failure)")
        #expect(failure.code == .configuration)
        #expect(failure.message.hasPrefix("config.json:1:"), "\(failure)")
        #expect(failure.message.contains(place), "\(failure)")
      }
    }
  }

  private func accepted(_ kind: ValueKind) -> [String] {
    switch kind {
    case .section, .named, .variables, .headers, .credentials: ["{}"]
    case .open, .object: ["{}", "{\"x y\":1}"]
    case .text, .credential: ["\"a b\""]
    case .choice, .agent, .directory, .command: []
    case .flag: ["true"]
    case .amount: ["7", "1.5"]
    case .decimal(let range): (range.contains(7) ? ["7"] : []) + ["1.5"]
    case .count(let range, _): range.contains(7) ? ["7"] : []
    case .duration(let least, _, _): least <= 7 ? ["7"] : []
    case .senders, .people, .rules, .hosts: ["[]"]
    case .list: ["[]", "[1]"]
    }
  }
}
