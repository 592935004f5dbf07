/// Where and why bytes are not JSON.
///
/// The position is where the unexpected byte stands, not where the enclosing value began. The message
/// names what was found and what was expected, and quotes at most a short, escaped piece of the input,
/// so that it can be logged without leaking the text of a message.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The line of the fault, counted from 1 by line feeds.
  package let line: Int

  /// The column of the fault in its line, counted in bytes from 1.
  package let column: Int

  /// What was found and what was expected, without the position.
  package let message: String

  /// Makes an error from its parts.
  package init(line: Int, column: Int, message: String) {
    self.line = line
    self.column = column
    self.message = message
  }

  /// The position and the message: `line 1, column 34: expected ':', found ','`.
  package var description: String { "line \(line), column \(column): \(message)" }
}

extension JSONError {
  /// Turns a byte offset into a line and a column; done only when something went wrong.
  init(_ fault: Fault, in bytes: Span<UInt8>) {
    var line = 1
    var lineStart = 0
    let offset = min(max(fault.offset, 0), bytes.count)
    for index in 0..<offset where bytes[index] == Ascii.lineFeed {
      line += 1
      lineStart = index + 1
    }
    self.init(
      line: line, column: offset - lineStart + 1,
      message: fault.problem.message(at: offset, in: bytes))
  }
}
