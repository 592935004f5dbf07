/// The text of a turn as it grows: finished blocks, and the one that is being written.
struct ClaudeText {
  private var blocks = ""
  private var current = ""
  private var dropped = 0
  private let limit: Int

  /// An empty text that keeps at most `limit` bytes.
  init(limit: Int) { self.limit = limit }

  /// All of it so far.
  var whole: String {
    if current.isEmpty { return blocks }
    return blocks.isEmpty ? current : "\(blocks)\n\n\(current)"
  }

  /// All of it, and how much was left out.
  var final: String {
    dropped == 0 ? whole : "\(whole)\n\n[… \(dropped) bytes more than the limit of \(limit) were left out]"
  }

  /// Bytes so far.
  var count: Int { blocks.utf8.count + current.utf8.count }

  /// A piece of the block that is being written.
  mutating func write(_ piece: String) {
    guard count + piece.utf8.count <= limit else { return }
    current += piece
  }

  /// What was begun comes again, or not at all.
  mutating func restart() { current = "" }

  /// A whole block, in place of what was written of it.
  mutating func finish(_ block: String) {
    current = ""
    let room = max(0, limit - blocks.utf8.count)
    guard block.utf8.count > room else { return add(block) }
    var start = String(decoding: block.utf8.prefix(room), as: UTF8.self)
    // The cut may have left half a character.
    if start.unicodeScalars.last == "\u{FFFD}" { start.unicodeScalars.removeLast() }
    dropped += block.utf8.count - start.utf8.count
    add(start)
  }

  private mutating func add(_ block: String) {
    guard !block.isEmpty else { return }
    blocks += blocks.isEmpty ? block : "\n\n\(block)"
  }
}
