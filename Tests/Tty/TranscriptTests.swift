import Testing

@testable import MessengerTty

private let plain = Transcript.Style(isColoured: false, hasBoxes: true)

private func shown(_ text: String, id: String = "r", type: String = "reply", ends: Bool = true)
  -> TtyLine.Shown
{
  TtyLine.Shown(type: type, id: id, parent: "m", ends: ends, text: text)
}

private func doing(_ phase: String, _ title: String, _ detail: String?) -> TtyLine.Doing {
  TtyLine.Doing(parent: "m", phase: phase, title: title, detail: detail)
}

@Suite struct TranscriptTests {
  @Test("a reply that grows is printed once, line by line, and its last line when it is whole")
  func growing() {
    var transcript = Transcript(style: plain)
    #expect(transcript.grow("r", to: "m", "one") == "")
    #expect(transcript.rows(columns: 80).map(\.text) == ["one"])
    #expect(transcript.grow("r", to: "m", "one\ntw") == "one\n")
    #expect(transcript.rows(columns: 80).map(\.text) == ["tw"])
    #expect(transcript.grow("r", to: "m", "one\ntwo\nthree\n") == "two\nthree\n")
    #expect(transcript.show(shown("one\ntwo\nthree\nfour"), columns: 80) == "four\n")
    #expect(transcript.rows(columns: 80).isEmpty)
    // All of it stands there already.
    #expect(transcript.grow("s", to: "m", "one\n") == "one\n")
    #expect(transcript.show(shown("one", id: "s"), columns: 80) == "")
    // A text that is not what it was is shown again, and nothing of another one is lost.
    #expect(transcript.grow("t", to: "m", "a\nb") == "a\n")
    #expect(transcript.show(shown("other", id: "t"), columns: 80) == "other\n")
    #expect(transcript.grow("u", to: "m", "tail") == "")
    #expect(transcript.grow("v", to: "m", "x") == "tail\n")
    // An answer to something else does not disturb it; the end of its own turn keeps what there is.
    var other = shown("help", id: "h")
    other.parent = "other"
    #expect(transcript.show(other, columns: 80) == "help\n")
    #expect(transcript.rows(columns: 80).map(\.text) == ["x"])
    #expect(transcript.show(shown("aborted", id: "e", type: "error"), columns: 80) == "x\naborted\n")
    #expect(transcript.rows(columns: 80).isEmpty)
  }

  @Test("progress is one line that a later one replaces and the end takes away")
  func progress() {
    var transcript = Transcript(style: plain)
    transcript.note("a", doing("started", "Bash", "df\n-h\u{1B}[2J"))
    #expect(transcript.rows(columns: 80).map(\.text) == ["· Bash: df -h\\u{001B}[2J"])
    #expect(transcript.rows(columns: 8).map(\.text) == ["· Bash:"])
    transcript.note("b", doing("started", "Read", nil))
    #expect(transcript.rows(columns: 80).map(\.text) == ["· Read"])
    transcript.note("b", doing("done", "Read", nil))
    #expect(transcript.rows(columns: 80).map(\.text) == ["· Bash: df -h\\u{001B}[2J"])
    _ = transcript.show(shown("x", ends: true), columns: 80)
    #expect(transcript.rows(columns: 80).isEmpty)
  }

  @Test("a card has a frame, wrapped within it, that no reply can have")
  func cards() {
    var transcript = Transcript(style: plain)
    let card = shown("Permission K7\nrm -rf one two three four\u{1B}[1A", type: "request", ends: false)
    #expect(
      transcript.show(card, columns: 24)
        == "┌─ Permission K7\n│ rm -rf one two three \n│ four\\u{001B}[1A\n└─\n")
    #expect(
      transcript.show(shown("┌─ Permission\n│ x\n└─\na │"), columns: 80) == " ┌─ Permission\n │ x\n └─\na │\n"
    )
    var ascii = Transcript(style: Transcript.Style(isColoured: false, hasBoxes: false))
    #expect(ascii.show(shown("Title\nx", type: "request"), columns: 80) == "+- Title\n| x\n+-\n")
    #expect(ascii.show(shown("+- Title\n| x"), columns: 80) == " +- Title\n | x\n")
  }

  @Test("nothing in a text acts on the terminal; pictures of several stay whole")
  func escapes() {
    var transcript = Transcript(style: plain)
    #expect(
      transcript.show(shown("\u{1B}]0;t\u{7}\r\u{9B}2J\u{202E}a\tb"), columns: 80)
        == "\\u{001B}]0;t\\u{0007}\\u{000D}\\u{009B}2J\\u{202E}a\tb\n")
    #expect(transcript.show(shown("👨‍👩‍👧 ❤️‍🔥 a\u{200D}b"), columns: 80) == "👨‍👩‍👧 ❤️‍🔥 a\\u{200D}b\n")
    #expect(transcript.grow("g", to: "m", "\u{1B}c\n") == "\\u{001B}c\n")
    #expect(transcript.remark("a\u{1B}b\nc") == "a\\u{001B}b c\n")
    #expect(transcript.echo("a\u{1B}\nb", prompt: "> ") == "> a\\u{001B}\n  b\n")
  }

  @Test("lines between agim-send and the terminal say what they said")
  func wire() {
    let lines: [TtyLine] = [
      .hello(session: "tty:x"), .show(key: "r/1", shown("a\n\u{1B}中", ends: false)),
      .growing(id: "r", parent: "m", text: "x"), .progress(key: "k", doing("done", "t", nil)),
    ]
    for line in lines { #expect(TtyLine(line.bytes) == line) }
    #expect(TtyLine(Array("{}".utf8)) == nil && TtyLine(Array("nonsense".utf8)) == nil)
    #expect(TtyLine.shownKey(TtyLine.shown("r/1")) == "r/1")
    #expect(TtyName.socket("tty:a").utf8.count == 20 && TtyName.socket("tty:a") != TtyName.socket("tty:b"))
  }
}
