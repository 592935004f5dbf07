internal import JSON

/// Steps through a JSON text that the reader has accepted, without building values.
struct JSONCursor {
  let bytes: [UInt8]
  /// The byte that is looked at.
  private(set) var offset = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  private var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  /// Goes from the start of a container to the start of one of its values.
  ///
  /// - Returns: where the member begins, its name included; nil, and nowhere in particular, without one.
  mutating func enter(_ step: Step) -> Int? {
    let isObject = byte == UInt8(ascii: "{")
    offset += 1
    var index = 0
    while true {
      skipBlanks()
      guard let first = byte, first != UInt8(ascii: "}"), first != UInt8(ascii: "]") else { return nil }
      let start = offset
      if isObject {
        skipString()
        let raw = bytes[start..<offset]
        skipBlanks()
        offset += 1
        skipBlanks()
        if case .name(let name) = step, Self.matches(raw, name) { return start }
      } else if step == .index(index) {
        return start
      }
      skipValue()
      skipBlanks()
      guard byte == UInt8(ascii: ",") else { return nil }
      offset += 1
      index += 1
    }
  }

  /// Steps over white space and comments.
  mutating func skipBlanks() {
    while let byte {
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      case UInt8(ascii: "/"): skipComment()
      default: return
      }
    }
  }

  private mutating func skipComment() {
    let isLine = offset + 1 < bytes.count && bytes[offset + 1] == UInt8(ascii: "/")
    offset += 2
    while let byte {
      if isLine, byte == 0x0A { return }
      if !isLine, byte == UInt8(ascii: "*"), offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "/")
      {
        offset += 2
        return
      }
      offset += 1
    }
  }

  private mutating func skipString() {
    offset += 1
    while let byte, byte != UInt8(ascii: "\"") { offset += byte == UInt8(ascii: "\\") ? 2 : 1 }
    offset += 1
  }

  private mutating func skipValue() {
    var depth = 0
    while let byte {
      switch byte {
      case UInt8(ascii: "\""): skipString()
      case UInt8(ascii: "/"): skipComment()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        offset += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return }
        depth -= 1
        offset += 1
      case UInt8(ascii: ",") where depth == 0: return
      default: offset += 1
      }
    }
  }

  private static func matches(_ raw: ArraySlice<UInt8>, _ name: String) -> Bool {
    guard let text = (try? JSONReader.parse(Array(raw)))?.string else { return false }
    return text.utf8.elementsEqual(name.utf8)
  }
}
