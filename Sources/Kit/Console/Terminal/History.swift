internal import Glibc
internal import System

/// What was typed before, oldest first, and the file that keeps it.
package struct History: Sendable {
  /// How many are kept.
  package static let limit = 1000
  /// A longer one, which was surely pasted, is not kept.
  package static let lengthLimit = 16_384

  /// The entries.
  package private(set) var entries: [String] = []
  private let path: String?

  /// A history that is kept in a file; nil: in memory only.
  package init(path: String? = nil) {
    self.path = path
    guard let path, let content = Self.read(path) else { return }
    entries = content.split(separator: 0x0A).compactMap { Self.decode($0) }
    if entries.count > Self.limit {
      entries.removeFirst(entries.count - Self.limit)
      // What another terminal adds in this instant may be lost; it is a convenience.
      try? Files.write(Array(entries.map(Self.encode).joined().utf8), to: path)
    }
  }

  /// Adds an entry, unless it begins with a blank or is the last one again.
  package mutating func add(_ text: String) {
    guard let first = text.unicodeScalars.first, first != " ", text != entries.last,
      text.utf8.count <= Self.lengthLimit
    else { return }
    entries.append(text)
    if entries.count > Self.limit { entries.removeFirst() }
    guard let path, let file = try? Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW)
    else { return }
    fchmod(file.number, 0o600)
    try? Files.writeAll(Array(Self.encode(text).utf8), to: file.number, subject: path)
  }

  private static func read(_ path: String) -> [UInt8]? {
    // Far more than the entries that are kept can take, as long as somebody starts agim now and then.
    try? Files.read(path, limit: 64 << 20)
  }

  private static func encode(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": line += "\\\\"
      case "\n": line += "\\n"
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line + "\n"
  }

  private static func decode(_ line: ArraySlice<UInt8>) -> String? {
    var bytes: [UInt8] = []
    var isEscaped = false
    for byte in line {
      if isEscaped {
        bytes.append(byte == UInt8(ascii: "n") ? 0x0A : byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
