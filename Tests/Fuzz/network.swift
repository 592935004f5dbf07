// Checks what reads foreign bytes of the network: requests to our server, and frames of a WebSocket. However
// the bytes are cut, the same is understood, and never more than the limits allow. Built by build-network.sh
// with the sources themselves, because libFuzzer brings its own main function.

/// Ends the process so that libFuzzer keeps the input.
private func demand(_ condition: Bool, _ rule: StaticString) {
  precondition(condition, "broken rule: \(rule)")
}

/// Feeds one input: its first byte says what it is, the second how it is cut.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNetwork(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard bytes.count > 2 else { return 0 }
  let rest = Array(bytes.dropFirst(2))
  let step = Int(bytes[1]) % 33 + 1
  switch bytes[0] % 4 {
  case 0, 1:
    let whole = requests(rest, step: rest.count)
    demand(whole == requests(rest, step: step), "requests are the same however they are cut")
  case 2:
    let whole = frames(rest, step: rest.count)
    demand(whole == frames(rest, step: step), "messages are the same however they are cut")
  default: sent(rest, step: step)
  }
  return 0
}

private let bodyLimit = 64

/// What a server understands, in words.
private func requests(_ bytes: [UInt8], step: Int) -> [String] {
  var reader = HTTPRequestReader(headerLimit: 512)
  var found: [String] = []
  var head: HTTPIncoming?
  var at = 0
  while true {
    do {
      if head == nil { head = try reader.head() }
      if let request = head, let body = try reader.body(limit: bodyLimit) {
        check(request, body)
        found.append("\(request.method) \(request.path) \(request.query) \(request.headers) \(body)")
        head = nil
        continue
      }
    } catch {
      demand([400, 413, 414, 417, 431, 501, 505].contains(error.status), "a status that says what is wrong")
      return found + ["\(error.status)"]
    }
    guard at < bytes.count else { return found }
    let piece = Array(bytes[at..<min(bytes.count, at + step)])
    at += piece.count
    reader.append(piece)
  }
}

private func check(_ request: HTTPIncoming, _ body: [UInt8]) {
  demand(body.count <= bodyLimit, "no body beyond its limit")
  demand(request.path.hasPrefix("/"), "a path begins with a slash")
  demand(
    !request.method.isEmpty && request.method.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a method is a word"
  )
  demand(request.headers.count <= 100, "not too many header lines")
  var lengths = 0
  for (name, value) in request.headers {
    demand(name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !($0 >= 0x41 && $0 <= 0x5A) }, "a name is a word")
    demand(!value.utf8.contains { $0 < 0x20 && $0 != 9 || $0 == 0x7F }, "a value has no control characters")
    if name == "content-length" || name == "transfer-encoding" { lengths += 1 }
  }
  demand(lengths <= 1, "one length, or none")
  if case .bytes(let count) = request.length { demand(body.count == count, "all of the body") }
  if let path = HTTPTarget.path(request.path) { demand(!path.utf8.contains(0), "no path holds a NUL") }
  _ = HTTPTarget.pairs(request.query)
}

private let messageLimit = 200

/// What a client understands, in words.
private func frames(_ bytes: [UInt8], step: Int) -> [String] {
  var reader = WebSocketReader(maxMessage: messageLimit)
  var found: [String] = []
  var at = 0
  while true {
    do {
      while let event = try reader.next() {
        switch event {
        case .text(let bytes):
          demand(bytes.count <= messageLimit, "no text beyond its limit")
          demand(String(validating: bytes, as: UTF8.self) != nil, "a text is UTF-8")
        case .binary(let bytes): demand(bytes.count <= messageLimit, "no message beyond its limit")
        case .ping(let bytes), .pong(let bytes): demand(bytes.count <= 125, "control frames are short")
        case .close(let code, let reason):
          demand(code >= 1000 && code < 5000 && code != 1006 && code != 1015, "a code that may be sent")
          demand(reason.utf8.count <= 123, "a short reason")
        }
        found.append("\(event)")
      }
    } catch {
      demand([1002, 1007, 1009].contains(error.code), "a code that says what is wrong")
      return found + ["\(error.code)"]
    }
    guard at < bytes.count else { return found }
    let piece = Array(bytes[at..<min(bytes.count, at + step)])
    at += piece.count
    reader.append(piece)
  }
}

/// What we send is understood, once the mask is off.
private func sent(_ bytes: [UInt8], step: Int) {
  var queue = WebSocketQueue()
  queue.add(.binary, bytes, mask: 0)
  queue.add(.ping, Array(bytes.prefix(100)), mask: 0x0102_0304)
  queue.add(.text, [], mask: 0)
  var mask: UInt32 = 0x9E37_79B9
  var wire: [UInt8] = []
  while queue.fill(
    fragmentAt: step * 3,
    mask: {
      mask = mask &* 1_664_525 &+ 1
      return mask
    })
  {
    let count = min(step, queue.piece.count - queue.sent)
    wire += queue.piece[queue.sent..<queue.sent + count]
    queue.took(count)
  }
  demand(queue.count == 0, "nothing is left")
  var reader = WebSocketReader(maxMessage: bytes.count)
  reader.append(unmasked(wire))
  var events: [WebSocketReader.Event] = []
  do {
    while let event = try reader.next() { events.append(event) }
  } catch {
    demand(false, "we keep to the protocol")
  }
  demand(events.contains(.binary(bytes)), "what was sent has come")
  demand(events.contains(.ping(Array(bytes.prefix(100)))), "the ping has come")
  demand(events.last == .text([]) || events.count == 3, "and the rest")
}

/// Frames of a client as a server would send them.
private func unmasked(_ wire: [UInt8]) -> [UInt8] {
  var out: [UInt8] = []
  var at = 0
  while at + 2 <= wire.count {
    demand(wire[at + 1] & 0x80 != 0, "a client masks")
    var length = Int(wire[at + 1] & 0x7F)
    var head = [wire[at], wire[at + 1] & 0x7F]
    at += 2
    for _ in 0..<(length == 126 ? 2 : length == 127 ? 8 : 0) {
      head.append(wire[at])
      at += 1
    }
    if head.count > 2 { length = head[2...].reduce(0) { $0 << 8 | Int($1) } }
    let mask = wire[at..<at + 4]
    at += 4
    out += head
    for index in 0..<length { out.append(wire[at + index] ^ mask[mask.startIndex + index % 4]) }
    at += length
  }
  return out
}
