// Feeds the grammar of times and the reader of time zones with any bytes, and checks what must hold of all that
// comes out. Built by build-schedule.sh: libFuzzer brings its own main function.

import Schedule
import System

/// Ends the process so that libFuzzer keeps the input.
private func demand(_ condition: Bool, _ rule: StaticString) {
  precondition(condition, "broken rule: \(rule)")
}

/// 2026-11-18T02:30:00Z.
private let now = Timestamp(milliseconds: 1_794_969_000_000)

/// Feeds one input: its first byte says what it is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSchedule(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let kind = bytes.first else { return 0 }
  if kind % 4 == 0 {
    checkZone(Array(bytes.dropFirst()))
  } else {
    checkText(String(decoding: bytes.dropFirst(), as: UTF8.self))
  }
  return 0
}

private func checkText(_ text: String) {
  guard let parsed = try? TimeText.parse(text, now: now, zone: .utc) else { return }
  let next = parsed.schedule.next(after: now, in: .utc)
  demand(next != nil, "what is understood comes")
  demand(next.map { $0 > now } ?? false, "what comes is ahead")
  demand(parsed.rest.utf8.count <= text.utf8.count, "the rest is a part of the text")
  demand(Schedule(stored: parsed.schedule.text, start: now) == parsed.schedule, "what is kept says the same")
}

private func checkZone(_ bytes: [UInt8]) {
  guard let zone = Zone(name: "x", file: bytes) else { return }
  _ = zone.text(now)
  for text in ["daily:02:30", "*/7 1-3 * * *"] {
    guard let schedule = Schedule(stored: text, start: now) else { continue }
    var at = now
    for _ in 0..<20 {
      guard let next = schedule.next(after: at, in: zone) else { break }
      demand(next > at, "times go forward")
      at = next
    }
  }
}
