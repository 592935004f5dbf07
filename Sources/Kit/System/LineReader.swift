internal import Glibc

/// Cuts what comes from a descriptor into lines, each at most `limit` bytes long.
///
/// Memory stays within a few times the largest line. A line that is longer than the limit is skipped
/// and reported with its number; the lines after it are read as if nothing had been.
package struct LineReader {
  /// What the next line is.
  package enum Found: Equatable {
    /// A line, without its delimiter, as a range of `withBytes`.
    case line(Range<Int>)
    /// A line longer than the limit was here and has been skipped.
    case tooLong
  }

  /// The number of the line that `next()` returned last; the first is 1.
  package private(set) var number = 0
  /// True once `fill` has seen the end of the input.
  package private(set) var ended = false

  private let limit: Int
  private let delimiter: UInt8
  private var buffer: [UInt8] = []
  private var start = 0
  private var end = 0
  private var searched = 0
  private var skipping = false

  /// A reader for lines of up to `limit` bytes, delimiter not counted.
  package init(limit: Int, delimiter: UInt8 = 0x0A) {
    self.limit = limit
    self.delimiter = delimiter
  }

  /// Reads once from a descriptor that is readable (a call on one that is not waits).
  ///
  /// - Returns: the number of bytes read: 0 at the end of the input, -1 when nothing was there.
  /// - Throws: `SystemError`.
  package mutating func fill(from fd: Int32, subject: String = "standard input") throws(SystemError) -> Int {
    if start > 0, start == end || buffer.count - end < Self.piece {
      // Moving what is left to the front is cheap: it is less than one line.
      let rest = end - start
      if rest > 0 {
        buffer.withUnsafeMutableBytes { raw in
          guard let base = raw.baseAddress else { return }
          memmove(base, base + start, rest)
        }
      }
      searched -= start
      start = 0
      end = rest
    }
    if buffer.count - end < Self.piece {
      grow(to: buffer.count + max(Self.piece, buffer.count))
    }
    let room = buffer.count - end
    let offset = end
    while true {
      let got = buffer.withUnsafeMutableBytes { read(fd, $0.baseAddress.map { $0 + offset }, room) }
      if got > 0 {
        end += got
        return got
      }
      if got == 0 {
        ended = true
        return 0
      }
      if errno == EAGAIN { return -1 }
      if errno != EINTR { throw SystemError("read", subject) }
    }
  }

  /// Makes room; in one copy, because lines may be long.
  private mutating func grow(to size: Int) {
    let before = buffer
    buffer = [UInt8](unsafeUninitializedCapacity: size) { room, count in
      guard let start = room.baseAddress else { return }
      memset(start, 0, size)
      before.withUnsafeBytes { raw in
        if let base = raw.baseAddress { _ = memcpy(start, base, raw.count) }
      }
      count = size
    }
  }

  /// The next line that is complete, or at the end of the input the last one without a delimiter.
  package mutating func next() -> Found? {
    while true {
      let from = searched
      let found = buffer.withUnsafeBytes { raw -> Int? in
        guard let base = raw.baseAddress, from < end,
          let hit = memchr(base + from, Int32(delimiter), end - from)
        else { return nil }
        return UnsafeRawPointer(hit) - base
      }
      if let found {
        let range = start..<found
        start = found + 1
        searched = start
        number += 1
        if skipping || range.count > limit {
          skipping = false
          return .tooLong
        }
        return .line(range)
      }
      searched = end
      if ended, start < end || skipping {
        let range = start..<end
        start = end
        number += 1
        if skipping || range.count > limit {
          skipping = false
          return .tooLong
        }
        return .line(range)
      }
      if end - start > limit {
        // The line is lost in any case: keep none of it.
        skipping = true
        start = end
        continue
      }
      return nil
    }
  }

  /// Whether a whole line is already here.
  package var hasBuffered: Bool {
    guard start < end else { return false }
    let from = searched
    return buffer.withUnsafeBytes { raw in
      guard let base = raw.baseAddress, from < end else { return false }
      return memchr(base + from, Int32(delimiter), end - from) != nil
    }
  }

  /// Gives the bytes that a range of `next()` speaks of, until the next `fill`.
  package func withBytes<Result>(_ range: Range<Int>, _ body: (Span<UInt8>) throws -> Result) rethrows
    -> Result
  {
    try buffer.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[range]).span) }
  }

  /// The bytes of a range as an array of their own.
  package func bytes(_ range: Range<Int>) -> [UInt8] { Array(buffer[range]) }

  private static let piece = 131_072
}
