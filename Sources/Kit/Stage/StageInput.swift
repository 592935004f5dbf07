internal import Console
internal import Glibc
package import JSON
internal import System

/// Standard input as lines: scanned, counted, limited; bad ones are reported and go no further.
package final class StageInput {
  private let stage: Stage
  private let isStrict: Bool
  private var reader = LineReader(limit: JSONLimits.line.maxBytes)
  private var scanner = LineScanner()
  private var watch: EventLoop.Watch?
  private var isBroken = false

  /// Called with every line that is a JSON object.
  package var onLine: (LineScanner, Span<UInt8>) throws -> Void = { _, _ in }
  /// Called after some lines, before anything else is read.
  package var onBatch: () throws -> Void = {}
  /// Called once at the end of the input.
  package var onEnd: () throws -> Void = {}
  /// Whether nothing is to be read now; asked before every read.
  package var isPaused: () -> Bool = { false }
  /// How many bytes that are there already are read before `onBatch` is called: a stage that stores lines
  /// stores many at a time then.
  ///
  /// Nothing is ever waited for.
  package var gather = 0
  /// True after the end of the input.
  package private(set) var hasEnded = false

  /// Lines from standard input.
  ///
  /// `strict`: the first bad line ends the stage with status 65.
  ///
  /// - Throws: `Failure` when the input is a terminal.
  package init(_ stage: Stage, strict: Bool, expecting: String) throws {
    self.stage = stage
    isStrict = strict
    if isatty(0) == 1 {
      throw Failure.usage("standard input is a terminal; expected \(expecting)")
    }
  }

  /// Begins to read.
  package func start() {
    watch = stage.loop.watch(0) { [unowned self] in try read() }
    stage.loop.beforeWait { [unowned self] in watch?.isEnabled = !hasEnded && !isPaused() }
  }

  /// Reads no more; what was read is still handled.
  package func stop() throws {
    guard !hasEnded else { return }
    hasEnded = true
    watch?.cancel()
    try onEnd()
  }

  private func read() throws {
    var gathered = 0
    var got = 0
    repeat {
      got = try reader.fill(from: 0)
      gathered += max(got, 0)
      try takeLines()
    } while got > 0 && gathered < gather && !isBroken && isReadable
    try onBatch()
    if got == 0 || isBroken {
      hasEnded = true
      watch?.cancel()
      try onEnd()
    }
  }

  private var isReadable: Bool {
    var ready = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    return poll(&ready, 1, 0) == 1
  }

  private func takeLines() throws {
    // Held here meanwhile: each use of a property is checked for overlapping with another, and each that is
    // passed on is copied; both together were a tenth of passing a line.
    var reader = LineReader(limit: 0)
    var scanner = LineScanner()
    swap(&reader, &self.reader)
    swap(&scanner, &self.scanner)
    defer {
      swap(&reader, &self.reader)
      swap(&scanner, &self.scanner)
    }
    while !isBroken, let found = reader.next() {
      lineNumber = reader.number
      guard case .line(let range) = found else {
        try report("line \(lineNumber): longer than \(JSONLimits.line.maxBytes) bytes; left out")
        continue
      }
      try reader.withBytes(range) { line in
        // Blank lines are allowed between lines, see agim-message(5).
        if line.isEmpty || line.count == 1 && line[0] == 0x0D { return }
        do throws(JSONError) {
          try scanner.scan(line)
        } catch {
          return try report("line \(lineNumber), column \(error.column): \(error.message); left out")
        }
        try onLine(scanner, line)
      }
    }
  }

  /// Tells about a line that is wrong.
  ///
  /// When the stage is strict it reads no further: what came before is finished, and the stage ends with
  /// status 65.
  package func report(_ text: String) throws {
    guard isStrict else { return Log.warning("standard input: \(text)") }
    if stage.ending == nil { stage.ending = Failure(.dataError, "standard input: \(text)") }
    isBroken = true
  }

  /// The number of the current line.
  package private(set) var lineNumber = 0

  /// Whether more is there already, and would be read next.
  package var hasMore: Bool { !hasEnded && !isPaused() && isReadable }
}
