// Feeds what Feishu sends: frames of its connection, pieces of payloads, posts to the webhook, events and what
// messages say. Built by build-feishu.sh: libFuzzer brings its own main function.

import Crypto
import FeishuWire
import JSON
import System
import Text

/// Ends the process so that libFuzzer keeps the input.
private func demand(_ condition: Bool, _ rule: StaticString) {
  precondition(condition, "broken rule: \(rule)")
}

/// Feeds one input: its first byte says what it is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFeishu(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let kind = bytes.first else { return 0 }
  let rest = Array(bytes.dropFirst())
  switch kind % 6 {
  case 0: checkFrame(rest)
  case 1: checkPieces(rest)
  case 2: checkPush(rest)
  case 3: checkDoor(rest)
  case 4: checkContent(rest)
  default: checkMade(rest)
  }
  return 0
}

/// What was read is written so that the same is read again.
private func checkFrame(_ bytes: [UInt8]) {
  guard let frame = try? FeishuFrame(bytes) else { return }
  demand(frame.headers.count <= 64, "headers are limited")
  demand((frame.payload?.count ?? 0) <= bytes.count, "nothing is made of nothing")
  let written = frame.bytes
  guard let again = try? FeishuFrame(written) else {
    demand(false, "a frame that was read can be written")
    return
  }
  demand(again == frame && again.bytes == written, "a frame is the same when it is read again")
  let answer = frame.answer(status: 200, result: bytes, milliseconds: 1)
  demand(frame.headers.count == 64 || (try? FeishuFrame(answer.bytes)) == answer, "an answer is a frame")
}

/// A frame of random values comes back.
private func checkMade(_ bytes: [UInt8]) {
  var frame = FeishuFrame()
  var rest = bytes[...]
  func number() -> UInt64 {
    defer { rest = rest.dropFirst(8) }
    return rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
  (frame.sequence, frame.log) = (number(), number())
  frame.service = Int32(truncatingIfNeeded: number())
  frame.method = Int32(truncatingIfNeeded: number())
  while let count = rest.popFirst(), frame.headers.count < 64 {
    let text = String(decoding: rest.prefix(Int(count)), as: UTF8.self)
    rest = rest.dropFirst(Int(count))
    frame.headers.append(FeishuFrame.Header(text, text))
  }
  frame.payload = Array(rest)
  demand((try? FeishuFrame(frame.bytes)) == frame, "every frame comes back")
}

/// Pieces are joined or refused, whatever their numbers are.
private func checkPieces(_ bytes: [UInt8]) {
  var fragments = FeishuFragments()
  var now: Int64 = 0
  var sent = 0
  for chunk in stride(from: 0, to: bytes.count - 4, by: 5) {
    var frame = FeishuFrame()
    let sum = Int(bytes[chunk] % 8)
    frame.headers = [
      FeishuFrame.Header("sum", bytes[chunk] == 255 ? "x" : "\(sum)"),
      FeishuFrame.Header("seq", "\(Int(bytes[chunk + 1] % 9) - 1)"),
      FeishuFrame.Header("message_id", "\(bytes[chunk + 2] % 24)"),
    ]
    frame.payload = [bytes[chunk + 3]]
    now += Int64(bytes[chunk + 4]) * 40
    sent += 1
    guard let whole = try? fragments.add(frame, now: now) else { continue }
    demand(whole.count == max(sum, 1), "a payload has all of its pieces")
    demand(whole.count <= sent, "no piece is made up")
  }
}

private func checkPush(_ bytes: [UInt8]) {
  guard case .event(let event)? = try? FeishuPush.read(bytes).0 else { return }
  demand(FeishuID.isValid(event.id), "an event has an id")
  guard let message = try? FeishuMessage.received(event) else { return }
  demand(FeishuID.isValid(message.id) && FeishuID.isValid(message.chat), "a message has ids")
  _ = FeishuContent(kind: message.kind, message.content) { _ in "" }
}

private let seal = try? FeishuSeal(key: "agim encrypt key")

/// Nothing gets in that is not signed, but for the check of the address with the right token.
private func checkDoor(_ bytes: [UInt8]) {
  guard let seal else { return demand(false, "libcrypto is there") }
  let now = Timestamp(milliseconds: 1_700_000_000_000)
  let door = FeishuDoor(seal: seal, token: "tok", app: "cli_a")
  var request = FeishuDoor.Request(time: "1700000000", nonce: "n", signature: nil, body: bytes)
  if case .event? = try? door.open(request, now: now) { demand(false, "an unsigned event gets in") }
  request.signature = String(decoding: bytes.prefix(64), as: UTF8.self)
  demand((try? door.open(request, now: now)) == nil, "a wrong signature gets in")
  request.signature = try? seal.signature(time: "1700000000", nonce: "n", body: bytes)
  _ = try? door.open(request, now: now)
  _ = try? seal.open(String(decoding: bytes, as: UTF8.self))
  let open = FeishuDoor(seal: nil, token: "tok", app: "cli_a")
  _ = try? open.open(request, now: now)
}

/// What messages of every kind say is limited by what they are.
private func checkContent(_ bytes: [UInt8]) {
  guard let content = try? JSONReader.parse(bytes).object else { return }
  for kind in [
    "text", "post", "interactive", "image", "file", "location", "todo", "vote", "calendar", "x\u{0}",
  ] {
    let said = FeishuContent(kind: kind, content) { $0 == "@_user_1" ? "" : nil }
    demand(said.files.count <= 32, "files are limited")
    demand(said.text.utf8.count <= bytes.count * 12 + 200, "a text does not grow without end")
    demand(said.place?.latitude.isFinite ?? true, "a place is somewhere")
  }
}
