/// What becomes of a letter before it is compared: case, width and accents do not count.
enum Letters {
  /// What kind of writing a scalar belongs to, as far as cutting into words goes.
  enum Kind {
    /// Part of a word that spaces end.
    case word
    /// Part of a run without spaces: Chinese characters, kana, hangul and what else is written so.
    case run
    /// Belongs to the letter before it: an accent, an invisible sign, an apostrophe within a word.
    case mark
    /// Between words.
    case gap
  }

  /// The kind of a scalar that `fold` has been through.
  static func kind(_ scalar: Unicode.Scalar) -> Kind {
    let value = scalar.value
    if value < 0x80 {
      if value >= 0x61 && value <= 0x7A || value >= 0x30 && value <= 0x39 { return .word }
      return value == 0x27 ? .mark : .gap
    }
    if isRun(value) { return .run }
    switch value {
    case 0xAD, 0x200B...0x200F, 0x2060, 0xFEFF, 0x2019, 0x02BC, 0x3099, 0x309A, 0xFF9E, 0xFF9F: return .mark
    default: break
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .decimalNumber, .letterNumber, .otherNumber:
      return .word
    case .nonspacingMark, .enclosingMark, .spacingMark:
      // Vowel signs of Indian scripts are letters of their words, accents are not.
      return value < 0x0900 || value >= 0x1AB0 && value < 0x1B00 || value >= 0x1DC0 && value < 0x1E00
        || value >= 0x20D0 && value < 0x2100 || value >= 0xFE00 && value < 0xFE30 ? .mark : .word
    // Emoji are words: people tag with them.
    case .otherSymbol: return .run
    default: return .gap
    }
  }

  /// Scripts that are written without spaces.
  private static func isRun(_ value: UInt32) -> Bool {
    switch value {
    case 0x3005...0x3007, 0x3041...0x3096, 0x309D...0x309F, 0x30A1...0x30FA, 0x30FC...0x30FF: true
    case 0x3105...0x312F, 0x3131...0x318E, 0x31A0...0x31BF, 0x31F0...0x31FF: true
    case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF: true
    case 0x1100...0x11FF, 0xA960...0xA97F, 0xAC00...0xD7FF: true
    case 0x0E01...0x0E4E, 0x0E80...0x0EDF, 0x0F40...0x0FBC, 0x1000...0x109F, 0x1780...0x17D3: true
    default: false
    }
  }

  /// A scalar in the form that is compared: lower case, of ordinary width, without its accent.
  static func fold(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    let value = scalar.value
    if value < 0x80 {
      return value >= 0x41 && value <= 0x5A ? Unicode.Scalar(UInt8(value) + 0x20) : scalar
    }
    if value >= 0xC0, value <= 0x017F { return at(value - 0xC0, latin) ?? scalar }
    if value >= 0x1E00, value <= 0x1EFF { return at(value - 0x1E00, latinAdditional) ?? scalar }
    // Full width.
    if value >= 0xFF01, value <= 0xFF5E { return Unicode.Scalar(value - 0xFEE0).map(fold) ?? scalar }
    // Half width kana.
    if value >= 0xFF66, value <= 0xFF9D { return scalarOf(value - 0xFF66, kana) ?? scalar }
    // Katakana as hiragana: people write a word now in these, now in those.
    if value >= 0x30A1, value <= 0x30F6 { return Unicode.Scalar(value - 0x60) ?? scalar }
    if let plain = accented(value) { return plain }
    let lower = scalar.properties.lowercaseMapping.unicodeScalars
    // The signs for Kelvin and Ångström are letters with cases of their own.
    guard let first = lower.first, first != scalar else { return scalar }
    return fold(first)
  }

  /// Greek and Cyrillic letters with their accents, lower case.
  private static func accented(_ value: UInt32) -> Unicode.Scalar? {
    switch value {
    case 0x386, 0x3AC: "α"
    case 0x388, 0x3AD: "ε"
    case 0x389, 0x3AE: "η"
    case 0x38A, 0x390, 0x3AA, 0x3AF, 0x3CA: "ι"
    case 0x38C, 0x3CC: "ο"
    case 0x38E, 0x3AB, 0x3B0, 0x3CB, 0x3CD: "υ"
    case 0x38F, 0x3CE: "ω"
    case 0x3C2: "σ"
    case 0x401, 0x451: "е"
    default: nil
    }
  }

  private static func at(_ index: UInt32, _ table: [UInt8]) -> Unicode.Scalar? {
    guard index < table.count, table[Int(index)] != 0x3F else { return nil }
    return Unicode.Scalar(table[Int(index)])
  }

  private static func scalarOf(_ index: UInt32, _ table: [Unicode.Scalar]) -> Unicode.Scalar? {
    index < table.count ? table[Int(index)] : nil
  }

  // U+00C0 to U+017F; '?' stays as it is. Ligatures stand for their first letter.
  private static let latin = Array(
    ("aaaaaaaceeeeiiiidnooooo?ouuuuytsaaaaaaaceeeeiiiidnooooo?ouuuuytyaaaaaaccccccccddddeeeeeeeeeegggg"
      + "gggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs")
      .utf8)
  // U+1E00 to U+1EFF.
  private static let latinAdditional = Array(
    ("aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrr"
      + "ssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyassss?aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
      + "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyyllvvyy").utf8)
  // U+FF66 to U+FF9D, as hiragana.
  private static let kana = Array(
    "をぁぃぅぇぉゃゅょっーあいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわん".unicodeScalars)
}
