internal import Console
internal import Glibc
internal import System

/// The terminal as something to draw on: never waits for it, and tells when something stands there.
final class TtyScreen {
  /// Called when the terminal is gone.
  var onGone: () throws -> Void = {}
  /// The conversation.
  var transcript: Transcript
  /// The rows of what is typed, for a width and a height.
  var typed: (Int, Int) -> EditorRows? = { _, _ in nil }

  private let file: Descriptor
  private let loop: EventLoop
  private var screen: Screen
  private var above: [UInt8] = []
  private var isDirty = true
  private var waiting: [UInt8] = []
  private var sent = 0
  private var written: Int64 = 0
  private var appended: Int64 = 0
  private var unplaced: [() throws -> Void] = []
  private var placed: [(position: Int64, report: () throws -> Void)] = []
  private var writing: EventLoop.Watch?
  private var isGone = false

  /// The terminal of standard input.
  init(loop: EventLoop, style: Transcript.Style) throws(SystemError) {
    file = try Terminal.openForDrawing(0)
    self.loop = loop
    transcript = Transcript(style: style)
    let size = Self.size()
    screen = Screen(rows: size.rows, columns: size.columns)
  }

  private static func size() -> (rows: Int, columns: Int) { Terminal.size(0) ?? (24, 80) }

  /// Bytes that are to be shown and are not yet.
  var backlog: Int { above.count + waiting.count - sent }

  /// The width.
  var columns: Int { screen.columns }

  /// Prints text that stays, which ends with a line feed; `report` is called when it stands there.
  func print(_ text: String, then report: (() throws -> Void)? = nil) {
    above += text.utf8
    if let report { unplaced.append(report) }
    isDirty = true
  }

  /// Notes that something that changes has changed.
  func touch() { isDirty = true }

  /// Follows the window's size.
  func resize() {
    let size = Self.size()
    screen.resize(rows: size.rows, columns: size.columns)
    isDirty = true
  }

  /// Draws again on a cleared screen.
  func clear() {
    append(screen.clear())
    isDirty = true
  }

  /// Draws again where the cursor is, because others have written.
  func forget() {
    screen.forget()
    append(Array("\r\u{1B}[J".utf8))
    isDirty = true
  }

  /// Has pasted text marked as such, or not.
  func markPastes(_ on: Bool) { append(Array((on ? "\u{1B}[?2004h" : "\u{1B}[?2004l").utf8)) }

  /// Draws what has changed, and writes what the terminal takes now.
  ///
  /// However much has come, it is drawn once; while the terminal is behind, not at all.
  func draw() throws {
    if isDirty, waiting.count - sent < 65_536 {
      isDirty = false
      append(screen.update(above: above, area: area()))
      above.removeAll(keepingCapacity: above.capacity <= 1 << 20)
      for report in unplaced { placed.append((appended, report)) }
      unplaced.removeAll()
    }
    try pump()
  }

  /// Takes the area away and writes everything, for at most a second: the terminal is given back.
  func giveBack() {
    append(above + screen.erase())
    above = []
    let deadline = loop.clock.monotonic() + 1000
    while sent < waiting.count, !isGone, loop.clock.monotonic() < deadline {
      try? write()
      guard sent < waiting.count else { break }
      var ready = pollfd(fd: file.number, events: Int16(POLLOUT), revents: 0)
      poll(&ready, 1, 100)
    }
    isDirty = true
  }

  private func area() -> Screen.Area {
    var area = Screen.Area()
    for (text, width) in transcript.rows(columns: columns) { area.add(text, width: width) }
    let room = max(1, screen.rows - 1 - area.rows.count)
    guard let typed = typed(columns, room) else { return area }
    let first = area.rows.count
    for row in typed.rows { area.add(row, width: Columns.of(row)) }
    area.cursorRow = first + typed.cursorRow
    area.beforeCursor = typed.beforeCursor
    return area
  }

  private func append(_ bytes: [UInt8]) {
    waiting += bytes
    appended += Int64(bytes.count)
  }

  private func pump() throws {
    try write()
    if sent < waiting.count {
      if writing == nil { writing = loop.watchWriting(file.number) { [weak self] in try self?.pump() } }
    } else {
      writing?.cancel()
      writing = nil
    }
    let done = placed.prefix { $0.position <= written }
    guard !done.isEmpty else { return }
    placed.removeFirst(done.count)
    for entry in done { try entry.report() }
  }

  private func write() throws {
    while sent < waiting.count {
      let wrote = waiting.withUnsafeBytes { raw in
        raw.baseAddress.map { Glibc.write(file.number, $0 + sent, raw.count - sent) } ?? 0
      }
      if wrote > 0 {
        sent += wrote
        written += Int64(wrote)
      } else if errno == EAGAIN {
        return
      } else if errno != EINTR {
        isGone = true
        // Nobody sees the rest.
        waiting = []
        sent = 0
        writing?.cancel()
        return try onGone()
      }
    }
    waiting.removeAll(keepingCapacity: waiting.capacity <= 1 << 20)
    sent = 0
  }
}
