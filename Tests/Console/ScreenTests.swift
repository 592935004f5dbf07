import Console
import Testing

/// The part of a terminal that the screen relies on, with wrapped lines that follow its width.
private struct VT {
  var columns: Int
  var rows: Int
  /// Everything, the oldest first; the visible part is at the end.
  var lines: [[Character]] = [[]]
  var row = 0
  var column = 0
  private var wraps = true

  init(rows: Int, columns: Int) { (self.rows, self.columns) = (rows, columns) }

  var text: [String] {
    lines.map { line in
      var text = String(line)
      while text.last == " " { text.removeLast() }
      return text
    }
  }

  mutating func feed(_ bytes: [UInt8]) {
    var rest = Substring(String(decoding: bytes, as: UTF8.self))
    while let character = rest.popFirst() {
      switch character {
      case "\r\n":
        column = 0
        down()
      case "\r": column = 0
      // Output processing adds the carriage return.
      case "\n":
        column = 0
        down()
      case "\u{1B}":
        rest.removeFirst()
        var parameters = ""
        while let next = rest.popFirst() {
          if next.isLetter {
            act(next, parameters)
            break
          }
          parameters.append(next)
        }
      default: put(character)
      }
    }
  }

  private mutating func act(_ final: Character, _ parameters: String) {
    switch (final, parameters) {
    case ("A", _): row = max(max(0, lines.count - rows), row - (Int(parameters) ?? 1))
    case ("J", ""):
      lines[row] = Array(lines[row].prefix(column))
      lines.removeSubrange((row + 1)...)
    case ("l", "?7"): wraps = false
    case ("h", "?7"): wraps = true
    case ("H", ""): (row, column) = (max(0, lines.count - rows), 0)
    case ("J", "2"): lines = [[]]
    default: Issue.record("the screen sent \(parameters)\(final)")
    }
  }

  private mutating func put(_ character: Character) {
    let width = Columns.of(character)
    if column + width > columns {
      guard wraps else { return }
      column = 0
      down()
    }
    while lines[row].count < column { lines[row].append(" ") }
    // A wide character takes two places, the second one empty.
    let cells = [character] + Array(repeating: "\u{0}", count: width - 1)
    if lines[row].count < column + width {
      lines[row].append(contentsOf: Array(repeating: " ", count: column + width - lines[row].count))
    }
    lines[row].replaceSubrange(column..<column + width, with: cells)
    column += width
  }

  private mutating func down() {
    row += 1
    if row == lines.count { lines.append([]) }
  }

  /// What a terminal does with lines that no longer fit.
  mutating func resize(columns wanted: Int) {
    var fresh: [[Character]] = []
    var place = (row: 0, column: 0)
    for (index, line) in lines.enumerated() {
      if index == row { place = (fresh.count + max(0, column - 1) / wanted, max(0, column - 1) % wanted + 1) }
      var rest = line[...]
      repeat {
        fresh.append(Array(rest.prefix(wanted)))
        rest = rest.dropFirst(wanted)
      } while !rest.isEmpty
    }
    lines = fresh
    (row, column) = place
    columns = wanted
  }
}

/// A screen, the terminal it draws on, and what is typed there.
private struct Desk {
  var screen: Screen
  var vt: VT
  var typed = ""
  var status: String?

  init(rows: Int = 10, columns: Int = 20) {
    screen = Screen(rows: rows, columns: columns)
    vt = VT(rows: rows, columns: columns)
  }

  mutating func draw(_ above: String = "") {
    var area = Screen.Area()
    if let status { area.add(status, width: Columns.of(status)) }
    let rows = EditorRows(
      Array(typed), cursor: typed.count, prompt: "> ", columns: screen.columns, height: screen.rows - 2)
    let first = area.rows.count
    for row in rows.rows { area.add(row, width: Columns.of(row)) }
    area.cursorRow = first + rows.cursorRow
    area.beforeCursor = rows.beforeCursor
    vt.feed(screen.update(above: Array(above.utf8), area: area))
  }

  mutating func resize(_ columns: Int) {
    vt.resize(columns: columns)
    screen.resize(rows: screen.rows, columns: columns)
    draw()
  }
}

@Suite struct ScreenTests {
  @Test("text that stays goes above what is typed, and the cursor stays behind that")
  func above() {
    var desk = Desk()
    desk.draw()
    desk.typed = "hello"
    desk.draw()
    desk.draw("one\ntwo\n")
    #expect(desk.vt.text == ["one", "two", "> hello"])
    #expect(desk.vt.row == 2 && desk.vt.column == 7)
    desk.status = "working"
    desk.draw("three\n")
    #expect(desk.vt.text == ["one", "two", "three", "working", "> hello"])
    desk.status = nil
    desk.typed = ""
    desk.draw()
    #expect(desk.vt.text == ["one", "two", "three", ">"])
  }

  @Test("a long line that stays is wrapped by the terminal, a long one that is typed by us")
  func wrapping() {
    var desk = Desk(rows: 10, columns: 10)
    desk.typed = "123456789012"
    desk.draw("abcdefghijklmno\n")
    #expect(desk.vt.text == ["abcdefghij", "klmno", "> 12345678", "  9012"])
    desk.draw("x\n")
    #expect(desk.vt.text == ["abcdefghij", "klmno", "x", "> 12345678", "  9012"])
    desk.typed = "你好你好你"
    desk.draw()
    #expect(desk.vt.text[3...] == ["> 你\0好\0你\0好\0", "  你\0"])
  }

  @Test("nothing is sent where nothing has changed")
  func quiet() {
    var desk = Desk()
    desk.draw()
    var area = Screen.Area()
    area.add("> ", width: 2)
    area.beforeCursor = "> "
    #expect(desk.screen.update(above: [], area: area).isEmpty)
  }

  @Test("10,000 lines are one drawing, not 10,000")
  func batch() {
    var screen = Screen(rows: 24, columns: 80)
    var area = Screen.Area()
    area.add("> typing", width: 8)
    _ = screen.update(above: [], area: area)
    let lines = Array((0..<10_000).map { "\($0)\n" }.joined().utf8)
    #expect(screen.update(above: lines, area: area).count < lines.count + 200)
  }

  @Test("however the window changes, what is typed is there once", arguments: 7..<40)
  func resizing(_ columns: Int) {
    var desk = Desk(rows: 40, columns: 20)
    desk.typed = "0123456789abcdefghijklmnopqrstuvwxy"
    desk.status = "status"
    desk.draw("above\n")
    desk.resize(columns)
    // A row that was wrapped keeps the text above it in its place.
    #expect(desk.vt.text.first == "above")
    let joined = desk.vt.text.drop { $0 != "> " && !$0.hasPrefix("> ") }
      .enumerated().map { $0.offset == 0 ? String($0.element.dropFirst(2)) : String($0.element.dropFirst(2)) }
      .joined()
    #expect(joined == desk.typed, "\(desk.vt.text)")
    desk.resize(20)
    desk.draw("more\n")
    #expect(
      desk.vt.text.suffix(4) == ["more", "status", "> 0123456789abcdefgh", "  ijklmnopqrstuvwxy"],
      "\(desk.vt.text)")
  }

  @Test("random typing, text and sizes leave exactly the text and the area")
  func random() {
    var seed: UInt64 = 3
    func number(_ limit: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % limit
    }
    for _ in 0..<100 {
      var desk = Desk(rows: 200, columns: 20)
      var said = 0
      for _ in 0..<30 {
        switch number(5) {
        case 0: desk.typed = String(desk.typed.dropLast(number(30)))
        case 1: desk.resize(8 + number(30))
        case 2:
          said += 1
          desk.draw("say \(said)\n")
        case 3: desk.status = number(2) == 0 ? nil : "st"
        default: desk.typed += String(["a", "世", "é"][number(3)])
        }
        desk.draw()
        let text = desk.vt.text
        #expect(text.prefix(said) == (0..<said).map { "say \($0 + 1)" }[...], "\(text)")
        let rest = text.dropFirst(said + (desk.status == nil ? 0 : 1))
        let shown = rest.map { $0.dropFirst(2) }.joined().filter { $0 != "\0" }
        #expect(shown == desk.typed, "\(text)")
      }
    }
  }
}
