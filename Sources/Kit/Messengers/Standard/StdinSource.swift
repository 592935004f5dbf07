internal import Console
package import Delivery
internal import Glibc
internal import Stage
internal import System

/// Standard input: each line of plain text is a message.
package final class StdinSource: Source {
  package var platform: String { speaker.platform }
  package let account = ""
  package let credential: String? = nil

  private let speaker: Receiver.Speaker
  private var reader: LineReader
  private let delimiter: UInt8
  private var watch: EventLoop.Watch?
  private unowned var receiver: Receiver?

  /// What does not fit into a line becomes a file; past this it is no message any more.
  static let textLimit = 16 << 20

  /// Messages of somebody; cut at newlines, or at NULs so that they may have many lines.
  package init(_ speaker: Receiver.Speaker, atNUL: Bool) {
    self.speaker = speaker
    delimiter = atNUL ? 0 : 0x0A
    reader = LineReader(limit: Self.textLimit, delimiter: delimiter)
  }

  package func owns(session: String) -> Bool { platform == "stdin" || session == speaker.session }

  package func start(_ receiver: Receiver) throws {
    self.receiver = receiver
    watch = receiver.stage.loop.watch(0) { [unowned self] in try read() }
  }

  package func pause() { watch?.isEnabled = false }
  package func resume() { watch?.isEnabled = true }

  package func stop() throws {
    watch?.cancel()
    receiver?.ended(self)
  }

  private func read() throws {
    let got = try reader.fill(from: 0)
    while let found = reader.next() {
      switch found {
      case .line(let range): try accept(reader.bytes(range))
      case .tooLong:
        Log.warning(
          "standard input: message \(reader.number) is longer than \(Self.textLimit) bytes; left out: send it as a file"
        )
      }
    }
    if got == 0 { try stop() }
  }

  private func accept(_ bytes: [UInt8]) throws {
    guard let receiver else { return }
    var bytes = bytes
    if delimiter == 0 {
      if bytes.last == 0x0A { bytes.removeLast() }
    } else if bytes.last == 0x0D {
      bytes.removeLast()
    }
    guard bytes.contains(where: { $0 > 0x20 }) else { return }
    let text: String
    if let valid = String(validating: bytes, as: UTF8.self) {
      text = valid
    } else {
      Log.warning("standard input: message \(reader.number) is not UTF-8; its bad bytes are replaced")
      text = String(decoding: bytes, as: UTF8.self)
    }
    try receiver.accept(text: text, of: speaker)
  }
}
