/// Makes untrusted text fit to be shown to a person, without characters that act instead of appear.
///
/// Control characters (except newline and tab), characters that turn the direction of writing,
/// zero-width characters, and line and paragraph separators are written as `\u{XXXX}`.
package func displayEscaped(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isTreacherous) else { return text }
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if isTreacherous(scalar) {
      let digits = String(scalar.value, radix: 16, uppercase: true)
      let zeros = String(repeating: "0", count: max(0, 4 - digits.count))
      result.append(contentsOf: "\\u{\(zeros)\(digits)}".unicodeScalars)
    } else {
      result.append(scalar)
    }
  }
  return String(result)
}

private func isTreacherous(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x09, 0x0A: false
  case 0x00...0x1F, 0x7F...0x9F: true
  // Soft hyphen, Arabic letter mark, Mongolian vowel separator.
  case 0xAD, 0x061C, 0x180E: true
  // Zero width, direction marks; separators and embeddings; word joiner, isolates, deprecated ones.
  case 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F: true
  // Byte order mark, annotation controls, tags: invisible letters that a model still reads.
  case 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F: true
  default: false
  }
}
