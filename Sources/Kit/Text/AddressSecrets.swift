/// Addresses that are credentials themselves, as those of robots and of answers are.
package enum AddressSecrets {
  /// What of an address could be a secret: the pieces of its path and query that are as long as a token.
  package static func pieces(of url: String, least: Int = 8) -> [String] {
    let slash = UInt8(ascii: "/")
    let rest = url.utf8.split(separator: slash).dropFirst(2).joined(separator: [slash])
    return rest.split { "/?&=".utf8.contains($0) }.filter { $0.count >= least }
      .map { String(decoding: Array($0), as: UTF8.self) }
  }
}
