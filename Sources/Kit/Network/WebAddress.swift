/// The address of an HTTP request: `http` or `https`, a host, a port, and the rest.
///
/// Parsed strictly, and given to libcurl as it was understood here, so that no two parsers can take one
/// address for two hosts.
package struct WebAddress: Hashable, Sendable {
  /// `http` or `https`.
  package let scheme: String
  /// The host, lower case; an IPv6 address without its brackets.
  package let host: String
  /// The port, which the scheme gives where the address does not.
  package let port: Int
  /// The path, beginning with a slash.
  package let path: String
  /// What follows the question mark; nil without one.
  package let query: String?

  /// Why a text is not such an address; it never quotes the text, which may hold a token.
  package struct Fault: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
  }

  /// Reads an address; its fragment is left out.
  ///
  /// - Throws: `Fault`.
  package init(_ text: String) throws(Fault) {
    var rest = Array(text.utf8)[...]
    guard rest.count <= 16_384 else { throw Fault(description: "the address is longer than 16 KiB") }
    // What curl, a proxy or a log could read in another way.
    guard rest.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
      throw Fault(
        description:
          "the address holds a space, a backslash, or what is not ASCII (write it percent-encoded, "
          + "a host name in its xn-- form)")
    }
    if let hash = rest.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<hash] }
    guard let colon = rest.firstIndex(of: UInt8(ascii: ":")),
      rest[colon...].prefix(3).elementsEqual("://".utf8)
    else { throw Fault(description: "the address does not begin with http:// or https://") }
    scheme = String(decoding: rest[..<colon], as: UTF8.self).lowercased()
    guard scheme == "http" || scheme == "https" else {
      throw Fault(description: "the address is neither http:// nor https://")
    }
    rest = rest[(colon + 3)...]
    let authorityEnd = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
    let authority = rest[..<authorityEnd]
    guard !authority.contains(UInt8(ascii: "@")) else {
      throw Fault(description: "the address holds a user name or password; give credentials apart from it")
    }
    (host, port) = try Self.split(authority, scheme: scheme)
    rest = rest[authorityEnd...]
    if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
      query = String(decoding: rest[(mark + 1)...], as: UTF8.self)
      rest = rest[..<mark]
    } else {
      query = nil
    }
    path = rest.isEmpty ? "/" : String(decoding: rest, as: UTF8.self)
  }

  private static func split(
    _ authority: ArraySlice<UInt8>, scheme: String
  ) throws(Fault) -> (host: String, port: Int) {
    var name = authority
    var digits: ArraySlice<UInt8>?
    if authority.first == UInt8(ascii: "[") {
      guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else {
        throw Fault(description: "the host's bracket is not closed")
      }
      name = authority[(authority.startIndex + 1)..<end]
      let rest = authority[(end + 1)...]
      guard rest.isEmpty || rest.first == UInt8(ascii: ":") else {
        throw Fault(description: "the port is not a number")
      }
      if !rest.isEmpty { digits = rest.dropFirst() }
      guard NetworkAddress(String(decoding: name, as: UTF8.self))?.isVersion6 == true else {
        throw Fault(description: "the host in brackets is not an IPv6 address")
      }
    } else {
      if let colon = authority.firstIndex(of: UInt8(ascii: ":")) {
        name = authority[..<colon]
        digits = authority[(colon + 1)...]
      }
      try check(name)
    }
    let host = String(decoding: name, as: UTF8.self).lowercased()
    guard let digits, !digits.isEmpty else { return (host, scheme == "https" ? 443 : 80) }
    guard digits.count <= 5, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
      let port = Int(String(decoding: digits, as: UTF8.self)), (1...65_535).contains(port)
    else { throw Fault(description: "the port is not a number from 1 to 65535") }
    return (host, port)
  }

  private static func check(_ name: ArraySlice<UInt8>) throws(Fault) {
    guard !name.isEmpty, name.count <= 253 else { throw Fault(description: "the address has no host") }
    guard
      name.allSatisfy({ byte in
        byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
          || "-._".utf8.contains(byte)
      })
    else { throw Fault(description: "the host has a character that a host name cannot have") }
    // 0x7f.1, 2130706433 and 0177.0.0.1 are 127.0.0.1 to some.
    var labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    if labels.last?.isEmpty == true { labels.removeLast() }
    guard !labels.isEmpty, labels.allSatisfy({ !$0.isEmpty && $0.count <= 63 }) else {
      throw Fault(description: "the host has an empty or too long part")
    }
    guard let last = labels.last, last[last.startIndex] >= 0x30, last[last.startIndex] <= 0x39 else { return }
    guard NetworkAddress(String(decoding: name, as: UTF8.self)) != nil else {
      throw Fault(description: "the host looks like a number but is not an IPv4 address as 192.0.2.1")
    }
  }

  /// The host as it stands in an address.
  private var bracketed: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host }

  /// Scheme, host and port: who is talked to.
  package var origin: String {
    let isUsual = port == (scheme == "https" ? 443 : 80)
    return "\(scheme)://\(bracketed)\(isUsual ? "" : ":\(port)")"
  }

  /// The whole address, for libcurl alone: it may hold a token.
  package var full: String { origin + path + (query.map { "?\($0)" } ?? "") }

  /// The address for people and logs: without what follows the question mark.
  package var shown: String { origin + path }
}
