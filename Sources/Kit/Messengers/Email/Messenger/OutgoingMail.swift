internal import Delivery
internal import Glibc
internal import Stage
internal import System
internal import Text

/// A mail as it goes out: its bytes come piece by piece, so that no file is held in memory.
struct OutgoingMail {
  /// Its text for people, as plain text and, where there is one, as HTML.
  var text: String
  /// Whether the plain text is cut into lines as `format=flowed` has them.
  var isFlowed = false
  var html: String?
  /// The fields of its header, complete with their line ends.
  var fields: [String]
  var files: [OutFile] = []
  /// Letters and digits that occur in no part.
  var boundary: String

  /// What it is made of.
  enum Piece {
    case bytes([UInt8])
    /// A file, in Base64.
    case file(Descriptor, size: Int)
  }

  /// How many bytes of a file make one line.
  private static let perLine = 57

  /// The pieces in their order.
  func pieces() -> [Piece] {
    var pieces: [Piece] = []
    var start = Array(fields.joined().utf8)
    guard !files.isEmpty else {
      return [.bytes(start + content(outer: ""))]
    }
    start += Array(
      "Content-Type: multipart/mixed; boundary=\"=_m\(boundary)\"\r\n\r\n--=_m\(boundary)\r\n".utf8)
    pieces.append(.bytes(start + content(outer: "m")))
    for file in files {
      let name = file.attachment.name
      let head =
        "\r\n--=_m\(boundary)\r\nContent-Type: \(Self.mime(file.attachment.mime))\(MailText.parameter("name", name))\r\n"
        + "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\(MailText.parameter("filename", name))"
        + "\r\n\r\n"
      pieces.append(.bytes(Array(head.utf8)))
      pieces.append(.file(file.descriptor, size: file.attachment.size))
    }
    pieces.append(.bytes(Array("\r\n--=_m\(boundary)--\r\n".utf8)))
    return pieces
  }

  /// The text, alone or with its other form, with the fields that say what it is.
  private func content(outer: String) -> [UInt8] {
    let flowed = isFlowed ? "; format=flowed" : ""
    let plain = part("text/plain; charset=utf-8\(flowed)", text)
    guard let html else { return plain }
    let mark = "=_a\(boundary)"
    return Array("Content-Type: multipart/alternative; boundary=\"\(mark)\"\r\n\r\n--\(mark)\r\n".utf8)
      + plain
      + Array("\r\n--\(mark)\r\n".utf8) + part("text/html; charset=utf-8", html)
      + Array("\r\n--\(mark)--\r\n".utf8)
  }

  private func part(_ type: String, _ text: String) -> [UInt8] {
    Array("Content-Type: \(type)\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".utf8)
      + MailText.quotedPrintable(text)
  }

  /// A type that may stand in a header, without its parameters.
  private static func mime(_ mime: String) -> String {
    let type = mime.prefix { $0 != ";" }
    let isType =
      type.utf8.allSatisfy {
        $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 || "/.+-_".utf8.contains($0)
      } && type.utf8.filter { $0 == 0x2F }.count == 1 && type.utf8.count <= 100
    // What a mail program would take apart, or run, goes as it is: bytes.
    let isWhole = type.hasPrefix("multipart/") || type.hasPrefix("message/")
    return isType && !isWhole ? String(type) : "application/octet-stream"
  }

  /// How many bytes it has.
  static func size(_ pieces: [Piece]) -> Int {
    pieces.reduce(0) { sum, piece in
      switch piece {
      case .bytes(let bytes): sum + bytes.count
      case .file(_, let size): sum + Base64Lines.size(size)
      }
    }
  }

  /// Base64 in lines of 76 characters.
  enum Base64Lines {
    static func size(_ count: Int) -> Int {
      let whole = count / perLine * 78
      let rest = count % perLine
      return whole + (rest == 0 ? 0 : (rest + 2) / 3 * 4 + 2)
    }

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
      var out: [UInt8] = []
      out.reserveCapacity(size(bytes.count))
      var place = 0
      while place < bytes.count {
        let end = min(bytes.count, place + perLine)
        out += Base64.encode(Array(bytes[place..<end])) + [0x0D, 0x0A]
        place = end
      }
      return out
    }
  }
}

/// Hands out a mail's bytes as DATA wants them: dots doubled at the start of lines.
struct MailFeed {
  private var pieces: ArraySlice<OutgoingMail.Piece>
  private var offset = 0
  private var isAtLineStart = true

  /// How much of a file is read at once: whole lines.
  private static let fileStep = 57 * 512

  init(_ pieces: [OutgoingMail.Piece]) { self.pieces = pieces[...] }

  /// The next bytes; nil behind the last.
  ///
  /// - Throws: `SystemError` where a file cannot be read, or has become shorter.
  mutating func next() throws(SystemError) -> [UInt8]? {
    guard let piece = pieces.first else { return nil }
    switch piece {
    case .bytes(let bytes):
      pieces.removeFirst()
      return stuffed(bytes)
    case .file(let file, let size):
      let wanted = min(Self.fileStep, size - offset)
      guard wanted > 0 else {
        pieces.removeFirst()
        offset = 0
        return []
      }
      var bytes: [UInt8] = []
      while bytes.count < wanted {
        let rest = wanted - bytes.count
        let at = offset + bytes.count
        var failure: Int32 = 0
        let piece = [UInt8](unsafeUninitializedCapacity: rest) { room, used in
          let got = pread(file.number, room.baseAddress, rest, off_t(at))
          if got < 0 { failure = errno }
          used = max(0, got)
        }
        if failure == EINTR { continue }
        guard failure == 0, !piece.isEmpty else {
          throw SystemError("read", "an attachment", errno: failure == 0 ? EIO : failure)
        }
        bytes += piece
      }
      offset += wanted
      isAtLineStart = true
      // No line of Base64 begins with a dot.
      return OutgoingMail.Base64Lines.encode(bytes)
    }
  }

  private mutating func stuffed(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + 16)
    for byte in bytes {
      if isAtLineStart, byte == 0x2E { out.append(0x2E) }
      out.append(byte)
      isAtLineStart = byte == 0x0A
    }
    return out
  }
}
