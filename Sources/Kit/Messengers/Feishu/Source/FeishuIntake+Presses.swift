internal import Delivery
internal import FeishuWire
internal import JSON
internal import Settings
internal import Stage
internal import Wire

/// Buttons of cards.
extension FeishuIntake {
  /// Takes a pressed button; Feishu shows the person what `reply` has as its result.
  func press(_ event: FeishuEvent, reply: @escaping (FeishuReply) -> Void) throws {
    let action = event.body["action"]
    guard let token = action?["value"]?[Feishu.tokenKey]?.string else {
      // Somebody else's card, which has nothing to say to us.
      return reply(.taken(nil))
    }
    let place = event.body["context"] ?? .object(event.body)
    guard let chat = FeishuID.read(place["open_chat_id"]),
      let from = person(FeishuUser(event.body["operator"]))
    else { return leaveOut(event, "a necessary member is missing", reply) }
    var origin = JSONObject([("chat_id", .string(chat))])
    if let message = FeishuID.read(place["open_message_id"]) { origin["message_id"] = .string(message) }
    // The event does not say what kind of chat it is: the card does, where we made it for one person.
    let isDirect = action?["value"]?["chat"]?.string == "direct"
    let press = Press(
      event: event.id, session: session(chat), from: from, isGroup: !isDirect, token: token, origin: origin)
    let language = stage.settings.language
    try receiver.accept(press, of: source) { isNew in
      reply(.taken(Self.toast(isNew: isNew, language)))
    }
  }

  /// What the person sees at once; what it came to is written onto the card.
  private static func toast(isNew: Bool, _ language: Language) -> [UInt8] {
    let words =
      switch (isNew, language) {
      case (true, .zh): "已收到"
      case (true, .en): "Received"
      case (false, .zh): "这个按钮已失效，或者已经点过"
      case (false, .en): "This button is no longer valid, or was pressed already"
      }
    var json = JSONWriter()
    json.beginObject()
    json.name("toast")
    json.beginObject()
    json.member("type", isNew ? "success" : "warning")
    json.member("content", words)
    json.endObject()
    json.endObject()
    return json.bytes
  }
}
