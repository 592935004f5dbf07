package import System

/// A body of fields and files (`multipart/form-data`, RFC 7578); files are sent from their descriptors, so that
/// their size costs no memory.
package struct Multipart {
  /// The pieces of the body so far; `parts` ends it.
  private var pieces: [HTTPRequest.Part] = []
  private let boundary: String

  /// An empty body; the boundary is made of 128 random bits, so that it stands in no content.
  package init(random: () -> UInt64) {
    let (high, low) = (random(), random())
    boundary = "agim" + Self.hex(high) + Self.hex(low)
  }

  /// The value of Content-Type.
  package var contentType: String { "multipart/form-data; boundary=\(boundary)" }

  /// Adds a field that is a text.
  package mutating func field(_ name: String, _ value: String) {
    pieces.append(.bytes(Array("\(head(name))\r\n\r\n\(value)\r\n".utf8)))
  }

  /// Adds a file: so many bytes of an open descriptor from its beginning.
  package mutating func file(
    _ name: String, filename: String, mime: String, _ descriptor: Descriptor, count: Int
  ) {
    begin(name, filename, mime)
    pieces.append(.file(descriptor, count: count))
    pieces.append(.bytes([0x0D, 0x0A]))
  }

  /// Adds a file whose content is in memory.
  package mutating func file(_ name: String, filename: String, mime: String, _ content: [UInt8]) {
    begin(name, filename, mime)
    pieces.append(.bytes(content + [0x0D, 0x0A]))
  }

  /// The whole body.
  package var parts: [HTTPRequest.Part] { pieces + [.bytes(Array("--\(boundary)--\r\n".utf8))] }

  private mutating func begin(_ name: String, _ filename: String, _ mime: String) {
    let type = mime.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } ? mime : "application/octet-stream"
    let head = head(name) + "; filename=\"\(Self.quoted(filename))\"\r\nContent-Type: \(type)\r\n\r\n"
    pieces.append(.bytes(Array(head.utf8)))
  }

  private func head(_ name: String) -> String {
    "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(Self.quoted(name))\""
  }

  /// A name inside quotation marks, as browsers write it; other control characters are left out.
  private static func quoted(_ name: String) -> String {
    var bytes: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes += Array("%22".utf8)
      case 0x0D: bytes += Array("%0D".utf8)
      case 0x0A: bytes += Array("%0A".utf8)
      case 0..<0x20, 0x7F: break
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

extension HTTPRequest {
  /// A request with a form as its body.
  package init(
    _ method: String, _ url: String, form: Multipart, headers: [(name: String, value: String)] = []
  ) {
    self.init(method, url, headers: headers + [("Content-Type", form.contentType)])
    body = form.parts
  }
}
