internal import Glibc

/// A user account of this machine.
package struct Account: Sendable, Equatable {
  /// Its name.
  package let name: String
  /// The number of the user.
  package let user: UInt32
  /// The number of its group.
  package let group: UInt32
  /// Its home directory.
  package let home: String
  /// Its shell.
  package let shell: String

  /// The account of a name; nil where there is none.
  package init?(named name: String) {
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var space = [CChar](repeating: 0, count: 16_384)
    let values: (UInt32, UInt32, String, String)? = space.withUnsafeMutableBufferPointer { space in
      guard let start = space.baseAddress,
        getpwnam_r(name, &record, start, space.count, &found) == 0, found != nil,
        let home = record.pw_dir, let shell = record.pw_shell
      else { return nil }
      return (record.pw_uid, record.pw_gid, String(cString: home), String(cString: shell))
    }
    guard let (user, group, home, shell) = values else { return nil }
    (self.name, self.user, self.group, self.home, self.shell) = (name, user, group, home, shell)
  }
}
