/// A text that is being typed: the keys of Emacs and readline, history, and search in it.
///
/// It knows nothing of a screen; `EditorRows` lays it out.
package struct Editor: Sendable {
  /// What a key means to whoever has the editor.
  package enum Event: Equatable, Sendable {
    /// Nothing more than that the text has changed.
    case edited
    /// The text is finished.
    case submit(String)
    /// Ctrl-C.
    case interrupt
    /// Ctrl-D with nothing typed.
    case end
    /// Ctrl-Z.
    case suspend
    /// Ctrl-L.
    case clearScreen
  }

  /// A search in the history that goes on.
  package struct Search: Equatable, Sendable {
    /// What is looked for.
    package var wanted = ""
    /// Where it was found.
    var place: Int?
    /// What was typed before.
    var before: [Character]
  }

  /// The text, as a person sees characters.
  package private(set) var text: [Character] = []
  /// Before which of them the cursor stands.
  package private(set) var cursor = 0
  /// The search, nil when there is none.
  package private(set) var search: Search?
  /// What was typed before.
  package private(set) var history: History

  private var killed: [Character] = []
  private var place: Int?
  private var draft: [Character] = []

  /// An empty text.
  package init(history: History = History()) { self.history = history }

  /// Does what a key says.
  package mutating func press(_ key: Key) -> Event {
    if search != nil, let event = pressInSearch(key) { return event }
    switch key {
    case .text(let typed), .paste(let typed): insert(typed)
    case .newline: insert("\n")
    case .enter: return submit()
    case .backspace: if cursor > 0 { remove(cursor - 1..<cursor) }
    case .delete: if cursor < text.count { remove(cursor..<cursor + 1) }
    case .left: cursor = max(0, cursor - 1)
    case .right: cursor = min(text.count, cursor + 1)
    case .up: up()
    case .down: down()
    case .home: cursor = lineStart(cursor)
    case .end: cursor = lineEnd(cursor)
    case .wordLeft: cursor = wordStart(cursor)
    case .wordRight: cursor = wordEnd(cursor)
    case .deleteWordLeft: kill(wordStart(cursor)..<cursor)
    case .deleteWordRight: kill(cursor..<wordEnd(cursor))
    case .control(let letter): return control(letter)
    case .escape, .other: break
    }
    return .edited
  }

  /// Takes the text away.
  package mutating func clear() {
    text = []
    cursor = 0
    place = nil
    search = nil
  }

  private mutating func control(_ letter: Unicode.Scalar) -> Event {
    switch letter {
    case "A": cursor = lineStart(cursor)
    case "B": cursor = max(0, cursor - 1)
    case "C": return .interrupt
    case "D":
      if text.isEmpty { return .end }
      if cursor < text.count { remove(cursor..<cursor + 1) }
    case "E": cursor = lineEnd(cursor)
    case "F": cursor = min(text.count, cursor + 1)
    case "K":
      let end = lineEnd(cursor)
      // At the end of a line, the line feed goes.
      kill(cursor..<(end == cursor && end < text.count ? end + 1 : end))
    case "L": return .clearScreen
    case "N": down()
    case "P": up()
    case "R": search = Search(before: text)
    case "T": transpose()
    case "U": kill(lineStart(cursor)..<cursor)
    case "W": kill(blankStart(cursor)..<cursor)
    case "Y": insert(String(killed))
    case "Z": return .suspend
    default: break
    }
    return .edited
  }

  private mutating func submit() -> Event {
    let finished = String(text)
    clear()
    history.add(finished)
    return .submit(finished)
  }

  // MARK: - Changes

  private mutating func insert(_ typed: String) {
    var start = cursor
    var end = cursor
    var piece = typed
    // What is typed may join the character before it, and that the one behind: marks, flags, families.
    if start > 0 {
      start -= 1
      piece = String(text[start]) + piece
    }
    var characters = Array(piece)
    cursor = start + characters.count
    if end < text.count, let last = characters.last, Array(String(last) + String(text[end])).count == 1 {
      characters[characters.count - 1] = Character(String(last) + String(text[end]))
      end += 1
    }
    text.replaceSubrange(start..<end, with: characters)
  }

  private mutating func remove(_ range: Range<Int>) {
    text.removeSubrange(range)
    cursor = range.lowerBound
  }

  private mutating func kill(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    killed = Array(text[range])
    remove(range)
  }

  private mutating func transpose() {
    guard cursor > 0, text.count > 1 else { return }
    if cursor == text.count { cursor -= 1 }
    text.swapAt(cursor - 1, cursor)
    cursor += 1
  }

  // MARK: - Places

  private func lineStart(_ from: Int) -> Int { text[..<from].lastIndex(of: "\n").map { $0 + 1 } ?? 0 }
  private func lineEnd(_ from: Int) -> Int { text[from...].firstIndex(of: "\n") ?? text.count }

  private func wordStart(_ from: Int) -> Int {
    var place = from
    while place > 0, !isWord(text[place - 1]) { place -= 1 }
    while place > 0, isWord(text[place - 1]) { place -= 1 }
    return place
  }

  private func wordEnd(_ from: Int) -> Int {
    var place = from
    while place < text.count, !isWord(text[place]) { place += 1 }
    while place < text.count, isWord(text[place]) { place += 1 }
    return place
  }

  private func blankStart(_ from: Int) -> Int {
    var place = from
    while place > 0, text[place - 1].isWhitespace { place -= 1 }
    while place > 0, !text[place - 1].isWhitespace { place -= 1 }
    return place
  }

  private func isWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_"
  }

  // MARK: - History

  private mutating func up() {
    let start = lineStart(cursor)
    if start > 0 {
      let above = lineStart(start - 1)
      cursor = min(above + (cursor - start), start - 1)
      return
    }
    let current = place ?? history.entries.count
    guard current > 0 else { return }
    if place == nil { draft = text }
    show(current - 1)
  }

  private mutating func down() {
    let end = lineEnd(cursor)
    if end < text.count {
      let column = cursor - lineStart(cursor)
      cursor = min(end + 1 + column, lineEnd(end + 1))
      return
    }
    guard let current = place else { return }
    if current + 1 < history.entries.count {
      show(current + 1)
    } else {
      place = nil
      text = draft
      cursor = text.count
    }
  }

  private mutating func show(_ entry: Int) {
    place = entry
    text = Array(history.entries[entry])
    cursor = text.count
  }

  // MARK: - Search

  /// A key while the history is searched; nil when the search is over and the key has its usual meaning.
  private mutating func pressInSearch(_ key: Key) -> Event? {
    guard var current = search else { return nil }
    switch key {
    case .text(let typed), .paste(let typed):
      current.wanted += typed
      find(&current, from: current.place ?? history.entries.count - 1)
    case .backspace:
      if !current.wanted.isEmpty { current.wanted.removeLast() }
      find(&current, from: history.entries.count - 1)
    case .control("R"):
      find(&current, from: (current.place ?? history.entries.count) - 1)
    case .escape, .control("G"), .control("C"):
      text = current.before
      cursor = text.count
      search = nil
      return .edited
    default:
      search = nil
      return nil
    }
    search = current
    return .edited
  }

  private mutating func find(_ current: inout Search, from start: Int) {
    guard !current.wanted.isEmpty else { return }
    let wanted = Array(current.wanted.utf8)
    for index in stride(from: min(start, history.entries.count - 1), through: 0, by: -1)
    where Self.contains(Array(history.entries[index].utf8), wanted) {
      current.place = index
      if place == nil { draft = current.before }
      show(index)
      return
    }
  }

  private static func contains(_ text: [UInt8], _ wanted: [UInt8]) -> Bool {
    guard text.count >= wanted.count else { return false }
    for start in 0...(text.count - wanted.count)
    where text[start] == wanted[0] && text[start..<start + wanted.count].elementsEqual(wanted) {
      return true
    }
    return false
  }
}
