internal import Console
internal import Glibc

/// The user's home directory: `HOME`, else what the password database says.
package enum UserDirectory {
  /// Finds it.
  ///
  /// - Throws: `Failure` with status 78 when neither knows.
  package static func locate(_ variables: [String: String]) throws -> String {
    // A relative HOME would move with the current directory, so it counts as none.
    if let home = variables["HOME"], home.utf8.first == UInt8(ascii: "/") { return home }
    if let home = database(getuid()) { return home }
    throw Failure(
      .configuration, "HOME is not set and user \(getuid()) has no home directory in the password database",
      hint: "set HOME or, for the directory of agim itself, AGIM_HOME")
  }

  /// A path with a leading `~` replaced; other paths as they are.
  static func expand(_ path: String, _ variables: [String: String]) throws -> String {
    guard path == "~" || path.hasPrefix("~/") else { return path }
    return try locate(variables) + path.dropFirst()
  }

  static func database(_ user: uid_t) -> String? {
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    return buffer.withUnsafeMutableBufferPointer { space in
      guard let start = space.baseAddress, getpwuid_r(user, &record, start, space.count, &found) == 0,
        found != nil,
        let directory = record.pw_dir, directory.pointee == CChar(UInt8(ascii: "/"))
      else { return nil }
      return String(cString: directory)
    }
  }
}
