internal import Console
internal import JSON

/// What the configuration says about one MCP server that agents are given.
package struct ServerSettings: Sendable {
  /// Its name.
  package let name: String
  /// The program and its arguments; nil where it is on the network.
  package let command: [String]?
  /// Where it is; nil for a program.
  package let url: String?
  /// Variables of the program, or headers of requests, not yet looked up.
  package let values: [(name: String, value: Credential)]
  /// Whether it is given to anybody.
  package let isEnabled: Bool

  /// Takes an object that `ConfigCheck` has accepted.
  ///
  /// - Throws: `Failure` where it says neither a program nor an address, or both.
  init(_ name: String, _ object: JSONObject, base: String, failure: (String?, String) -> Failure)
    throws
  {
    self.name = name
    command = object["command"]?.array?.compactMap(\.string)
    url = object["url"]?.string
    isEnabled = object["enabled"]?.bool ?? true
    guard (command == nil) != (url == nil) else {
      throw failure(nil, "expected either \"command\" or \"url\"")
    }
    let key = url == nil ? "env" : "headers"
    let other = url == nil ? "headers" : "env"
    guard object[other] == nil else {
      throw failure(
        other, url == nil ? "goes with \"url\"; a program gets \"env\"" : "goes with \"command\"")
    }
    if let url, !url.utf8.starts(with: "http://".utf8), !url.utf8.starts(with: "https://".utf8) {
      throw failure("url", "expected an address that begins with https:// or http://")
    }
    values = try (object[key]?.object?.members ?? []).map { member, value in
      let place: Place = [.name("mcp_servers"), .name(name), .name(key), .name(member)]
      return (
        member,
        try Credential.parse(value, Credential.Owner(place), base: base) { message, hint in
          Failure(.configuration, "\(place.words): \(message)", hint: hint)
        }
      )
    }
  }

  /// Its variables or headers with what they hold.
  ///
  /// - Throws: `Failure` that names the place, never the value.
  package func resolve(environment: [String: String]) throws -> [String: String] {
    var all: [String: String] = [:]
    for (name, value) in values { all[name] = try value.resolve(environment: environment) }
    return all
  }
}
