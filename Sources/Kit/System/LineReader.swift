internal import Glibc

/// Cuts what comes from a descriptor into lines, each at most `limit` bytes long.
///
/// Memory stays within a few times the largest line. A line that is longer than the limit is skipped
/// and reported with its number; the lines after it are read as if nothing had been.
package struct LineReader: ~Copyable {
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
  private var buffer = Room(0)
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
    if start > 0, start == end || buffer.bytes.count - end < Self.piece {
      // Moving what is left to the front is cheap: it is less than one line.
      keep(in: buffer)
    }
    if buffer.bytes.count - end < Self.piece {
      let larger = Room(buffer.bytes.count + max(Self.piece, buffer.bytes.count))
      guard !larger.bytes.isEmpty else { throw SystemError("malloc", subject, errno: ENOMEM) }
      keep(in: larger)
      buffer = larger
    }
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[end...])
    while true {
      let got = read(fd, room.baseAddress, room.count)
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

  /// Moves what has not been taken yet to the front of a room.
  private mutating func keep(in room: Room) {
    let rest = end - start
    if rest > 0, let from = buffer.bytes.baseAddress, let to = room.bytes.baseAddress {
      memmove(to, from + start, rest)
    }
    searched -= start
    start = 0
    end = rest
  }

  /// The next line that is complete, or at the end of the input the last one without a delimiter.
  package mutating func next() -> Found? {
    while true {
      if let found = nextDelimiter {
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
    start < end && nextDelimiter != nil
  }

  private var nextDelimiter: Int? {
    guard let base = buffer.bytes.baseAddress, searched < end,
      let hit = memchr(base + searched, Int32(delimiter), end - searched)
    else { return nil }
    return UnsafeRawPointer(hit) - UnsafeRawPointer(base)
  }

  /// Gives the bytes that a range of `next()` speaks of, until the next `fill`.
  package func withBytes<Result>(_ range: Range<Int>, _ body: (Span<UInt8>) throws -> Result) rethrows
    -> Result
  {
    try withExtendedLifetime(buffer) {
      let bytes = UnsafeRawBufferPointer(rebasing: $0.bytes[range])
      return try body(bytes.bindMemory(to: UInt8.self).span)
    }
  }

  /// The bytes of a range as an array of their own.
  package func bytes(_ range: Range<Int>) -> [UInt8] { Array(buffer.bytes[range]) }

  private static let piece = 131_072
}

/// Bytes that the kernel clears when they are first touched: an array would be cleared whole, and that is the
/// tenth part of a command's start.
private final class Room {
  let bytes: UnsafeMutableRawBufferPointer

  init(_ size: Int) {
    let start = size == 0 ? nil : calloc(size, 1)
    bytes = UnsafeMutableRawBufferPointer(start: start, count: start == nil ? 0 : size)
  }

  deinit { free(bytes.baseAddress) }
}
