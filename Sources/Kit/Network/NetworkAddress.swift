internal import Glibc

/// An IPv4 or IPv6 address, and whether it is one of the public network.
package struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
  /// 4 or 16 bytes.
  private let bytes: [UInt8]

  /// Reads an address as inet_pton(3) does: plain dotted quads, and IPv6 without a zone.
  package init?(_ text: String) {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      bytes = withUnsafeBytes(of: &four) { Array($0) }
      return
    }
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    bytes = withUnsafeBytes(of: &six) { Array($0) }
  }

  /// The address that a socket is about to be connected to; nil for one of another family.
  package init?(socketAddress raw: UnsafeRawBufferPointer) {
    guard raw.count >= 2 else { return nil }
    switch (Int32(raw.loadUnaligned(as: sa_family_t.self)), raw.count) {
    // The address stands behind family and port, in IPv6 behind the flow too.
    case (AF_INET, 8...): bytes = Array(raw[4..<8])
    case (AF_INET6, 24...): bytes = Array(raw[8..<24])
    default: return nil
    }
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// Whether it is an IPv6 address.
  package var isVersion6: Bool { bytes.count == 16 }

  package var description: String {
    guard isVersion6 else { return bytes.map { String($0) }.joined(separator: ".") }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    _ = bytes.withUnsafeBytes { inet_ntop(AF_INET6, $0.baseAddress, &text, socklen_t(INET6_ADDRSTRLEN)) }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Whether it is a machine of the public network: not this one, its neighbours, or a group of them.
  ///
  /// Of an address that carries an IPv4 address (mapped, NAT64) that one counts; 6to4 and Teredo, which
  /// carry one through relays that nobody runs any more, are not public.
  package var isPublic: Bool {
    if let carried { return carried.isPublic }
    if isVersion6 {
      return Self.within(bytes, "2000::", 3) && !Self.reserved6.contains { Self.within(bytes, $0.0, $0.1) }
    }
    return !Self.reserved4.contains { Self.within(bytes, $0.0, $0.1) }
  }

  /// Whether it is this machine itself.
  package var isLoopback: Bool {
    if let carried { return carried.isLoopback }
    return isVersion6 ? bytes == [UInt8](repeating: 0, count: 15) + [1] : bytes.first == 127
  }

  /// What its limits are counted by: of IPv6 the network, because who has one address has all of it.
  package var network: [UInt8] { carried?.bytes ?? (isVersion6 ? Array(bytes.prefix(8)) : bytes) }

  /// Whether a cloud's machine finds credentials there.
  package var isMetadata: Bool { Self.metadata.contains((carried ?? self).description) }

  /// The IPv4 address that stands in the last bytes of a mapped one or one of NAT64.
  private var carried: NetworkAddress? {
    guard isVersion6 else { return nil }
    guard Self.within(bytes, "::ffff:0:0", 96) || Self.within(bytes, "64:ff9b::", 96) else { return nil }
    return NetworkAddress(bytes: Array(bytes.suffix(4)))
  }

  private static func within(_ bytes: [UInt8], _ prefix: String, _ length: Int) -> Bool {
    guard let prefix = NetworkAddress(prefix)?.bytes, prefix.count == bytes.count else { return false }
    for bit in 0..<length where (bytes[bit / 8] ^ prefix[bit / 8]) & (0x80 >> UInt8(bit % 8)) != 0 {
      return false
    }
    return true
  }

  // The registries of special-purpose addresses (RFC 6890 and its successors).
  private static let reserved4: [(String, Int)] = [
    ("0.0.0.0", 8), ("10.0.0.0", 8), ("100.64.0.0", 10), ("127.0.0.0", 8), ("169.254.0.0", 16),
    ("172.16.0.0", 12), ("192.0.0.0", 24), ("192.0.2.0", 24), ("192.88.99.0", 24), ("192.168.0.0", 16),
    ("198.18.0.0", 15), ("198.51.100.0", 24), ("203.0.113.0", 24), ("224.0.0.0", 4), ("240.0.0.0", 4),
  ]
  private static let reserved6: [(String, Int)] = [
    ("2001::", 23), ("2001:db8::", 32), ("2002::", 16), ("3fff::", 20),
  ]
  private static let metadata: Set<String> = [
    "169.254.169.254", "169.254.170.2", "169.254.169.253", "100.100.100.200", "fd00:ec2::254",
  ]
}
