import Console
import Testing

/// What a terminal sends for keys, by the names that the tables use.
private let names: [String: String] = [
  "enter": "\r", "alt-enter": "\u{1B}\r", "bs": "\u{7F}", "del": "\u{1B}[3~", "left": "\u{1B}[D",
  "right": "\u{1B}[C", "up": "\u{1B}[A", "down": "\u{1B}OB", "home": "\u{1B}[H", "end": "\u{1B}[4~",
  "ctrl-left": "\u{1B}[1;5D", "ctrl-right": "\u{1B}[1;5C", "alt-b": "\u{1B}b", "alt-f": "\u{1B}f",
  "alt-d": "\u{1B}d", "alt-bs": "\u{1B}\u{7F}", "f5": "\u{1B}[15~", "esc": "\u{1B}\u{1B}",
  "paste(": "\u{1B}[200~", ")paste": "\u{1B}[201~",
]

/// The bytes of a sequence such as `abc<left>x<^A>`.
private func bytes(_ keys: String) -> [UInt8] {
  var result: [UInt8] = []
  var name: String?
  for character in keys.unicodeScalars {
    if character == "<" {
      name = ""
    } else if character == ">", let known = name {
      if known.hasPrefix("^"), let letter = known.utf8.last { result.append(letter - 0x40) }
      result += (names[known] ?? "").utf8
      name = nil
    } else if name != nil {
      name?.unicodeScalars.append(character)
    } else {
      result += String(character).utf8
    }
  }
  return result
}

/// The text with a bar where the cursor is, and what else happened.
private func result(_ keys: String, history: [String] = [], piece: Int = .max) -> String {
  var memory = History()
  for entry in history { memory.add(entry) }
  var editor = Editor(history: memory)
  var reader = KeyReader()
  var events: [String] = []
  var rest = bytes(keys)[...]
  while !rest.isEmpty {
    for key in reader.read(Array(rest.prefix(piece))) {
      switch editor.press(key) {
      case .edited: break
      case .submit(let text): events.append("[\(text)]")
      case let other: events.append("\(other)")
      }
    }
    rest = rest.dropFirst(min(piece, rest.count))
  }
  let shown = String(editor.text[..<editor.cursor]) + "|" + String(editor.text[editor.cursor...])
  return (events + [shown]).joined(separator: " ")
}

@Suite struct EditorTests {
  static let table: [(String, String)] = [
    ("abc", "abc|"), ("abc<left><left>x", "ax|bc"), ("abc<^A>x<^E>y", "xabcy|"),
    ("abc<home><del><end><bs>", "b|"), ("abc<^A><^F><^D>", "a|c"), ("abc<^B><^H>", "a|c"),
    ("one two<^W>three", "one three|"), ("a b-c<^W>", "a |"), ("a b-c<alt-bs>", "a b-|"),
    ("one two<^A><alt-d>", "| two"), ("one two<alt-b><alt-b>x", "x|one two"),
    ("one two<^A><ctrl-right>x", "onex| two"), ("one two<ctrl-left>x", "one x|two"),
    ("one<alt-f>x", "onex|"), ("hello<left><left><^K>", "hel|"), ("hello<left><left><^U>", "|lo"),
    ("hello<^U>a<^Y>b", "ahellob|"), ("ab<^T>", "ba|"), ("abc<^A><right><^T>", "ba|c"), ("a<^T>", "a|"),
    ("<bs><del><left><right><^K><^U><^W><^Y><^T>", "|"), ("a<f5>b", "ab|"), ("abc<enter>d", "[abc] d|"),
    ("a<alt-enter>b", "a\nb|"), ("ab<alt-enter>cd<home>x<up>y", "ay|b\nxcd"),
    ("ab<alt-enter>cd<up><home>x<down>y", "xab\ncy|d"), ("a<alt-enter>b<up><^K>", "a|b"),
    ("<^C>", "interrupt |"), ("<^D>", "end |"), ("a<^D>", "a|"), ("<^Z><^L>", "suspend clearScreen |"),
    ("paste(<paste(>a\r\nb\rc\u{3}<)paste>d", "paste(a\nb\nc\u{3}d|"),
    // Characters are what people see.
    ("你好<bs>", "你|"), ("e\u{301}x<bs><bs>", "|"), ("a👨‍👩‍👧b<left><bs>", "a|b"), ("🇨🇳🇫🇷<bs>", "🇨🇳|"),
    ("<^A>\u{301}a", "\u{301}a|"), ("中文字<^A><right>x", "中x|文字"), ("中 文<^W>", "中 |"),
    // History: newest first, the draft comes back.
    ("<up>", "third|"), ("<up><up>", "first one|"), ("<up><up><up>", "first one|"),
    ("dra<up><up><down><down>", "dra|"), ("<up>x<enter><up>", "[thirdx] thirdx|"), ("<^P><^P><^N>", "third|"),
    // Search.
    ("<^R>ir", "third|"), ("<^R>ir<^R>", "first one|"), ("<^R>ir<^R><^R>", "first one|"),
    ("x<^R>first<esc>", "x|"), ("x<^R>first<^G>", "x|"), ("<^R>first<left>!", "first on!|e"),
    ("<^R>one<enter>", "[first one] |"), ("<^R>zzz<enter>", "[] |"), ("<^R>thirz<bs><enter>", "[third] |"),
  ]

  @Test("keys do what they do in a shell", arguments: table)
  func keys(_ keys: String, _ expected: String) {
    #expect(result(keys, history: ["first one", "third"]) == expected)
  }

  @Test("it does not matter in which pieces keys come", arguments: table)
  func pieces(_ keys: String, _ expected: String) {
    #expect(result(keys, history: ["first one", "third"], piece: 1) == expected)
    #expect(result(keys, history: ["first one", "third"], piece: 3) == expected)
  }

  @Test("a lone escape is a key when nothing follows")
  func escape() {
    var reader = KeyReader()
    #expect(reader.read([0x1B]).isEmpty && reader.isUnsure)
    #expect(reader.settle() == [.escape])
    #expect(!reader.isUnsure && reader.settle().isEmpty)
    #expect(reader.read(Array("\u{1B}[A".utf8)) == [.up])
  }

  @Test("no bytes at all make the reader or the editor fail, and none are kept for good")
  func garbage() {
    var seed: UInt64 = 7
    for _ in 0..<300 {
      var reader = KeyReader()
      var editor = Editor()
      for _ in 0..<20 {
        var some: [UInt8] = []
        for _ in 0..<32 {
          seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          let byte = UInt8(truncatingIfNeeded: seed >> 56)
          some.append(seed & 0x300_0000 == 0 ? 0x1B : byte)
        }
        for key in reader.read(some) { _ = editor.press(key) }
        #expect(editor.cursor >= 0 && editor.cursor <= editor.text.count)
        _ = EditorRows(editor.text, cursor: editor.cursor, prompt: "> ", columns: 20, height: 5)
      }
    }
  }

  @Test("a history keeps 1,000 entries, none that begin with a blank, none twice in a row")
  func history() {
    var history = History()
    for number in 0..<1500 { history.add("entry \(number)") }
    #expect(history.entries.count == History.limit && history.entries.first == "entry 500")
    for text in [" secret", "entry 1499", "", String(repeating: "x", count: History.lengthLimit + 1)] {
      history.add(text)
    }
    #expect(history.entries.last == "entry 1499" && history.entries.count == History.limit)
  }
}
