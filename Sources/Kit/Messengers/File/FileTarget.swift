package import Delivery
internal import Glibc
package import Journal
package import Stage
internal import Store
internal import System

/// The end of a file: the text of each reply.
///
/// The offset at which a text will stand is stored before it is written, so that after a crash the
/// file itself tells whether it was: nothing is written twice.
package final class FileTarget: Messenger {
  // More than agim-send reads at once: what is read together is stored, written and synced together.
  package let batch = 8000
  package let keepsOneOrder = true
  private let path: String
  private var lock: FileLock?
  private unowned let stage: Stage

  /// The file at a path; it is made with the first text.
  package init(path: String, stage: Stage) {
    self.path = path
    self.stage = stage
  }

  package func marks(for deliveries: [Delivery]) throws -> [String?] {
    guard let size = try lockedSize() else { return deliveries.map { _ in nil } }
    var offset = size
    return deliveries.map { delivery in
      defer { offset += Self.length(delivery) }
      return String(offset)
    }
  }

  package func proof(of delivery: Delivery, mark: String) throws -> String? {
    defer { unlock() }
    guard let offset = Int64(mark), offset >= 0, let size = try lockedSize(), size > offset else {
      return nil
    }
    let wanted = Array(delivery.text.utf8) + [UInt8(ascii: "\n")]
    let file = try Descriptor.open(path, O_RDWR)
    var there = [UInt8](repeating: 0, count: wanted.count)
    let got = there.withUnsafeMutableBytes { pread(file.number, $0.baseAddress, wanted.count, Int(offset)) }
    guard got > 0, wanted.starts(with: there[..<got]) else { return nil }
    if got == wanted.count { return Self.proof(path, offset) }
    // Torn by the crash: take the piece away, it is written whole now.
    if size == offset + Int64(got) { ftruncate(file.number, Int(offset)) }
    return nil
  }

  package func send(_ deliveries: [Delivery], report: @escaping (Int, Outcome) throws -> Void) throws {
    defer { unlock() }
    do {
      let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY)
      let before = lseek(file.number, 0, SEEK_END)
      var all: [UInt8] = []
      for delivery in deliveries {
        all += delivery.text.utf8
        all.append(UInt8(ascii: "\n"))
      }
      CrashPoint.reached()
      do {
        try Files.writeAll(all, to: file.number, subject: path)
      } catch {
        // Half a text is worse than none.
        if lock != nil { ftruncate(file.number, before) }
        throw error
      }
      CrashPoint.reached()
      if lock != nil, fdatasync(file.number) != 0, errno != EINVAL { throw SystemError("fdatasync", path) }
      var offset = Int64(max(before, 0))
      for (index, delivery) in deliveries.enumerated() {
        try report(index, .delivered(proof: Self.proof(path, offset)))
        offset += Self.length(delivery)
      }
    } catch let error as SystemError {
      let passes = [ENOSPC, EDQUOT, EAGAIN, EINTR, EIO].contains(error.errno)
      for index in deliveries.indices {
        try report(
          index, passes ? .postponed(reason: "\(error)", after: nil) : .refused(reason: "\(error)"))
      }
    }
  }

  /// The number of bytes that a text and its newline take.
  private static func length(_ delivery: Delivery) -> Int64 { Int64(delivery.text.utf8.count + 1) }

  private static func proof(_ path: String, _ offset: Int64) -> String { "\(path) at byte \(offset)" }

  /// The size of the file while nobody else of us appends to it; nil for what is not a regular file.
  private func lockedSize() throws -> Int64? {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG { return nil }
    if lock == nil {
      let deadline = stage.loop.clock.monotonic() + 2000
      while lock == nil {
        do {
          lock = try FileLock.take(path)
        } catch {
          // `send` meets the same error and reports it with each delivery.
          return nil
        }
        if lock == nil {
          guard stage.loop.clock.monotonic() < deadline else {
            throw SystemError("fcntl", path, errno: EAGAIN)
          }
          usleep(2000)
        }
      }
    }
    guard stat(path, &status) == 0 else { return nil }
    return Int64(status.st_size)
  }

  private func unlock() {
    lock?.release()
    lock = nil
  }
}
