internal import System
internal import Text

/// Text as it may stand in a mail: lines of ASCII that are short enough, and end in CRLF.
enum MailText {
  /// How long a line of a header should be.
  static let width = 76

  /// A value of a header that came from elsewhere: one line, without what ends one.
  static func oneLine(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      let isBreak =
        scalar.value < 0x20 || scalar.value == 0x7F || scalar.value == 0x85
        || scalar.value == 0x2028 || scalar.value == 0x2029
      if isBreak {
        if out.last != " " { out += " " }
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    while out.last == " " { out.removeLast() }
    return out
  }

  static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }

  // MARK: - Headers

  /// A field whose value is text for people, folded and with encoded words (RFC 2047) where it needs them.
  static func field(_ name: String, _ text: String) -> String {
    let text = oneLine(text)
    // What looks like an encoded word would be decoded.
    let looksEncoded = text.utf8.split(separator: 0x20).contains { $0.starts(with: "=?".utf8) }
    if isASCII(text), !looksEncoded, let folded = fold("\(name):", text) { return folded }
    let words = encodedWords(text, first: name.utf8.count + 2)
    return "\(name): " + words.joined(separator: "\r\n ") + "\r\n"
  }

  /// A field whose value is words that may be broken between blanks; nil where one of them is too long.
  static func fold(_ start: String, _ text: String) -> String? {
    var out = start
    var width = start.utf8.count
    var isFirst = true
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      guard word.utf8.count < 900 else { return nil }
      // An empty word is a blank more: folding there would leave a line of blanks.
      if !isFirst, !word.isEmpty, width + 1 + word.utf8.count > Self.width {
        out += "\r\n"
        width = 0
      }
      out += " " + word
      width += 1 + word.utf8.count
      isFirst = false
    }
    return out + "\r\n"
  }

  /// A name and an address as they stand in From and To.
  static func mailbox(name: String?, address: String) -> String {
    guard let name = name.map(oneLine), !name.isEmpty else { return address }
    let isAtoms = name.utf8.allSatisfy {
      $0 == 0x20 || $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0)
    }
    if isASCII(name), name.utf8.count < 60, !name.utf8.starts(with: "=?".utf8) {
      if isAtoms { return "\(name) <\(address)>" }
      var quoted = ""
      for character in name {
        if character == "\"" || character == "\\" { quoted += "\\" }
        quoted.append(character)
      }
      return "\"\(quoted)\" <\(address)>"
    }
    return encodedWords(name, first: 10).joined(separator: "\r\n ") + " <\(address)>"
  }

  /// Words of at most 75 characters, none of which holds half a character.
  static func encodedWords(_ text: String, first: Int) -> [String] {
    // 75 less `=?utf-8?b?` and `?=`, in whole groups of Base64.
    let most = 45
    var words: [String] = []
    var piece: [UInt8] = []
    func flush() {
      guard !piece.isEmpty else { return }
      words.append("=?utf-8?b?\(String(decoding: Base64.encode(piece), as: UTF8.self))?=")
      piece = []
    }
    for character in text {
      let bytes = Array(character.utf8)
      let room = words.isEmpty ? max(12, most - max(0, first) * 3 / 4) : most
      if piece.count + bytes.count > room { flush() }
      guard bytes.count > most else {
        piece += bytes
        continue
      }
      // An emoji of many parts may be longer than a word: it is cut between its parts.
      for scalar in character.unicodeScalars {
        let bytes = Array(String(scalar).utf8)
        if piece.count + bytes.count > most { flush() }
        piece += bytes
      }
    }
    flush()
    return words
  }

  /// A parameter of a field, in the form of RFC 2231 where it is not plain ASCII, on lines of its own.
  static func parameter(_ name: String, _ value: String) -> String {
    let value = oneLine(value)
    let isPlain =
      isASCII(value) && value.utf8.count <= 60 && !value.utf8.contains { $0 == 0x22 || $0 == 0x5C }
    if isPlain { return ";\r\n \(name)=\"\(value)\"" }
    var pieces: [String] = []
    var piece = ""
    // Some programs decode each piece by itself, so none ends inside a character.
    for scalar in value.unicodeScalars {
      let text = String(scalar).utf8.map { byte in
        let isSafe =
          byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte < 0x7F && "-._~".utf8.contains(byte)
        return isSafe ? String(Unicode.Scalar(byte)) : "%\(hex(byte))"
      }.joined()
      if piece.utf8.count + text.utf8.count > 51 {
        pieces.append(piece)
        piece = ""
      }
      piece += text
    }
    pieces.append(piece)
    guard pieces.count > 1 else { return ";\r\n \(name)*=utf-8''\(pieces[0])" }
    return pieces.enumerated().map { index, piece in
      ";\r\n \(name)*\(index)*=\(index == 0 ? "utf-8''" : "")\(piece)"
    }.joined()
  }

  static func hex(_ byte: UInt8) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    return String(decoding: [digits[Int(byte >> 4)], digits[Int(byte & 15)]], as: UTF8.self)
  }

  // MARK: - Bodies

  /// Quoted-printable with lines of at most 76 characters; line feeds become CRLF, and none else stays bare.
  static func quotedPrintable(_ text: String) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(text.utf8.count + text.utf8.count / 20)
    var line: [UInt8] = []
    func breakLine() {
      // A blank at the end of a line would be taken for the transport's.
      if let last = line.last, last == 0x20 || last == 0x09 {
        line.removeLast()
        put("=\(hex(last))")
      }
      out += line
      out += [0x0D, 0x0A]
      line = []
    }
    func put(_ text: String) {
      let bytes = Array(text.utf8)
      if line.count + bytes.count > 75 {
        out += line + [0x3D, 0x0D, 0x0A]
        line = []
      }
      line += bytes
    }
    let bytes = Array(text.utf8)
    func isEnd(_ place: Int) -> Bool {
      place == bytes.count || bytes[place] == 0x0A || bytes[place] == 0x0D
    }
    var place = 0
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      switch byte {
      case 0x0D where place < bytes.count && bytes[place] == 0x0A: continue
      case 0x0A, 0x0D: breakLine()
      // A single dot ends a mail for servers that count wrongly, and some change `From ` where a line begins.
      case 0x2E where line.isEmpty && isEnd(place): put("=2E")
      case 0x46 where (line.isEmpty || line.count > 74) && bytes[place...].starts(with: "rom ".utf8):
        put("=46")
      case 0x20, 0x09, 0x21...0x3C, 0x3E...0x7E:
        // The last character of a line may take the place that a soft break would need.
        if line.count == 75, isEnd(place), byte > 0x20 {
          line.append(byte)
        } else {
          put(String(Unicode.Scalar(byte)))
        }
      default: put("=\(hex(byte))")
      }
    }
    if !line.isEmpty { breakLine() }
    return out
  }

  /// A date as mail has it: `Tue, 14 Nov 2023 22:13:20 +0000`.
  static func date(_ moment: Timestamp) -> String {
    let names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let bytes = Array(moment.description.utf8)
    func part(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    let month = months[max(0, min(11, (Int(part(5..<7)) ?? 1) - 1))]
    // The clock is after 1970.
    let day = names[Int(max(0, moment.milliseconds) / 86_400_000 % 7)]
    return "\(day), \(Int(part(8..<10)) ?? 1) \(month) \(part(0..<4)) \(part(11..<19)) +0000"
  }
}
