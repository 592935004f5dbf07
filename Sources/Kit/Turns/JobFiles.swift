internal import Console
internal import Glibc
internal import Journal
internal import Settings
internal import Stage
internal import Store
internal import System

/// The output of a job on disk: `output`, its text so far, and `log`, what it did.
///
/// The reply of the turn is in the outbox as any; this is what people look at meanwhile, and afterwards. What
/// cannot be written is told about once and changes nothing else.
final class JobFiles {
  /// The job's number.
  let n: Int64
  /// What it is called in the chat.
  let title: String
  private let stage: Stage
  private var log: Descriptor?
  private var logged = 0
  private var written = 0
  private var end: [UInt8] = []
  private var isBroken = false

  private static let logLimit = 4 << 20

  /// The files of the job that a message is; nil for another message.
  init?(_ row: InboxRow, _ stage: Stage) {
    guard let n = JobRow.number(row.session), let job = try? stage.journal.store.job(n),
      job.message == row.id
    else { return nil }
    (self.n, title, self.stage) = (n, job.title, stage)
    attempt {
      try Files.makeDirectory(stage.home.jobs)
      try Files.makeDirectory("\(stage.home.jobs)/\(n)")
      log = try Descriptor.open(stage.home.job(n, "log"), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW)
    }
    note("begins")
  }

  /// Whether somebody wants it to end.
  var isCancelled: Bool { (try? stage.journal.store.job(n))?.cancelled != nil }

  /// Keeps the text so far: what has come to it, where it only grew.
  func text(_ text: String) {
    let bytes = Array(text.utf8)
    let isGrown = bytes.count >= written && bytes[..<written].suffix(end.count).elementsEqual(end)
    attempt { [stage, n, written] in
      let path = stage.home.job(n, "output")
      guard isGrown, written > 0 else { return try Files.write(bytes, to: path) }
      let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW)
      try Files.writeAll(Array(bytes[written...]), to: file.number, subject: path)
    }
    written = bytes.count
    end = Array(bytes.suffix(64))
  }

  /// Keeps the whole text, and how the work ended.
  func finish(_ text: String, code: String?) {
    attempt { [stage, n] in try Files.write(Array(text.utf8), to: stage.home.job(n, "output")) }
    note("ends: \(code ?? "ok")")
  }

  /// Notes something that it did.
  func note(_ what: String) {
    guard let log, logged < Self.logLimit else { return }
    let line = Array(
      "\(stage.journal.clock.now()) \(what.map { $0.isNewline ? " " : String($0) }.joined())\n".utf8)
    logged += line.count
    attempt { try Files.writeAll(line, to: log.number, subject: stage.home.job(n, "log")) }
  }

  private func attempt(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      if !isBroken { Log.warning("the output of job \(n) cannot be kept: \(error)") }
      isBroken = true
    }
  }
}
