internal import Delivery
internal import JSON
internal import Stage
internal import System
internal import TelegramWire

/// A message, or an album, whose files are on their way.
final class HeldMessage {
  /// The number of its (first) update.
  let update: Int64
  let message: ChatMessage
  let album: String?
  /// The updates as they came.
  private(set) var raw: [JSONValue]
  private(set) var text: String
  private(set) var isToBot: Bool
  /// Waits for more of an album.
  var timer: EventLoop.Timer?

  private var files: [Fetch] = []

  init(_ update: Int64, _ message: ChatMessage, _ addressing: Addressing, _ value: JSONValue) {
    self.update = update
    self.message = message
    album = message.album
    raw = [value]
    text = addressing.text
    isToBot = addressing.isToBot
    files = message.files.map { Fetch($0) }
  }

  /// Takes another message of the same album.
  func add(_ message: ChatMessage, _ words: String, _ value: JSONValue) {
    raw.append(value)
    files += message.files.map { Fetch($0) }
    if !words.isEmpty { text += text.isEmpty ? words : "\n\(words)" }
  }

  /// Fetches what was not yet begun; `changed` is called when something has come.
  func fetch(_ source: TelegramSource, changed: @escaping () throws -> Void) {
    for file in files where !file.isBegun {
      file.begin(source) { [weak self] note in
        if let self, let note { text += text.isEmpty ? note : "\n\(note)" }
        try changed()
      }
    }
  }

  /// Whether it is whole.
  var isReady: Bool { timer == nil && files.allSatisfy(\.isOver) }

  /// What was fetched.
  var attachments: [Attachment] { files.compactMap(\.attachment) }

  /// Fetches no more.
  func stop() {
    timer?.cancel()
    for file in files { file.stop() }
  }
}
