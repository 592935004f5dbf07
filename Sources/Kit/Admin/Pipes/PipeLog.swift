internal import Console
internal import Glibc
internal import System

/// The file that a pipeline in the background writes to; its size is limited.
struct PipeLog {
  /// Past this size its content becomes `LOG.1`.
  static let limit = 8 << 20

  private let path: String

  /// The log of a pipeline, nil when standard error is something else.
  init?(_ pipe: PipeFile) {
    var ours = stat()
    var log = stat()
    guard fstat(2, &ours) == 0, stat(pipe.logPath, &log) == 0, ours.st_dev == log.st_dev,
      ours.st_ino == log.st_ino
    else { return nil }
    path = pipe.logPath
  }

  /// Empties the file when it has grown, keeping what was in it beside it.
  ///
  /// It is emptied, not renamed, because the stages have it open; they append, so they go on at its start.
  /// A line that is written between copying and emptying is lost.
  func trim() {
    var status = stat()
    guard fstat(2, &status) == 0, status.st_size > Self.limit else { return }
    do {
      let from = try Descriptor.open(path, O_RDONLY)
      let to = try Descriptor.open("\(path).1", O_WRONLY | O_CREAT | O_TRUNC)
      while let piece = try from.read(upTo: 1 << 16, subject: path), !piece.isEmpty {
        try Files.writeAll(piece, to: to.number, subject: path)
      }
    } catch {
      Log.warning("the log cannot be copied: \(error)")
    }
    ftruncate(2, 0)
  }

  /// The last lines of a log, for a message.
  static func end(of path: String) -> [String] {
    guard let file = try? Descriptor.open(path, O_RDONLY) else { return [] }
    let size = lseek(file.number, 0, Int32(SEEK_END))
    lseek(file.number, max(0, size - 2000), Int32(SEEK_SET))
    let bytes = (try? file.read(upTo: 2000, subject: path)) ?? []
    let lines = bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    return Array(lines.suffix(5))
  }
}
