/// Takes out what a model thinks aloud at the beginning of its text, between `<think>` and `</think>`.
///
/// Fed with a text as it comes; however it is cut, the same is left. Later such marks are what the model says.
struct ThinkFilter {
  private enum State { case before, inside, after }
  private var state = State.before
  /// What may still become a mark.
  private var held: [UInt8] = []
  /// Whether blanks behind a thought are left out.
  private var trims = false
  /// Whether anything was left out.
  private(set) var hasThought = false

  private static let begin = Array("<think>".utf8)
  private static let end = Array("</think>".utf8)
  /// Blanks at the beginning that may still precede a thought.
  private static let blankLimit = 256

  /// Whether what came last is still inside of a thought.
  var isInside: Bool { state == .inside }

  /// Takes more text, and returns what of it is said.
  mutating func take(_ text: String) -> String {
    if state == .after, !trims { return text }
    held += text.utf8
    return said()
  }

  /// What was held back, at the end of the text.
  mutating func finish() -> String {
    defer { held = [] }
    return state == .inside ? "" : text(held)
  }

  private mutating func said() -> String {
    while true {
      switch state {
      case .before:
        let start = held.firstIndex { !Self.isBlank($0) } ?? held.count
        let mark = held[start...].prefix(Self.begin.count)
        if start > Self.blankLimit || !Self.begin.starts(with: mark) {
          state = .after
        } else if mark.count == Self.begin.count {
          held.removeFirst(start + Self.begin.count)
          (state, hasThought) = (.inside, true)
        } else {
          return ""
        }
      case .inside:
        guard let found = Self.find(Self.end, in: held) else {
          // Only what may be the beginning of the mark is needed.
          held.removeFirst(max(0, held.count - Self.end.count + 1))
          return ""
        }
        held.removeFirst(found + Self.end.count)
        (state, trims) = (.before, true)
      case .after:
        if trims {
          let start = held.firstIndex { !Self.isBlank($0) } ?? held.count
          held.removeFirst(start)
          if held.isEmpty { return "" }
          trims = false
        }
        defer { held = [] }
        return text(held)
      }
    }
  }

  private func text(_ bytes: [UInt8]) -> String {
    // Pieces are whole texts, and marks are ASCII: what is cut is never a character.
    let rest = trims ? bytes.drop(while: Self.isBlank) : bytes[...]
    return String(decoding: rest, as: UTF8.self)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func find(_ mark: [UInt8], in bytes: [UInt8]) -> Int? {
    var index = 0
    while index + mark.count <= bytes.count {
      if bytes[index] == mark[0], bytes[index..<(index + mark.count)].elementsEqual(mark) { return index }
      index += 1
    }
    return nil
  }
}
