internal import CPosix
internal import Glibc

/// A file whose touch wakes other processes.
package final class WakeFile {
  private let path: String
  private var file: Descriptor?

  /// The file at a path; it is made when it is first needed.
  package init(path: String) { self.path = path }

  /// Wakes every process that listens.
  ///
  /// Failure is harmless: listeners also look once a second.
  package func touch() {
    if file == nil { file = try? Descriptor.open(path, O_WRONLY | O_CREAT) }
    guard let file else { return }
    futimens(file.number, nil)
  }

  /// A descriptor that becomes readable with each touch, nil where the system has none to give.
  package func listen() -> Descriptor? {
    if file == nil { file = try? Descriptor.open(path, O_WRONLY | O_CREAT) }
    let fd = agim_inotify(path)
    return fd >= 0 ? Descriptor(fd) : nil
  }

  /// Reads away what made the descriptor readable.
  package static func clear(_ listener: Descriptor) { _ = agim_inotify_drain(listener.number) }
}
