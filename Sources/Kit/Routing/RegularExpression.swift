internal import CPCRE2

/// A regular expression of PCRE2, with limits on what a match may take.
final class RegularExpression {
  /// Why a pattern cannot be used.
  struct Fault: Error, Equatable {
    let message: String
  }

  /// What became of a match.
  enum Outcome: Equatable {
    case matches
    case matchesNot
    /// It took more steps or memory than it may, which counts as no match.
    case tooMuch
  }

  /// Bytes of a text that are looked at; PCRE2's limits are for each place where a match may begin.
  static let textLimit = 8192
  /// Steps from each of these places.
  static let stepLimit: UInt32 = 10_000
  /// Memory in kB.
  static let heapLimit: UInt32 = 1024

  private let handle: OpaquePointer

  /// Compiles a pattern.
  init(_ pattern: String) throws(Fault) {
    var message = [CChar](repeating: 0, count: 256)
    var offset = 0
    let bytes = Array(pattern.utf8)
    let made = bytes.withUnsafeBufferPointer {
      agim_regex_compile($0.baseAddress, $0.count, &message, message.count, &offset)
    }
    guard let made else {
      let words = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw Fault(message: offset < 0 ? words : "\(words) at byte \(offset)")
    }
    handle = made
  }

  deinit { agim_regex_free(handle) }

  /// Whether the pattern is found in a text.
  func find(in text: String) -> Outcome {
    var bytes = Array(text.utf8.prefix(Self.textLimit))
    // Not half a character at the end: PCRE2 is told that the text is valid.
    if text.utf8.count > Self.textLimit {
      while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
      if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
    }
    let result = bytes.withUnsafeBufferPointer { buffer -> Int32 in
      // An empty array has no address, and PCRE2 wants one.
      var nothing: UInt8 = 0
      guard let start = buffer.baseAddress else {
        return agim_regex_matches(handle, &nothing, 0, Self.stepLimit, Self.heapLimit)
      }
      return agim_regex_matches(handle, start, buffer.count, Self.stepLimit, Self.heapLimit)
    }
    switch result {
    case 1: return .matches
    case 0: return .matchesNot
    default: return .tooMuch
    }
  }
}
