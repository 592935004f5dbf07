internal import Glibc
internal import System

/// A directory of a test, gone when the test is.
package final class Scratch: Sendable {
  /// The directory.
  package let path: String

  /// Makes it.
  ///
  /// - Throws: `SystemError`.
  package init() throws {
    var template = Array("/tmp/agim-test.XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { space in
      space.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    guard let made else { throw SystemError("mkdtemp", "/tmp") }
    path = made
  }

  deinit {
    let child = try? Child(["rm", "-rf", path], environment: [])
    _ = child?.wait()
  }
}
