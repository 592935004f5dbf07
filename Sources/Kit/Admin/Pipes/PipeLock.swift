internal import Console
internal import Glibc
internal import Settings
internal import System

/// The proof that a pipeline runs: a lock that ends with the process that looks after it.
///
/// The file says which process that is. It is believed only while the file is locked and that process
/// was started when the file says, so neither a stale file nor a reused process id can mislead.
package final class PipeLock {
  /// Who looks after a pipeline.
  package struct Owner: Equatable, Sendable {
    /// The process.
    package let pid: Int32
    /// Whether systemd started it, and would start it again.
    package let isSupervised: Bool
  }

  private let lock: FileLock

  private init(_ lock: FileLock) { self.lock = lock }

  /// Makes this process the one that looks after a pipeline.
  ///
  /// - Returns: nil when another does.
  /// - Throws: `SystemError`.
  package static func take(_ pipe: PipeFile, isSupervised: Bool) throws -> PipeLock? {
    guard let lock = try FileLock.take(pipe.lockPath) else { return nil }
    let text = "\(getpid()) \(ProcessTree.started(getpid()) ?? 0) \(isSupervised ? "systemd" : "agim")\n"
    // In place: a file under the same name but without the lock would prove nothing.
    let file = try Descriptor.open(pipe.lockPath, O_WRONLY | O_TRUNC)
    try Files.writeAll(Array(text.utf8), to: file.number, subject: pipe.lockPath)
    return PipeLock(lock)
  }

  /// Who looks after a pipeline; nil when nobody does.
  ///
  /// - Throws: `Failure` when the file cannot be looked at.
  package static func owner(_ pipe: PipeFile) throws -> Owner? {
    for _ in 0..<200 {
      do {
        guard try FileLock.isTaken(pipe.lockPath) else { return nil }
        if let owner = read(pipe) { return owner }
      } catch {
        if error.errno == ENOENT { return nil }
        throw Failure(.system, "\(error)")
      }
      // Locked this instant, and its name not written yet.
      usleep(10_000)
    }
    throw Failure(
      .dataError, "\(Shown.path(pipe.lockPath)) is locked by a process that it does not name",
      hint: "see 'fuser \(Shown.shellWord(pipe.lockPath))'")
  }

  private static func read(_ pipe: PipeFile) -> Owner? {
    guard let bytes = try? Files.read(pipe.lockPath, limit: 256) else { return nil }
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count == 3, let pid = Int32(words[0]), pid > 1, let started = Int64(words[1]),
      ProcessTree.started(pid) == started
    else { return nil }
    return Owner(pid: pid, isSupervised: words[2] == "systemd")
  }
}
