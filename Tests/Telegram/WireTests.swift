import JSON
import TelegramWire
import Testing

@Suite struct WireTests {
  @Test(arguments: [
    "123456789:AAbb-_09", "1:a",
  ])
  func tokens(text: String) { #expect(BotToken(text)?.text == text) }

  @Test(arguments: [
    "", "123", "012:abc", ":abc", "123:", "a:b", "123:a/b", "123:a b", "-1:a", "123:é",
    "1:" + String(repeating: "a", count: 80),
  ])
  func noTokens(text: String) { #expect(BotToken(text) == nil) }

  @Test func theTokenIsTakenOut() throws {
    let token = try #require(BotToken("123:SeCrEtSeCrEt"))
    #expect(token.removed(from: "POST http://h/bot123:SeCrEtSeCrEt/getMe") == "POST http://h/bot***/getMe")
    #expect(token.removed(from: "bot123%3ASeCrEtSeCrEt!") == "bot123%3A***!")
    #expect(token.removed(from: "nothing") == "nothing")
  }

  private func failure(_ status: Int, _ text: String) throws -> CallFailure {
    CallFailure(status: status, answer: BotAPI.parse(Array(text.utf8)), retryAfter: nil)
  }

  @Test(arguments: [
    (400, "Bad Request: chat not found", CallFailure.Kind.chatClosed),
    (400, "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 3", .markup),
    (400, "Bad Request: message is too long", .tooLong),
    (400, "Bad Request: message caption is too long", .tooLong),
    (400, "Bad Request: message to be replied not found", .replyGone),
    (400, "Bad Request: message thread not found", .threadGone),
    (400, "Bad Request: message is not modified: specified", .notModified),
    (400, "Bad Request: message to edit not found", .messageGone),
    (400, "Bad Request: message can't be edited", .messageGone),
    (400, "Bad Request: file is too big", .tooLarge),
    (400, "Bad Request: PHOTO_INVALID_DIMENSIONS", .notAPhoto),
    (
      400, "Bad Request: query is too old and response timeout expired or query ID is invalid", .queryTooOld
    ),
    (400, "Bad Request: something new", .badCall), (401, "Unauthorized", .unauthorized),
    (403, "Forbidden: bot was blocked by the user", .chatClosed),
    (404, "Not Found: method not found", .methodUnknown), (404, "Not Found", .unauthorized),
    (409, "Conflict: terminated by other getUpdates request", .conflict),
    (413, "Request Entity Too Large", .tooLarge), (500, "Internal Server Error", .server),
  ])
  func refusals(code: Int, words: String, kind: CallFailure.Kind) throws {
    var json = JSONWriter()
    json.value(["ok": false, "error_code": .number(JSONNumber(code)), "description": .string(words)])
    let failure = try failure(code, String(decoding: json.bytes, as: UTF8.self))
    #expect(failure.kind == kind)
    #expect(failure.status == code)
    #expect(failure.isTemporary == [409, 500].contains(code))
    #expect(!failure.mayHaveArrived)
  }

  @Test func parameters() throws {
    let flood = try failure(
      429,
      #"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}"#
    )
    #expect(flood.kind == .flood(7000))
    #expect(flood.isTemporary)
    let moved = try failure(
      400,
      #"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001234567890}}"#
    )
    #expect(moved.kind == .migrated(-1_001_234_567_890))
    // Without the words of the body, those of the head count.
    #expect(CallFailure(status: 429, answer: nil, retryAfter: 2000).kind == .flood(2000))
    #expect(
      try failure(429, #"{"ok":false,"error_code":429,"parameters":{"retry_after":-5}}"#).kind == .flood(0))
    #expect(
      try failure(429, #"{"ok":false,"error_code":429,"parameters":{"retry_after":9999999999}}"#).kind
        == .flood(86_400_000))
  }

  @Test(arguments: [
    "", "<html>502</html>", "[]", "{", #"{"ok":true}"#, #"{"ok":"false"}"#, "{\"ok\":false",
  ])
  func garbage(text: String) throws {
    for status in [200, 502, 504] {
      let failure = try failure(status, text)
      #expect(failure.kind == .server)
      #expect(failure.isTemporary)
      #expect(failure.mayHaveArrived)
    }
  }

  @Test func wordsAreShort() throws {
    let long = String(repeating: "x\\n", count: 4000)
    let failure = try failure(400, #"{"ok":false,"error_code":400,"description":"\#(long)"}"#)
    #expect(failure.words.unicodeScalars.count == 300)
    #expect(!failure.words.utf8.contains(0x0A))
  }

  @Test func searching() {
    #expect(Bytes.contains("Not Found", in: "x nOT fOUND y"))
    #expect(!Bytes.contains("Not Found", in: "not foun"))
    #expect(Bytes.contains("", in: ""))
    #expect(Bytes.same("ABC", "abc"))
    #expect(!Bytes.same("ABC", "abcd"))
  }
}
