import Glibc
import System
import Testing

/// The error of something that must fail with one of the system's.
func systemError<Result>(_ body: () throws -> Result) -> SystemError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? SystemError
  }
}

/// Reads until the end, waiting for it.
func readAll(_ descriptor: Descriptor) throws -> [UInt8] {
  var all: [UInt8] = []
  while true {
    var ready = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    poll(&ready, 1, -1)
    guard let piece = try descriptor.read(upTo: 65_536, subject: "test") else { continue }
    if piece.isEmpty { return all }
    all += piece
  }
}

/// The same numbers every time.
struct Numbers: RandomNumberGenerator {
  var state: SplitMix
  init(_ seed: UInt64) { state = SplitMix(state: seed) }
  mutating func next() -> UInt64 { state.next() }
}
