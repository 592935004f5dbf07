internal import Glibc

/// Text in the character sets that mail is written in, by iconv(3).
package enum Charset {
  /// Text of bytes in a character set; what is not valid there, or known to nobody, becomes U+FFFD or is
  /// taken for UTF-8, then for Latin-1.
  package static func decode(_ bytes: [UInt8], _ name: String) -> String {
    let name = canonical(name)
    if name == "UTF-8" || name == "US-ASCII" { return utf8(bytes, or: "WINDOWS-1252") }
    guard let decoded = convert(bytes, name) else { return utf8(bytes, or: nil) }
    return decoded
  }

  /// Text that says that it is UTF-8, or nothing.
  private static func utf8(_ bytes: [UInt8], or other: String?) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    if let other, let text = convert(bytes, other) { return text }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What a name means: supersets that everybody reads for what is written.
  private static func canonical(_ name: String) -> String {
    let upper = String(
      decoding: name.utf8.prefix(40).map { $0 &- 0x61 < 26 ? $0 & 0xDF : $0 }, as: UTF8.self)
    switch upper {
    case "", "UTF-8", "UTF8", "UNICODE-1-1-UTF-8": return "UTF-8"
    case "US-ASCII", "ASCII", "ANSI_X3.4-1968": return "US-ASCII"
    case "ISO-8859-1", "ISO8859-1", "LATIN1", "ISO_8859-1": return "WINDOWS-1252"
    case "GB2312", "GBK", "GB18030", "GB_2312-80", "EUC-CN", "CP936", "X-GBK": return "GB18030"
    case "KS_C_5601-1987", "EUC-KR", "KSC5601": return "CP949"
    case "SHIFT_JIS", "SHIFT-JIS", "X-SJIS", "SJIS": return "CP932"
    case "ISO-2022-JP": return "ISO-2022-JP"
    default: return upper
    }
  }

  /// nil where the name is none of a character set.
  private static func convert(_ bytes: [UInt8], _ name: String) -> String? {
    // Slashes would ask iconv for more than a set, and it opens a module by the name.
    let isName = name.utf8.allSatisfy {
      MailBytes.isDigit($0) || MailBytes.isLetter($0) || "-_.:+".utf8.contains($0)
    }
    guard isName, !name.isEmpty, let handle = iconv_open("UTF-8", name),
      handle != iconv_t(bitPattern: -1)
    else { return nil }
    defer { iconv_close(handle) }
    var input = bytes
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + bytes.count / 2)
    var room = [CChar](repeating: 0, count: 8192)
    input.withUnsafeMutableBytes { raw in
      var from = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
      var left = raw.count
      var isFlushing = false
      while true {
        var failure: Int32 = 0
        let made = room.withUnsafeMutableBufferPointer { room in
          var to = room.baseAddress
          var free = room.count
          let result =
            isFlushing ? iconv(handle, nil, nil, &to, &free) : iconv(handle, &from, &left, &to, &free)
          failure =
            result == Int.max || result == -1 || Int(bitPattern: UInt(bitPattern: result)) == -1 ? errno : 0
          return room.count - free
        }
        out += room.prefix(made).map { UInt8(bitPattern: $0) }
        if failure == 0 {
          if isFlushing { return }
          isFlushing = true
        } else if failure == E2BIG {
          continue
        } else if failure == EILSEQ, left > 0 {
          out += [0xEF, 0xBF, 0xBD]
          from = from.map { $0 + 1 }
          left -= 1
        } else {
          // Half a character at the end.
          if left > 0 { out += [0xEF, 0xBF, 0xBD] }
          return
        }
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
