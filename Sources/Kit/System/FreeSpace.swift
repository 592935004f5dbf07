internal import Glibc

/// The room on a file system.
package enum FreeSpace {
  /// Bytes that an ordinary user may still write where a path is; nil when that cannot be found out.
  package static func bytes(at path: String) -> Int64? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    return Int64(clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).0)
  }
}
