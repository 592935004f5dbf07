package import JSON

/// One event of the platform.
package struct Update: Equatable, Sendable {
  /// Its number; a new one is one higher.
  package var id: Int64
  /// What happened.
  package var payload: Payload

  /// What happened.
  package enum Payload: Equatable, Sendable {
    /// Somebody said something.
    case message(ChatMessage)
    /// Somebody has changed what they said.
    case edited(ChatMessage)
    /// Somebody has pressed a button.
    case pressed(ButtonPress)
    /// What the bot may do in a chat has changed.
    case membership(Membership)
    /// Something that nobody here asks for, or that cannot be read.
    case other
  }

  /// Which updates are asked for.
  package static let wanted: JSONValue = [
    "message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "my_chat_member",
  ]

  /// Reads an update; nil when it has no number.
  package init?(_ value: JSONValue) {
    guard let number = value["update_id"]?.int else { return nil }
    id = Int64(number)
    payload = .other
    if let message = (value["message"] ?? value["channel_post"]).flatMap({ ChatMessage($0) }) {
      payload = .message(message)
    } else if let message = (value["edited_message"] ?? value["edited_channel_post"]).flatMap({
      ChatMessage($0)
    }) {
      payload = .edited(message)
    } else if let press = value["callback_query"].flatMap({ ButtonPress($0) }) {
      payload = .pressed(press)
    } else if let membership = value["my_chat_member"].flatMap({ Membership($0) }) {
      payload = .membership(membership)
    }
  }
}

/// A person, a bot, or a chat that speaks for itself.
package struct ChatUser: Equatable, Sendable {
  /// The number; people are known by it alone, because user names change hands.
  package var id: Int64
  /// What is shown as the name.
  package var name: String
  /// The user name, without its @.
  package var username: String?
  /// Whether it is a bot.
  package var isBot = false
  /// The language of its app: `de`, `zh-hans`.
  package var language: String?

  init?(_ value: JSONValue?) {
    guard let value, let id = value["id"]?.int else { return nil }
    self.id = Int64(id)
    username = value["username"]?.string
    let parts = [value["first_name"]?.string, value["last_name"]?.string].compactMap(\.self)
    let full = parts.filter { !$0.isEmpty }.joined(separator: " ")
    name = full.isEmpty ? value["title"]?.string ?? username ?? "" : full
    isBot = value["is_bot"]?.bool ?? false
    language = value["language_code"]?.string
  }
}

/// Where something is said.
package struct Chat: Equatable, Sendable {
  /// The number; those of groups are negative.
  package var id: Int64
  /// What kind it is: `private`, `group`, `supergroup`, `channel`.
  package var type: String
  /// Its title, for groups and channels.
  package var title: String?

  /// Whether it is between one person and the bot.
  package var isDirect: Bool { type == "private" }

  init?(_ value: JSONValue?) {
    guard let value, let id = value["id"]?.int else { return nil }
    self.id = Int64(id)
    type = value["type"]?.string ?? (id > 0 ? "private" : "group")
    title = value["title"]?.string
  }
}

/// A button that somebody has pressed.
package struct ButtonPress: Equatable, Sendable {
  /// What `answerCallbackQuery` wants to know.
  package var id: String
  /// Who pressed it: in a group, anybody.
  package var from: ChatUser
  /// The chat of the message with the button; nil for one that was sent elsewhere by somebody else.
  package var chat: Chat?
  /// The message with the button.
  package var message: Int64?
  /// The topic of that message.
  package var thread: Int64?
  /// What we gave to the button, or whatever a changed app made of it.
  package var data: String

  /// Reads a press; nil when it says too little.
  package init?(_ value: JSONValue) {
    guard let id = value["id"]?.string, let from = ChatUser(value["from"]) else { return nil }
    self.id = id
    self.from = from
    let message = value["message"]
    chat = Chat(message?["chat"])
    self.message = message?["message_id"]?.int.map { Int64($0) }
    thread = ChatMessage.topic(of: message)
    data = value["data"]?.string ?? ""
  }
}

/// What a bot may do in a chat, as it has just become.
package struct Membership: Equatable, Sendable {
  /// The chat.
  package var chat: Chat
  /// Who changed it.
  package var from: ChatUser
  /// What it was: `member`, `administrator`, `left`, `kicked`, `restricted`.
  package var before: String
  /// What it is.
  package var now: String
  /// When, in seconds.
  package var date: Int64

  /// Whether the bot is in the chat, and not blocked.
  package static func isIn(_ status: String) -> Bool {
    status != "left" && status != "kicked" && status != ""
  }

  /// Reads a change; nil when it says too little.
  package init?(_ value: JSONValue) {
    guard let chat = Chat(value["chat"]), let from = ChatUser(value["from"]) else { return nil }
    self.chat = chat
    self.from = from
    before = value["old_chat_member"]?["status"]?.string ?? ""
    now = value["new_chat_member"]?["status"]?.string ?? ""
    date = value["date"]?.int.map { Int64($0) } ?? 0
  }
}
