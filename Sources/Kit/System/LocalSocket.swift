internal import CPosix
internal import Glibc

/// Unix stream sockets, by a name in a directory of our own.
package enum LocalSocket {
  /// Listens, for processes of the same user; a socket that was left there is replaced.
  ///
  /// - Throws: `SystemError` with the path.
  package static func listen(_ name: String, in directory: String) throws(SystemError) -> Descriptor {
    let fd = agim_local_listen(directory, name)
    guard fd >= 0 else { throw SystemError("bind", "\(directory)/\(name)") }
    return Descriptor(fd)
  }

  /// Connects.
  ///
  /// - Throws: `SystemError` with the path: `ENOENT` and `ECONNREFUSED` where nobody listens.
  package static func connect(_ name: String, in directory: String) throws(SystemError) -> Descriptor {
    let fd = agim_local_connect(directory, name)
    guard fd >= 0 else { throw SystemError("connect", "\(directory)/\(name)") }
    return Descriptor(fd)
  }

  /// The next one who connected; nil when there is none now.
  package static func accept(_ listener: Descriptor) -> Descriptor? {
    let fd = agim_local_accept(listener.number)
    return fd >= 0 ? Descriptor(fd) : nil
  }

  /// Who is at the other end; nil where the system does not say.
  package static func peer(of socket: Descriptor) -> (user: UInt32, process: Int32)? {
    var user: UInt32 = 0
    var process: Int32 = 0
    guard agim_local_peer(socket.number, &user, &process) == 0 else { return nil }
    return (user, process)
  }
}
