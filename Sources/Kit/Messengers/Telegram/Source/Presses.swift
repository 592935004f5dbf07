internal import Console
internal import Delivery
internal import JSON
internal import Journal
internal import Requests
internal import Settings
internal import Stage
internal import Store
internal import TelegramWire

/// Buttons that were pressed, and the small answers that the platform wants at once.
enum Presses {
  /// Takes a press: the app of the person is told at once that it was seen, whatever becomes of it.
  static func take(_ press: ButtonPress, _ source: TelegramSource) throws {
    answer(press, try words(press, source), source)
    guard let chat = press.chat else { return }
    try source.receiver?.accept(
      Press(
        event: "press.\(press.id)", session: try source.intake.address(chat, press.thread),
        from: Heard.Person(id: "\(press.from.id)", name: press.from.name),
        isGroup: !chat.isDirect, token: press.data,
        origin: .of(["message": press.message.map { .id($0) }])),
      of: source)
  }

  /// What the app shows: that it was received, or how the request was settled before.
  private static func words(_ press: ButtonPress, _ source: TelegramSource) throws -> String {
    let language = source.stage.settings.language
    let words = SourceWords.of(language)
    let store = source.stage.journal.store
    guard let (request, _) = try ButtonToken.read(press.data, store), let row = try store.request(request)
    else {
      return words.unknownButton
    }
    return CardWords.outcome(row, language) ?? words.received
  }

  private static func answer(_ press: ButtonPress, _ text: String, _ source: TelegramSource) {
    let short = String(String.UnicodeScalarView(text.unicodeScalars.prefix(200)))
    source.api.call(
      "answerCallbackQuery", .of(["callback_query_id": .string(press.id), "text": .string(short)]),
      total: 10_000, isRepeatable: true
    ) { result in
      if case .failure(let failure) = result, failure.kind != .queryTooOld {
        Log.info("a press was not answered", [("reason", failure.words)])
      }
    }
  }

  /// Shows that somebody has heard.
  static func typing(_ message: ChatMessage, _ source: TelegramSource) {
    guard message.chat.type != "channel" else { return }
    source.api.call(
      "sendChatAction",
      .of([
        "chat_id": .id(message.chat.id), "action": "typing",
        "message_thread_id": message.thread.map { .id($0) },
      ]), total: 10_000
    ) { _ in }
  }
}
