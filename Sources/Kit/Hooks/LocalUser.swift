internal import Glibc

/// The user of this machine whom this process belongs to.
enum LocalUser {
  /// The login name, from the system and not from the environment.
  static var name: String {
    guard let record = getpwuid(geteuid()), let name = record.pointee.pw_name else { return "\(geteuid())" }
    return String(cString: name)
  }
}
