package import JSON
package import System

/// A message as Feishu tells of it.
package struct FeishuMessage: Sendable {
  /// Its id.
  package var id: String
  /// The chat.
  package var chat: String
  /// Whether others hear it.
  package var isGroup: Bool
  /// The first message of the tree that it answers in; nil where it answers none.
  package var root: String?
  /// The message that it answers.
  package var parent: String?
  /// The topic that it stands in.
  package var thread: String?
  /// Who sent it, by each kind of id; Feishu tells those that the app may know.
  package var sender: FeishuUser
  /// `user`; anything else is a program.
  package var senderType: String
  /// What kind of message it is.
  package var kind: String
  /// The words and keys of it, of its kind.
  package var content: JSONObject
  /// Who is mentioned, by the placeholders in the text.
  package var mentions: [FeishuMention]
  /// When it was sent.
  package var created: Timestamp?

  /// Reads the event of a received message, of either schema.
  ///
  /// - Throws: `FeishuEventError` where a necessary member is missing.
  package static func received(_ event: FeishuEvent) throws(FeishuEventError) -> FeishuMessage {
    guard event.isOld else { return try FeishuMessage(event) }
    var message = try FeishuMessage(old: event.body)
    message.created = event.created
    return message
  }

  private init(_ event: FeishuEvent) throws(FeishuEventError) {
    guard let message = event.body["message"]?.object, let id = FeishuID.read(message["message_id"]),
      let chat = FeishuID.read(message["chat_id"]), let kind = message["message_type"]?.string
    else { throw FeishuEventError("a message without id, chat or kind") }
    let sender = event.body["sender"]
    (self.id, self.chat, self.kind) = (id, chat, kind)
    isGroup = message["chat_type"]?.string != "p2p"
    root = FeishuID.read(message["root_id"])
    parent = FeishuID.read(message["parent_id"])
    thread = FeishuID.read(message["thread_id"])
    self.sender = FeishuUser(sender?["sender_id"])
    senderType = sender?["sender_type"]?.string ?? "user"
    content = Self.content(message["content"]?.string)
    mentions = (message["mentions"]?.array ?? []).prefix(200).compactMap(FeishuMention.init)
    created = FeishuTime.read(message["create_time"])
  }

  /// Reads a message that was fetched: `data.items[…]`.
  ///
  /// - Throws: `FeishuEventError` where a necessary member is missing.
  package init(fetched item: JSONValue) throws(FeishuEventError) {
    guard let id = FeishuID.read(item["message_id"]), let kind = item["msg_type"]?.string else {
      throw FeishuEventError("a message without id or kind")
    }
    (self.id, self.kind) = (id, kind)
    chat = FeishuID.read(item["chat_id"]) ?? ""
    isGroup = true
    root = FeishuID.read(item["root_id"])
    parent = FeishuID.read(item["parent_id"])
    thread = FeishuID.read(item["thread_id"])
    senderType = item["sender"]?["sender_type"]?.string ?? ""
    sender = FeishuUser()
    sender.openID = FeishuID.read(item["sender"]?["id"])
    content = Self.content(item["body"]?["content"]?.string)
    mentions = (item["mentions"]?.array ?? []).prefix(200).compactMap(FeishuMention.init)
    created = FeishuTime.read(item["create_time"])
  }

  /// The older schema: one flat object, with the words outside of it.
  private init(old body: JSONObject) throws(FeishuEventError) {
    guard let id = FeishuID.read(body["open_message_id"]), let chat = FeishuID.read(body["open_chat_id"])
    else {
      throw FeishuEventError("a message without id or chat")
    }
    (self.id, self.chat) = (id, chat)
    isGroup = body["chat_type"]?.string != "private"
    root = FeishuID.read(body["root_id"])
    parent = FeishuID.read(body["parent_id"])
    sender = FeishuUser()
    sender.openID = FeishuID.read(body["open_id"])
    sender.userID = FeishuID.read(body["employee_id"])
    senderType = "user"
    kind = body["msg_type"]?.string ?? "text"
    content = JSONObject()
    for name in ["text", "image_key", "file_key", "title"] where body[name]?.string?.isEmpty == false {
      content[name] = body[name]
    }
    mentions = []
    if kind == "post" {
      // It has the words of a post as text, and its pictures apart.
      let pictures = (body["image_keys"]?.array ?? []).prefix(64).map {
        JSONValue.object(JSONObject([("tag", "img"), ("image_key", $0)]))
      }
      let words = JSONValue.object(
        JSONObject([("tag", "text"), ("text", .string(body["text_without_at_bot"]?.string ?? ""))]))
      content["content"] = .array([.array([words] + pictures)])
    } else if kind == "text", let words = body["text_without_at_bot"]?.string {
      content["text"] = .string(words)
    }
    if body["is_mention"]?.bool == true {
      mentions = [FeishuMention(key: "", user: FeishuUser(), name: nil, isOurs: true)]
    }
  }

  /// The content is JSON in a text.
  private static func content(_ text: String?) -> JSONObject {
    guard let text else { return JSONObject() }
    let value = try? JSONReader.parse(text, limits: FeishuPush.limits)
    return value?.object ?? JSONObject([("text", .string(text))])
  }
}

/// A person or a program, by its ids.
package struct FeishuUser: Equatable, Sendable {
  /// For this app alone.
  package var openID: String?
  /// For all apps of one developer.
  package var unionID: String?
  /// In the organisation; Feishu tells it only to apps that may know it.
  package var userID: String?

  /// Nobody.
  package init() {}

  /// Reads the three ids of an object; nobody where there is none.
  package init(_ value: JSONValue?) {
    openID = FeishuID.read(value?["open_id"])
    unionID = FeishuID.read(value?["union_id"])
    userID = FeishuID.read(value?["user_id"])
  }

  /// The id of a kind.
  package func id(_ kind: FeishuIDKind) -> String? {
    switch kind {
    case .openID: openID
    case .unionID: unionID
    case .userID: userID
    }
  }
}

/// Which of their ids people are known by.
package enum FeishuIDKind: String, CaseIterable, Sendable {
  /// The one that only this app knows.
  case openID = "open_id"
  /// The one that all apps of one developer know.
  case unionID = "union_id"
  /// The one of the organisation, which an administrator may choose.
  case userID = "user_id"
}

/// Somebody who is mentioned in a message.
package struct FeishuMention: Equatable, Sendable {
  /// What stands in the text instead of the name: `@_user_1`.
  package var key: String
  /// Who it is.
  package var user: FeishuUser
  /// The name.
  package var name: String?
  /// Whether the older schema says that it is us.
  package var isOurs = false

  init(key: String, user: FeishuUser, name: String?, isOurs: Bool = false) {
    (self.key, self.user, self.name, self.isOurs) = (key, user, name, isOurs)
  }

  /// Reads one of `mentions`; nil for what is none.
  init?(_ value: JSONValue) {
    guard let key = value["key"]?.string, key.hasPrefix("@_"), key.utf8.count <= 32 else { return nil }
    self.key = key
    name = value["name"]?.string.map { String($0.prefix(100)) }
    // A fetched message has one id and says of which kind; an event has all of them.
    if let id = FeishuID.read(value["id"]) {
      user = FeishuUser()
      user.openID = id
    } else {
      user = FeishuUser(value["id"])
    }
  }
}
