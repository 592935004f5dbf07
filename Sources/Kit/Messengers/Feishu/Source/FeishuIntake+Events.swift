internal import Console
internal import Delivery
internal import FeishuWire
internal import JSON
internal import Wire

/// Events that are no messages.
extension FeishuIntake {
  /// Makes lines of an event; `done` is called when all of them are stored.
  func happen(_ event: FeishuEvent, done: @escaping () -> Void) throws {
    let body = event.body
    switch event.type {
    case "im.message.recalled_v1":
      guard let chat = FeishuID.read(body["chat_id"]), let message = FeishuID.read(body["message_id"]) else {
        return leave(event, done)
      }
      var data = JSONObject([("message", .string(message))])
      if let kind = FeishuID.read(body["recall_type"]) { data["by"] = .string(kind) }
      try tell([Happened(kind: "recalled", event: event.id, session: session(chat), data: data)], done)
    case "im.message.reaction.created_v1", "im.message.reaction.deleted_v1": try react(event, done)
    case "im.chat.member.user.added_v1": try move("joined", event, done)
    case "im.chat.member.user.deleted_v1": try move("left", event, done)
    case "im.chat.member.bot.added_v1": try moveOurselves("joined", event, done)
    case "im.chat.member.bot.deleted_v1": try moveOurselves("left", event, done)
    case "im.chat.disbanded_v1": try moveOurselves("left", event, done)
    default:
      Log.info("an event that nothing is done with", [("type", event.type), ("event", event.id)])
      done()
    }
  }

  private func leave(_ event: FeishuEvent, _ done: () -> Void) {
    leaveOut(event, "a necessary member is missing") { _ in done() }
  }

  private func tell(_ happened: [Happened], _ done: @escaping () -> Void) throws {
    var left = happened.count
    guard left > 0 else { return done() }
    for one in happened {
      try receiver.accept(one, of: source) { _ in
        left -= 1
        if left == 0 { done() }
      }
    }
  }

  /// A reaction names no chat: the message has to be asked for it.
  private func react(_ event: FeishuEvent, _ done: @escaping () -> Void) throws {
    guard event.body["operator_type"]?.string == "user",
      let from = person(FeishuUser(event.body["user_id"]))
    else { return done() }
    guard let message = FeishuID.read(event.body["message_id"]),
      let emoji = FeishuID.read(event.body["reaction_type"]?["emoji_type"])
    else { return leave(event, done) }
    client.message(message) { [self] result in
      guard case .success(let answer) = result, let item = answer.data["items"]?.array?.first,
        let chat = FeishuID.read(item["chat_id"])
      else {
        Log.info("a reaction to a message that cannot be fetched; left out", [("message", message)])
        return done()
      }
      var data = JSONObject([("message", .string(message)), ("emoji", .string(emoji))])
      if event.type == "im.message.reaction.deleted_v1" { data["removed"] = true }
      let place = session(chat, thread: FeishuID.read(item["thread_id"]))
      try tell([Happened(kind: "reaction", event: event.id, session: place, from: from, data: data)], done)
    }
  }

  private func move(_ kind: String, _ event: FeishuEvent, _ done: @escaping () -> Void) throws {
    guard let chat = FeishuID.read(event.body["chat_id"]) else { return leave(event, done) }
    let by = person(FeishuUser(event.body["operator_id"]))
    var happened: [Happened] = []
    for (index, user) in (event.body["users"]?.array ?? []).prefix(500).enumerated() {
      guard let from = person(FeishuUser(user["user_id"]), name: user["name"]?.string) else { continue }
      var data = JSONObject()
      if let by { data["by"] = .string(by.id) }
      happened.append(
        Happened(kind: kind, event: "\(event.id)/\(index)", session: session(chat), from: from, data: data))
    }
    try tell(happened, done)
  }

  private func moveOurselves(_ kind: String, _ event: FeishuEvent, _ done: @escaping () -> Void) throws {
    guard let chat = FeishuID.read(event.body["chat_id"]) else { return leave(event, done) }
    var data = JSONObject([("us", true)])
    if let by = person(FeishuUser(event.body["operator_id"])) { data["by"] = .string(by.id) }
    if let name = event.body["name"]?.string { data["chat_name"] = .string(String(name.prefix(200))) }
    if event.type == "im.chat.disbanded_v1" { data["disbanded"] = true }
    let us = bot.map { Heard.Person(id: $0) }
    try tell(
      [Happened(kind: kind, event: event.id, session: session(chat), from: us, data: data)], done)
  }
}
