package import Delivery
internal import Glibc
internal import Settings
internal import System
package import Wire

/// Who sits at a terminal, and what the terminal is called.
package enum TtyName {
  /// What tells agim-send that a message came without a terminal, so that its own output is the place
  /// for the answer.
  static let plainOrigin = Array("{\"terminal\":false}".utf8)

  /// The person at standard input.
  ///
  /// The session is stable: a person who comes back to a terminal finds the same directory and agent there.
  ///
  /// - Parameters:
  ///   - session: the session that the person asked for; nil for the terminal's own.
  ///   - isTerminal: whether standard input is a terminal.
  /// - Returns: the person, and the session that the messages belong to.
  /// - Throws: `Failure` when the name of the pipeline is none.
  package static func speaker(session: Address?, isTerminal: Bool) throws -> Receiver.Speaker {
    let (login, name) = user()
    let place = isTerminal ? terminal() : try Home.pipe
    let address = session ?? Address(platform: "tty", channel: "\(login)-\(place)")
    return Receiver.Speaker(
      platform: "tty", session: address.description, id: login, name: name,
      origin: isTerminal ? nil : plainOrigin)
  }

  /// The file of a session's socket: any text is a name of one length.
  static func socket(_ session: String) -> String {
    // FNV-1a; two sessions of one name would refuse each other's lines, nothing worse.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in session.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let digits = String(hash, radix: 16)
    return "tty-" + String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// `pts3` of `/dev/pts/3`.
  private static func terminal() -> String {
    guard let path = Terminal.path(0) else { return "terminal" }
    let name = path.hasPrefix("/dev/") ? String(path.dropFirst(5)) : path
    return name.filter { $0 != "/" }
  }

  /// The login name and the name for people, from the password database.
  private static func user() -> (login: String, name: String) {
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    return buffer.withUnsafeMutableBufferPointer { space in
      guard let start = space.baseAddress,
        getpwuid_r(getuid(), &record, start, space.count, &found) == 0, found != nil,
        let login = record.pw_name
      else { return ("user\(getuid())", "user\(getuid())") }
      let id = String(cString: login)
      let full = record.pw_gecos.map { String(cString: $0).prefix { $0 != "," } } ?? ""
      return (id, full.isEmpty ? id : String(full))
    }
  }
}
