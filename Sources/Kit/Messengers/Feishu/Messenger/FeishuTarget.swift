/// Whom a message goes to: the channel of an address, and what kind of id the API calls it.
struct FeishuTarget: Equatable {
  /// The kind, as `receive_id_type` names it.
  let kind: String
  /// The id.
  let id: String

  /// The target that a channel names.
  ///
  /// `oc_` begins a chat, `ou_` a person as this app knows them, `on_` one as all apps of the vendor do; with an
  /// `@` it is a person's e-mail address in the organisation, and anything else their user id there.
  init(channel: String) {
    id = channel
    if channel.hasPrefix("oc_") {
      kind = "chat_id"
    } else if channel.hasPrefix("ou_") {
      kind = "open_id"
    } else if channel.hasPrefix("on_") {
      kind = "union_id"
    } else {
      kind = channel.utf8.contains(UInt8(ascii: "@")) ? "email" : "user_id"
    }
  }

  /// Whether it is a chat that may be a group, where more than one person speaks.
  var isChat: Bool { kind == "chat_id" }
}
