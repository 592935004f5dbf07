import Testing

@testable import Settings

/// agim-config(5) against the table of keys: `.It Ic path` begins the description of a key.
@Suite struct ManualTests {
  private func items() throws -> [String: String] {
    var items: [String: String] = [:]
    var current: String?
    for line in try source("man/agim-config.5").split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix(".It Ic ") {
        let path = String(line.dropFirst(7).prefix { $0 != " " })
        #expect(items[path] == nil, "\(path) is described twice")
        items[path] = ""
        current = path
      } else if line.hasPrefix(".It ") || line.hasPrefix(".El") || line.hasPrefix(".Sh") {
        current = nil
      } else if let path = current {
        items[path, default: ""] += line + "\n"
      }
    }
    return items
  }

  @Test("every key is documented, and nothing that does not exist")
  func complete() throws {
    #expect(Set(try items().keys) == Set(Settings.known.map(\.path)))
  }

  @Test("type and default are what the table says")
  func details() throws {
    let items = try items()
    for key in Settings.known {
      let text = try #require(items[key.path])
      #expect(text.hasPrefix(".Pq \(key.type) , default \(key.defaultText)\n"), "\(key.path): \(text)")
    }
  }

  @Test("the example is a configuration")
  func example() throws {
    let lines = try source("man/agim-config.5").split(separator: "\n")
    let text = lines.drop { $0 != ".Sh EXAMPLES" }.dropFirst(2).prefix { $0 != ".Ed" }.joined(separator: "\n")
    let settings = try settings(text)
    #expect(settings.agent("night").driver == "claude")
  }

  @Test("every reserved name is documented", arguments: NameRule.reserved)
  func reserved(name: String) throws {
    #expect(try source("man/agim-address.7").contains(".Cm \(name)"))
  }
}
