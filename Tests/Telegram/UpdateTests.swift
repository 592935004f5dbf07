import JSON
import TelegramWire
import Testing

@Suite struct UpdateTests {
  private let bot = BotIdentity(id: 99, username: "agim_bot", name: "agim", readsGroups: false)

  private func message(_ text: String) throws -> ChatMessage {
    let head =
      #""message_id": 7, "date": 1, "chat": {"id": -5, "type": "group"}, "from": {"id": 3, "first_name": "Ada"}"#
    return try #require(try ChatMessage(JSONReader.parse("{\(head), \(text)}")))
  }

  @Test func aMessage() throws {
    let update = try #require(
      try Update(
        JSONReader.parse(
          #"""
          {"update_id": 4503599627370495, "message": {"message_id": 12, "date": 1700000000,
          "from": {"id": 4503599627370494, "is_bot": false, "first_name": "Ada", "last_name": "L", "language_code": "de"},
          "chat": {"id": -1001234567890123, "type": "supergroup", "title": "T", "is_forum": true},
          "message_thread_id": 5, "is_topic_message": true, "text": "hi", "media_group_id": "8",
          "reply_to_message": {"message_id": 5, "chat": {"id": 1}, "forum_topic_created": {"name": "x"}}}}
          """#)))
    #expect(update.id == 4_503_599_627_370_495)
    guard case .message(let message) = update.payload else {
      Issue.record("\(update)")
      return
    }
    #expect(message.from?.name == "Ada L")
    #expect(message.from?.id == 4_503_599_627_370_494)
    #expect(message.chat.id == -1_001_234_567_890_123)
    #expect(!message.chat.isDirect)
    #expect(message.thread == 5)
    #expect(message.text == "hi")
    #expect(message.album == "8")
    // The message that opened the topic is no quotation.
    #expect(message.quote == nil)
  }

  @Test func aThreadThatIsNoTopic() throws {
    let reply = try message(#""message_thread_id": 5, "text": "x""#)
    #expect(reply.thread == nil)
  }

  @Test(arguments: [
    (
      #""text": "@agim_bot do it", "entities": [{"type": "mention", "offset": 0, "length": 9}]"#, true,
      "do it"
    ),
    (
      #""text": "@AGIM_bot: do it", "entities": [{"type": "mention", "offset": 0, "length": 9}]"#, true,
      "do it"
    ),
    (
      #""text": "🍎 @agim_bot x", "entities": [{"type": "mention", "offset": 3, "length": 9}]"#, true,
      "🍎 @agim_bot x"
    ),
    (
      #""text": "@other do it", "entities": [{"type": "mention", "offset": 0, "length": 6}]"#, false,
      "@other do it"
    ),
    // What looks like a mention and is none.
    (#""text": "@agim_bot do it""#, false, "@agim_bot do it"),
    (
      #""text": "/new@agim_bot x", "entities": [{"type": "bot_command", "offset": 0, "length": 13}]"#, true,
      "/new x"
    ),
    (#""text": "/new x", "entities": [{"type": "bot_command", "offset": 0, "length": 4}]"#, true, "/new x"),
    (
      #""text": "say /new", "entities": [{"type": "bot_command", "offset": 4, "length": 4}]"#, false,
      "say /new"
    ),
    (
      #""text": "Ada do", "entities": [{"type": "text_mention", "offset": 0, "length": 3, "user": {"id": 99}}]"#,
      true,
      "do"
    ),
    (#""text": "x", "entities": [{"type": "mention", "offset": 9, "length": 900}]"#, false, "x"),
    (
      #""text": "x", "entities": [{"type": "mention", "offset": 9223372036854775807, "length": 2}]"#, false,
      "x"
    ),
    (#""text": "x", "reply_to_message": {"message_id": 1, "from": {"id": 99}, "text": "a"}"#, true, "x"),
    (#""text": "x", "reply_to_message": {"message_id": 1, "from": {"id": 98}, "text": "a"}"#, false, "x"),
    (
      #""caption": "@agim_bot look", "caption_entities": [{"type": "mention", "offset": 0, "length": 9}]"#,
      true, "look"
    ),
  ])
  func addressed(members: String, isToBot: Bool, text: String) throws {
    let addressing = Addressing(try message(members), bot: bot)
    #expect(addressing.isToBot == isToBot)
    #expect(addressing.text == text)
    #expect(!addressing.isToAnotherBot)
  }

  @Test func aCommandForAnotherBot() throws {
    let other = try message(
      #""text": "/new@other_bot", "entities": [{"type": "bot_command", "offset": 0, "length": 14}]"#)
    #expect(Addressing(other, bot: bot).isToAnotherBot)
    #expect(!Addressing(other, bot: bot).isToBot)
  }

  @Test func files() throws {
    let photo = try message(
      #""photo": [{"file_id": "s", "file_size": 1}, {"file_id": "l", "file_size": 9}], "caption": "c""#)
    #expect(photo.files.map(\.id) == ["l"])
    #expect(photo.files.map(\.kind) == [.image])
    #expect(photo.text == "c")
    let animation = try message(#""animation": {"file_id": "a"}, "document": {"file_id": "a"}"#)
    #expect(animation.files.map(\.kind) == [.video])
    let picture = try message(#""document": {"file_id": "d", "file_name": "../x", "mime_type": "image/png"}"#)
    #expect(picture.files.map(\.kind) == [.image])
    let voice = try message(#""voice": {"file_id": "v", "duration": 3}"#)
    #expect(voice.files.first?.seconds == 3)
    #expect(voice.files.first?.name == "voice.ogg")
  }

  @Test func placesAndWords() throws {
    let place = try message(#""location": {"latitude": 52.5, "longitude": 13}"#)
    #expect(place.place?.latitude == 52.5)
    #expect(place.place?.longitude == 13)
    let venue = try message(
      #""location": {"latitude": 1, "longitude": 2}, "venue": {"location": {"latitude": 1, "longitude": 2}, "title": "A", "address": "B"}"#
    )
    #expect(venue.place?.title == "A, B")
    #expect(try message(#""contact": {"first_name": "Ada", "phone_number": "1"}"#).text == "Ada 1")
    #expect(
      try message(#""poll": {"question": "Q?", "options": [{"text": "a"}, {"text": "b"}]}"#).text
        == "Q?\n- a\n- b")
    #expect(try message(#""sticker": {"file_id": "s", "emoji": "👍", "is_animated": true}"#).text == "👍")
    #expect(try message(#""new_chat_members": [{"id": 4, "first_name": "B"}]"#).isEmpty)
  }

  @Test func quotations() throws {
    let part = try message(
      #""text": "x", "quote": {"text": "part"}, "reply_to_message": {"message_id": 4, "text": "the part of it"}"#
    )
    #expect(part.quote?.text == "part")
    #expect(part.quote?.id == 4)
    let elsewhere = try message(#""text": "x", "quote": {"text": "p"}, "external_reply": {"message_id": 4}"#)
    #expect(elsewhere.quote?.id == nil)
    #expect(elsewhere.quote?.text == "p")
  }

  @Test func whoSpeaks() throws {
    // An anonymous administrator is the group, not the person with the number 1087968824.
    let anonymous = try message(#""text": "x", "sender_chat": {"id": -5, "title": "G", "type": "group"}"#)
    #expect(anonymous.from?.id == -5)
    #expect(anonymous.isFromChat)
  }

  @Test func buttonsAndMemberships() throws {
    let press = try #require(
      try ButtonPress(
        JSONReader.parse(
          #"""
          {"id": "77", "from": {"id": 3, "first_name": "A"}, "data": "d", "chat_instance": "1",
          "message": {"message_id": 9, "date": 0, "chat": {"id": -5, "type": "group"}}}
          """#)))
    #expect(press.message == 9)
    #expect(press.chat?.id == -5)
    #expect(press.data == "d")
    #expect(ButtonPress(["id": "1"]) == nil)
    let membership = try #require(
      try Membership(
        JSONReader.parse(
          #"""
          {"chat": {"id": 3, "type": "private"}, "from": {"id": 3}, "date": 1,
          "old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked"}}
          """#)))
    #expect(Membership.isIn(membership.before))
    #expect(!Membership.isIn(membership.now))
  }

  @Test(arguments: [
    "{}", #"{"update_id": "1"}"#, #"{"update_id": 1.5}"#, "[]", "null",
    #"{"update_id": 99999999999999999999}"#,
  ])
  func noUpdate(text: String) throws { #expect(try Update(JSONReader.parse(text)) == nil) }

  @Test(arguments: [
    #"{"update_id": 1}"#, #"{"update_id": 1, "message": 5}"#,
    #"{"update_id": 1, "message": {"message_id": 1}}"#,
    #"{"update_id": 1, "poll": {}}"#, #"{"update_id": 1, "callback_query": {"from": {"id": 1}}}"#,
  ])
  func strange(text: String) throws { #expect(try Update(JSONReader.parse(text))?.payload == .other) }
}
