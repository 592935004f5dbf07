package import JSON

/// What somebody has said, as the platform has it.
package struct ChatMessage: Equatable, Sendable {
  /// Its number, in its chat alone.
  package var id: Int64
  /// Where it was said.
  package var chat: Chat
  /// Who said it; a chat where it speaks for itself, nobody in some channels.
  package var from: ChatUser?
  /// Whether `from` is a chat: an anonymous administrator, a channel.
  package var isFromChat = false
  /// Its topic; nil for the general one and for threads that are none.
  package var thread: Int64?
  /// When it was said, in seconds.
  package var date: Int64
  /// When it was changed last.
  package var editDate: Int64?
  /// The words; of a picture or file, those below it.
  package var text: String
  /// What is special about parts of the words.
  package var marks: [Mark]
  /// What came along.
  package var files: [ChatFile]
  /// A place that was sent.
  package var place: Place?
  /// What it answers.
  package var quote: QuotedMessage?
  /// The same for all messages of an album.
  package var album: String?
  /// The chat's new number.
  package var migratedTo: Int64?
  /// People and bots that came into the group with it.
  package var joined: [ChatUser]
  /// Who left the group with it.
  package var left: ChatUser?
  /// Where it was forwarded from.
  package var isForwarded: Bool

  /// A place on the earth.
  package struct Place: Equatable, Sendable {
    /// Degrees.
    package var latitude: Double
    package var longitude: Double
    /// What is there, where it is told.
    package var title: String?
  }

  /// A part of a text, counted in UTF-16 units.
  package struct Mark: Equatable, Sendable {
    /// Its kind: `mention`, `bot_command`, `text_mention`, ...
    package var type: String
    package var offset: Int
    package var length: Int
    /// Who is meant.
    package var user: Int64?
  }

  /// Reads a message; nil when it has no number or chat.
  package init?(_ value: JSONValue) {
    guard let id = value["message_id"]?.int, let chat = Chat(value["chat"]) else { return nil }
    self.id = Int64(id)
    self.chat = chat
    if let speaking = ChatUser(value["sender_chat"]) {
      from = speaking
      isFromChat = true
    } else {
      from = ChatUser(value["from"])
    }
    thread = Self.topic(of: value)
    date = value["date"]?.int.map { Int64($0) } ?? 0
    editDate = value["edit_date"]?.int.map { Int64($0) }
    text = value["text"]?.string ?? value["caption"]?.string ?? ""
    marks = (value["entities"] ?? value["caption_entities"])?.array?.compactMap(Self.mark) ?? []
    files = ChatFile.all(value)
    place = Self.place(value)
    quote = QuotedMessage(value)
    album = value["media_group_id"]?.string
    migratedTo = value["migrate_to_chat_id"]?.int.map { Int64($0) }
    joined = value["new_chat_members"]?.array?.compactMap { ChatUser($0) } ?? []
    left = ChatUser(value["left_chat_member"])
    isForwarded = value["forward_origin"] != nil
    if text.isEmpty { text = Self.words(value) }
  }

  /// Whether there is anything in it for an agent.
  package var isEmpty: Bool { text.isEmpty && files.isEmpty && place == nil }

  /// The topic of a message: replies have a thread number, too, which is none.
  static func topic(of value: JSONValue?) -> Int64? {
    guard value?["is_topic_message"]?.bool == true, let thread = value?["message_thread_id"]?.int else {
      return nil
    }
    return Int64(thread)
  }

  private static func mark(_ value: JSONValue) -> Mark? {
    guard let type = value["type"]?.string, let offset = value["offset"]?.int,
      let length = value["length"]?.int, offset >= 0, length > 0
    else { return nil }
    return Mark(
      type: type, offset: offset, length: length, user: value["user"]?["id"]?.int.map { Int64($0) })
  }

  private static func place(_ value: JSONValue) -> Place? {
    let location = value["venue"]?["location"] ?? value["location"]
    guard let latitude = location?["latitude"]?.double, let longitude = location?["longitude"]?.double else {
      return nil
    }
    let title = [value["venue"]?["title"]?.string, value["venue"]?["address"]?.string].compactMap(\.self)
    return Place(
      latitude: latitude, longitude: longitude, title: title.isEmpty ? nil : title.joined(separator: ", "))
  }

  /// Words for kinds of messages that have none.
  private static func words(_ value: JSONValue) -> String {
    if let contact = value["contact"] {
      let name = [contact["first_name"]?.string, contact["last_name"]?.string].compactMap(\.self)
      return (name + [contact["phone_number"]?.string].compactMap(\.self)).joined(separator: " ")
    }
    if let poll = value["poll"] {
      let options = poll["options"]?.array?.compactMap { $0["text"]?.string.map { "- \($0)" } } ?? []
      return ([poll["question"]?.string ?? ""] + options).joined(separator: "\n")
    }
    if let dice = value["dice"], let shown = dice["value"]?.int {
      return "\(dice["emoji"]?.string ?? "🎲") \(shown)"
    }
    return value["sticker"]?["emoji"]?.string ?? ""
  }
}

/// The message that another one answers.
package struct QuotedMessage: Equatable, Sendable {
  /// Its number.
  package var id: Int64?
  /// Its words, or the part that was chosen of them.
  package var text: String
  /// Who said it.
  package var from: ChatUser?

  /// Reads what a message answers; nil when it answers nothing.
  init?(_ value: JSONValue) {
    let part = value["quote"]?["text"]?.string
    if let replied = value["reply_to_message"], replied["forum_topic_created"] == nil {
      id = replied["message_id"]?.int.map { Int64($0) }
      text = part ?? replied["text"]?.string ?? replied["caption"]?.string ?? ""
      from = ChatUser(replied["from"])
    } else if value["external_reply"] != nil {
      // Of a message in another chat only the chosen part can be read.
      text = part ?? ""
      guard !text.isEmpty else { return nil }
    } else {
      return nil
    }
  }
}
