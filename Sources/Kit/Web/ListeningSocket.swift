internal import CPosix
internal import Glibc
internal import Network
internal import System

/// Why nothing can be listened to at an address.
package struct ListenError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The address as it was given.
  package let address: String
  /// What is wrong.
  package let reason: String
  /// Whether the address is no address, rather than one that cannot be had.
  package let isMalformed: Bool

  package var description: String { "\(address): \(reason)" }
}

/// A TCP socket that others connect to.
final class ListeningSocket {
  private let descriptor: Descriptor
  /// Where it listens, with the port that it got.
  let address: String
  /// Whether only this machine reaches it.
  let isLoopback: Bool

  var fd: Int32 { descriptor.number }

  func close() { descriptor.close() }

  init(_ text: String) throws(ListenError) {
    func wrong(_ reason: String) -> ListenError {
      ListenError(address: text, reason: reason, isMalformed: true)
    }
    let bytes = Array(text.utf8)
    guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")) else {
      throw wrong("there is no port: write 127.0.0.1:8080")
    }
    var host = String(decoding: bytes[..<colon], as: UTF8.self)
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.utf8.contains(UInt8(ascii: ":")) {
      throw wrong("an IPv6 address stands in brackets: [::1]:8080")
    }
    // Nothing said is the safest thing.
    if host.isEmpty || host == "localhost" { host = "127.0.0.1" }
    guard let own = NetworkAddress(host) else {
      throw wrong("'\(host)' is not an address of this machine: write 127.0.0.1 or [::1]")
    }
    let digits = bytes[(colon + 1)...]
    guard (1...5).contains(digits.count), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
      let port = UInt16(String(decoding: digits, as: UTF8.self))
    else { throw wrong("the port is not a number from 0 to 65535") }
    let fd = agim_listen(host, port)
    guard fd >= 0 else {
      throw ListenError(address: text, reason: String(cString: strerror(errno)), isMalformed: false)
    }
    descriptor = Descriptor(fd)
    isLoopback = own.isLoopback
    address = "\(own.isVersion6 ? "[\(host)]" : host):\(agim_local_port(fd))"
  }

  /// The next one who connected, and from where; nil when there is none now, or no descriptor is left.
  func accept() throws(SystemError) -> (socket: Descriptor, peer: NetworkAddress?)? {
    var place = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let fd = agim_accept(self.fd, &place, &length)
    guard fd >= 0 else {
      switch errno {
      // Some of these are the fault of the one who wanted to connect.
      case EAGAIN, EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT: return nil
      default: throw SystemError("accept", address)
      }
    }
    let peer = withUnsafeBytes(of: &place) { raw in
      NetworkAddress(socketAddress: UnsafeRawBufferPointer(rebasing: raw.prefix(Int(length))))
    }
    return (Descriptor(fd), peer)
  }
}
