/// The HTML of Matrix events, made of Telegram's: the same few tags, but line feeds count in code alone.
enum MatrixText {
  static func html(_ telegram: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(telegram.utf8)[...]
    var isCode = false
    while let byte = rest.first {
      if byte == UInt8(ascii: "<") {
        if rest.starts(with: "<pre".utf8) { isCode = true }
        if rest.starts(with: "</pre>".utf8) { isCode = false }
      }
      bytes += byte == 0x0A && !isCode ? Array("<br>".utf8) : [byte]
      rest = rest.dropFirst()
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
