internal import Console
internal import Text

/// What people see of a conversation: text that stays, the end of a reply that is growing, and one line
/// about what is being done.
struct Transcript {
  /// What the terminal can show.
  struct Style: Equatable {
    /// Whether colours and weights are used.
    var isColoured = true
    /// Whether lines are drawn with box characters.
    var hasBoxes = true
  }

  let style: Style
  private var growing: (id: String, parent: String?, printed: [UInt8], tail: String)?
  private var progress: [(key: String, parent: String?, text: String)] = []

  init(style: Style) { self.style = style }

  /// The text that stays of something to show, with a line feed at its end.
  mutating func show(_ shown: TtyLine.Shown, columns: Int) -> String {
    var rest = ""
    if shown.ends {
      progress.removeAll { $0.parent == shown.parent }
      if let growing, growing.id != shown.id, growing.parent == shown.parent { rest = endGrowing() }
    }
    if shown.type == "request" { return card(shown.text, columns: columns) }
    var bytes = Array(shown.text.utf8)
    while bytes.last == 0x0A { bytes.removeLast() }
    bytes.append(0x0A)
    if let growing, growing.id == shown.id {
      self.growing = nil
      if bytes.starts(with: growing.printed) { bytes.removeFirst(growing.printed.count) }
    }
    let text = Self.safe(String(decoding: bytes, as: UTF8.self), unlike: frame)
    return rest
      + (shown.type == "error" && style.isColoured ? "\u{1B}[31m\(text.dropLast())\u{1B}[m\n" : text)
  }

  /// The end of a growing reply that another one takes the place of: what there is of it stays.
  private mutating func endGrowing() -> String {
    guard let ended = growing else { return "" }
    growing = nil
    return ended.tail.isEmpty ? "" : Self.safe(ended.tail, unlike: frame) + "\n"
  }

  /// The text that stays of a growing reply: its whole lines that are new.
  mutating func grow(_ id: String, to parent: String?, _ text: String) -> String {
    let bytes = Array(text.utf8)
    var printed: [UInt8] = []
    var rest = ""
    if let growing, growing.id == id {
      if bytes.starts(with: growing.printed) { printed = growing.printed }
    } else {
      rest = endGrowing()
    }
    let end = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let fresh = end > printed.count ? bytes[printed.count..<end] : []
    if end > printed.count { printed = Array(bytes[..<end]) }
    growing = (id, parent, printed, String(decoding: bytes[printed.count...], as: UTF8.self))
    return rest + Self.safe(String(decoding: fresh, as: UTF8.self), unlike: frame)
  }

  /// Notes what a turn is doing.
  mutating func note(_ key: String, _ doing: TtyLine.Doing) {
    progress.removeAll { $0.key == key }
    guard doing.phase != "done" else { return }
    progress.append((key, doing.parent, doing.detail.map { "\(doing.title): \($0)" } ?? doing.title))
    // More than anybody runs at once: a program that never says done.
    if progress.count > 100 { progress.removeFirst() }
  }

  /// The rows that change, above what is typed.
  func rows(columns: Int) -> [(text: String, width: Int)] {
    var rows: [(text: String, width: Int)] = []
    if let tail = growing?.tail, !tail.isEmpty {
      // A line without an end can be long; its end is what is new.
      let all = Columns.wrap(Self.oneLine(String(tail.suffix(4 * columns))), columns)
      rows += all.suffix(3).map { ($0, Columns.of($0)) }
    }
    if let last = progress.last {
      let mark = style.hasBoxes ? "· " : "* "
      let text = Columns.prefix(mark + Self.oneLine(last.text), max(1, columns - 1))
      rows.append((style.isColoured ? "\u{1B}[2m\(text)\u{1B}[m" : text, Columns.of(text)))
    }
    return rows
  }

  /// A remark of the terminal itself, with a line feed.
  func remark(_ text: String) -> String {
    let text = Self.oneLine(text)
    return style.isColoured ? "\u{1B}[2m\(text)\u{1B}[m\n" : text + "\n"
  }

  /// What a person has sent, as it stays.
  func echo(_ text: String, prompt: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var result = ""
    for (index, line) in lines.prefix(20).enumerated() {
      let lead = index == 0 ? prompt : String(repeating: " ", count: prompt.utf8.count)
      result += lead + Self.escaped(String(line.prefix(1000))) + "\n"
    }
    let isLong = lines.count > 20 || lines.prefix(20).contains { $0.count > 1000 }
    return isLong ? result + remark("[\(text.utf8.count) bytes in all]") : result
  }

  // MARK: - Cards

  private var frame: (top: String, left: String, bottom: String) {
    style.hasBoxes ? ("┌─ ", "│ ", "└─") : ("+- ", "| ", "+-")
  }

  /// A question, in a frame that no reply can have.
  private func card(_ text: String, columns: Int) -> String {
    var lines = Self.escaped(text).split(separator: "\n", omittingEmptySubsequences: false)
    while lines.last?.isEmpty == true { lines.removeLast() }
    let room = max(8, columns - 3)
    var result = ""
    for (index, line) in lines.enumerated() {
      for (number, row) in Columns.wrap(String(line.replacingTabs), room).enumerated() {
        let lead = index == 0 && number == 0 ? frame.top : frame.left
        result += index == 0 && style.isColoured ? "\(lead)\u{1B}[1m\(row)\u{1B}[m\n" : "\(lead)\(row)\n"
      }
    }
    return result + frame.bottom + "\n"
  }

  // MARK: - Untrusted text

  /// A reply as it can be shown: nothing in it acts on the terminal, and no line of it looks like a frame.
  static func safe(_ text: String, unlike frame: (top: String, left: String, bottom: String)) -> String {
    let text = escaped(text)
    let marks = [frame.top, frame.left, frame.bottom].compactMap(\.unicodeScalars.first)
    var result = String.UnicodeScalarView()
    var isFirst = true
    for scalar in text.unicodeScalars {
      if isFirst, marks.contains(scalar) { result.append(" ") }
      result.append(scalar)
      isFirst = scalar == "\n"
    }
    return String(result)
  }

  /// As `displayEscaped`, but the joiners within a picture of several stay: they are what it is made of.
  static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains("\u{200D}") else { return displayEscaped(text) }
    let scalars = Array(text.unicodeScalars)
    var result = ""
    var piece = String.UnicodeScalarView()
    for (index, scalar) in scalars.enumerated() {
      let joins =
        scalar == "\u{200D}" && index > 0 && index + 1 < scalars.count && isPicture(scalars[index - 1])
        && isPicture(scalars[index + 1])
      if joins {
        result += displayEscaped(String(piece))
        result.unicodeScalars.append(scalar)
        piece = String.UnicodeScalarView()
      } else {
        piece.append(scalar)
      }
    }
    return result + displayEscaped(String(piece))
  }

  private static func isPicture(_ scalar: Unicode.Scalar) -> Bool {
    (0x1F300...0x1FAFF).contains(scalar.value) || (0x2600...0x27BF).contains(scalar.value)
      || scalar.value == 0xFE0F
  }

  private static func oneLine(_ text: String) -> String {
    var line = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { line.append(scalar == "\n" || scalar == "\t" ? " " : scalar) }
    return escaped(String(line))
  }
}

extension Substring {
  /// With blanks for tabs, whose width depends on where they stand.
  fileprivate var replacingTabs: String {
    var text = ""
    for character in self { if character == "\t" { text += "    " } else { text.append(character) } }
    return text
  }
}
