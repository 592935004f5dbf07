// Checks the line reader against a plain splitter, and that what Wire reads from lines and addresses is
// what they say. Built by build-lines.sh against the modules, because libFuzzer brings its own main
// function.

import Glibc
import JSON
import System
import Wire

/// Ends the process so that libFuzzer keeps the input.
private func demand(_ condition: Bool, _ rule: StaticString) {
  precondition(condition, "broken rule: \(rule)")
}

/// Feeds one input: its first byte says what it is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLines(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let kind = bytes.first else { return 0 }
  let rest = Array(bytes.dropFirst())
  switch kind % 8 {
  case 0, 4: checkReader(rest, scale: 1)
  // Runs of each byte, so that the reader's buffer has to grow and to move.
  case 1: checkReader(rest, scale: 1024)
  case 2, 5, 6: checkEnvelope(rest)
  default: checkAddress(rest)
  }
  return 0
}

// MARK: - The reader

private func checkReader(_ input: [UInt8], scale: Int) {
  guard input.count > 3 else { return }
  let limit = Int(input[0]) * scale / 4
  let delimiter: UInt8 = input[1] & 1 == 0 ? 0x0A : 0
  let sizes = input[2..<min(input.count, 3 + Int(input[1] >> 4))].map { 1 + Int($0) * scale / 8 }
  var content: [UInt8] = []
  for byte in input.dropFirst(3).prefix(scale == 1 ? .max : 300) {
    content += byte == delimiter ? [byte] : [UInt8](repeating: byte, count: scale)
  }
  let wanted = split(content, limit: limit, delimiter: delimiter)
  guard let (reading, writing) = try? Descriptor.pipe() else { return }
  reading.setNonBlocking()
  var reader = LineReader(limit: limit, delimiter: delimiter)
  var found: [[UInt8]?] = []

  func drain() {
    while true {
      let isHere = reader.hasBuffered
      guard let next = reader.next() else { return demand(!isHere, "what is buffered is found") }
      switch next {
      case .line(let range):
        let line = reader.bytes(range)
        demand(line.count <= limit, "no line is longer than the limit")
        let viewed = reader.withBytes(range) { span in span.withUnsafeBufferPointer { Array($0) } }
        demand(viewed == line, "both ways give the same bytes")
        found.append(line)
      case .tooLong: found.append(nil)
      }
      demand(reader.number == found.count, "lines are counted from 1")
    }
  }

  var sent = 0
  var turn = 0
  while sent < content.count {
    // Never more than a pipe takes at once.
    let size = min(sizes.isEmpty ? 4096 : sizes[turn % sizes.count], content.count - sent, 65_536)
    turn += 1
    let piece = Array(content[sent..<sent + size])
    demand((try? Files.writeAll(piece, to: writing.number, subject: "")) != nil, "a pipe takes it")
    sent += size
    var got = 0
    while got < size {
      let count = (try? reader.fill(from: reading.number)) ?? 0
      demand(count > 0, "what was written is read")
      got += count
      // Now and then lines pile up before they are taken.
      if turn % 3 != 0 { drain() }
    }
    demand((try? reader.fill(from: reading.number)) == -1, "an empty pipe gives nothing")
    demand(!reader.ended, "the input has not ended")
  }
  drain()
  writing.close()
  demand((try? reader.fill(from: reading.number)) == 0, "a closed pipe is at its end")
  demand(reader.ended, "the end is known")
  drain()
  demand(reader.next() == nil, "behind the end there is nothing")
  demand(found == wanted, "the lines are those of a plain splitter")
}

/// The lines of a text, nil for those that are too long.
private func split(_ content: [UInt8], limit: Int, delimiter: UInt8) -> [[UInt8]?] {
  var parts = content.split(separator: delimiter, omittingEmptySubsequences: false).map { Array($0) }
  if parts.last?.isEmpty == true { parts.removeLast() }
  return parts.map { $0.count > limit ? nil : $0 }
}

// MARK: - The envelope

private func checkEnvelope(_ line: [UInt8]) {
  var scanner = LineScanner()
  guard (try? scanner.scan(line.span)) != nil else { return }
  let envelope: Envelope
  do {
    envelope = try Envelope(scanner, line.span)
  } catch {
    demand(error.description.utf8.starts(with: "member \"".utf8), "the error names the member")
    return
  }
  demand(!envelope.isPartial || !envelope.endsTurn, "a part ends no turn")
  demand(!envelope.endsTurn || ["reply", "error"].contains(envelope.type), "only these end turns")
  for id in [envelope.id, envelope.parent, envelope.trace] {
    demand(id.map { (1...128).contains($0.utf8.count) } ?? true, "ids have 1 to 128 bytes")
  }
  checkAgain(line, envelope)
  guard let value = try? JSONReader.parse(line) else { return }
  let texts = [
    ("id", envelope.id), ("session", envelope.session), ("parent", envelope.parent),
    ("trace", envelope.trace), ("agent", envelope.agent), ("type", envelope.type),
  ]
  for (name, text) in texts {
    let wanted = value[name]?.string ?? (name == "type" ? "" : nil)
    let isSame = text.map { Array($0.utf8) } == wanted.map { Array($0.utf8) }
    demand(isSame, "the envelope says what the line says")
  }
}

private func checkAgain(_ line: [UInt8], _ envelope: Envelope) {
  let again = LineMaker.again(line)
  var scanner = LineScanner()
  do {
    try scanner.scan(again.span)
    var wanted = envelope
    wanted.again = true
    demand(try Envelope(scanner, again.span) == wanted, "a line that is printed again differs in that alone")
  } catch {
    demand(again.count > JSONLimits.line.maxBytes, "a line that is printed again is a line")
  }
}

// MARK: - The address

private func checkAddress(_ bytes: [UInt8]) {
  guard let text = String(validating: bytes, as: UTF8.self) else { return }
  checkTime(text)
  guard let address = Address(text) else { return }
  demand(Address.isPlatform(address.platform), "an address has a platform")
  demand(!address.channel.isEmpty && address.thread?.isEmpty != true, "no part is empty")
  let parts = [address.account, address.channel, address.thread ?? ""]
  demand(parts.allSatisfy { !$0.utf8.contains(0) }, "no part holds a NUL")
  let written = address.description
  demand(written.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }, "the text holds no blanks")
  // Encoding may make it longer than addresses may be.
  guard written.utf8.count <= 1024 else { return }
  guard let second = Address(written) else { return demand(false, "what is written is an address") }
  demand(bytesOf(address) == bytesOf(second), "the parts stay the same")
  demand(second.description.utf8.elementsEqual(written.utf8), "the canonical text is canonical")
}

/// The parts of an address; nothing is compared but bytes.
private func bytesOf(_ address: Address) -> [[UInt8]?] {
  [address.platform, address.account, address.channel, address.thread].map { $0.map { Array($0.utf8) } }
}

private func checkTime(_ text: String) {
  guard let time = Timestamp(rfc3339: text) else { return }
  demand(Timestamp(rfc3339: time.description) == time, "a time that is written is read")
}
