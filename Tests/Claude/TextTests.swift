import Testing

@testable import AgentClaude

@Suite struct TextTests {
  @Test("Pieces of a block are shown as they come, and the whole block takes their place")
  func blocks() {
    var text = ClaudeText(limit: 1000)
    for piece in ["I will ", "use ", "a tool."] { text.write(piece) }
    #expect(text.whole == "I will use a tool.")
    text.finish("I will use a tool.")
    text.write("Made")
    #expect(text.whole == "I will use a tool.\n\nMade")
    text.finish("Made it.")
    #expect(text.final == "I will use a tool.\n\nMade it.")
  }

  @Test("What was begun and is said anew is not said twice")
  func restart() {
    var text = ClaudeText(limit: 1000)
    text.write("The connection will break he")
    text.restart()
    text.write("Once more.")
    #expect(text.whole == "Once more.")
    text.finish("")
    #expect(text.whole.isEmpty)
  }

  @Test("Beyond the limit nothing is kept, and the reply says how much that was", arguments: [0, 1, 5, 9])
  func limit(_ room: Int) {
    var text = ClaudeText(limit: room)
    text.write("0123456789")
    #expect(text.whole.isEmpty)
    text.finish("0123456789")
    #expect(text.whole == String("0123456789".prefix(room)))
    #expect(text.final.hasSuffix("\(10 - room) bytes more than the limit of \(room) were left out]"))
    #expect(text.count == room)
  }

  @Test("Half a character is no part of a reply")
  func half() {
    for limit in 0...9 {
      var text = ClaudeText(limit: limit)
      text.finish("äöü€")
      #expect("äöü€".hasPrefix(text.whole))
      #expect(!text.whole.unicodeScalars.contains("\u{FFFD}"))
    }
  }
}
