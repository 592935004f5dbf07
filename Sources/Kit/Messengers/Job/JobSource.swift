package import Delivery
internal import Glibc
internal import Journal
internal import Settings
internal import Stage
internal import Store
internal import System

/// Jobs, as chats begin them with `/job`: each a message in a session of its own.
///
/// The rows are in the store already. This is a source so that jobs have a pipeline, and a lifetime, of their
/// own: what becomes of the agim-run that serves the chats does not touch them.
package final class JobSource: Source {
  package let platform = JobRow.platform
  package let account = ""
  private weak var receiver: Receiver?

  /// A source that stays until it is stopped.
  package init() {}

  package func start(_ receiver: Receiver) throws {
    self.receiver = receiver
    sweep(receiver.stage)
    try wake()
    again()
  }

  package func stop() throws {
    receiver?.ended(self)
    receiver = nil
  }

  package func wake() throws {
    guard let stage = receiver?.stage, !stage.isStopping else { return }
    try stage.untilStored { [weak self] in
      for row in try stage.journal.adoptJobs() { self?.receiver?.printAgain(row) }
    }
  }

  /// What ends without waking anybody, such as a process that is killed.
  private func again() {
    receiver?.stage.loop.after(30_000) { [weak self] in
      try self?.wake()
      self?.again()
    }
  }

  /// Removes the output of jobs that are not kept any more.
  private func sweep(_ stage: Stage) {
    guard let list = opendir(stage.home.jobs) else { return }
    var numbers: [Int64] = []
    while let entry = readdir(list) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let n = Int64(name), n > 0, name == "\(n)" { numbers.append(n) }
    }
    closedir(list)
    for n in numbers where (try? stage.journal.store.job(n)) == .some(nil) {
      for file in ["output", "log"] { unlink(stage.home.job(n, file)) }
      rmdir("\(stage.home.jobs)/\(n)")
    }
  }
}
