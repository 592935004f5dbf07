// Checks that whatever an update says, reading it neither traps nor makes up what is not there. Built by
// build-telegram.sh as one module with what it tests, because libFuzzer brings its own main function.

internal import JSON

/// Ends the process so that libFuzzer keeps the input.
private func demand(_ condition: Bool, _ rule: StaticString) {
  precondition(condition, "broken rule: \(rule)")
}

/// Feeds one input: half of them as members of a message, because random bytes are no update.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTelegram(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let head = #"{"update_id":1,"message":{"message_id":1,"chat":{"id":-5},"from":{"id":3}"#
  var wrapped = Array(head.utf8) + bytes
  wrapped += Array("}}".utf8)
  for input in [bytes, wrapped] {
    guard let value = try? JSONReader.parse(input), let update = Update(value) else { continue }
    switch update.payload {
    case .message(let message), .edited(let message): check(message)
    case .pressed, .membership, .other: break
    }
  }
  let text = String(decoding: bytes, as: UTF8.self)
  if let token = BotToken(text) {
    demand(token.id > 0, "a bot has a number")
    demand(!Bytes.contains(text, in: token.removed(from: "x\(text)y")), "the token is taken out")
  }
  return 0
}

private func check(_ message: ChatMessage) {
  let bot = BotIdentity(id: 99, username: "agim_bot", name: "agim", readsGroups: false)
  let addressing = Addressing(message, bot: bot)
  demand(addressing.text.utf16.count <= message.text.utf16.count * 3, "words are only taken away")
  if message.marks.isEmpty, message.quote == nil {
    demand(!addressing.isToBot, "who is not named is not meant")
    demand(addressing.text.utf8.elementsEqual(message.text.utf8), "nothing is taken away")
  }
  for file in message.files { demand(!file.id.isEmpty, "a file has an id") }
}
