import Console
import Glibc
import Models
import System
import Text

/// What a call is given on standard input, or in a file.
enum Input {
  /// Bytes of a prompt.
  static let promptLimit = 8 << 20
  /// Bytes of the texts that vectors are made of.
  static let textsLimit = 64 << 20

  /// All of standard input.
  ///
  /// - Throws: `Failure` with status 65 when it is longer.
  static func read(_ what: String, limit: Int) throws -> [UInt8] {
    if isatty(0) == 1 { Log.notice("reading \(what) from the terminal; end it with Ctrl-D") }
    var bytes: [UInt8] = []
    let input = Descriptor(dup(0))
    while true {
      let piece = try input.readWaiting(upTo: 65_536, subject: "standard input")
      if piece.isEmpty { return bytes }
      bytes += piece
      guard bytes.count <= limit else {
        throw Failure(
          .dataError, "standard input: \(what) has more than \(limit) bytes", hint: "give it less")
      }
    }
  }

  /// Bytes as a text.
  ///
  /// - Throws: `Failure` with status 65 when they are none.
  static func text(_ bytes: [UInt8], _ what: String) throws -> String {
    guard !bytes.contains(0) else { throw Failure(.dataError, "\(what) is no text: it holds a NUL") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure(.dataError, "\(what) is no text: it is not UTF-8")
    }
    return text
  }

  /// Whether a text is nothing but blanks: endpoints refuse it, in words that help nobody.
  static func isBlank(_ text: String) -> Bool { text.utf8.allSatisfy { $0 <= 0x20 } }

  /// The texts that vectors are made of.
  ///
  /// - Throws: `Failure` with status 65 for one that is empty: it has no vector.
  static func texts(_ bytes: [UInt8], separator: UInt8?) throws -> [String] {
    var pieces = [bytes[...]]
    if let separator {
      pieces = bytes.split(separator: separator, omittingEmptySubsequences: false)
      // What follows the last end is no text.
      if pieces.last?.isEmpty == true { pieces.removeLast() }
    }
    return try pieces.enumerated().map { index, piece in
      let what = separator == nil ? "the text" : "text \(index + 1)"
      let text = try text(Array(piece), what)
      guard !isBlank(text) else {
        throw Failure(.dataError, "\(what) is empty: it has no vector", hint: "leave it out")
      }
      return text
    }
  }

  /// A recording: of a file, or of standard input where it is called `-`.
  static func recording(_ path: String) throws -> [UInt8] {
    let limit = TranscriptionRequest.sizeLimit
    if path == "-" { return try read("the recording", limit: limit) }
    do {
      return try Files.readRegular(path, limit: limit)
    } catch {
      guard error.errno == EFBIG else {
        throw Failure(.noInput, "cannot read '\(displayEscaped(path))': \(error.reason)")
      }
      throw Failure(
        .dataError, "the recording '\(displayEscaped(path))' has more than \(limit) bytes",
        hint: "give it less")
    }
  }
}
