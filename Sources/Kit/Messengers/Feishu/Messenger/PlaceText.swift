internal import Stage

/// A place as text, because Feishu takes none from apps: its name, and a link to a map.
enum PlaceText {
  static func markdown(_ attachment: Attachment) -> String {
    guard let place = attachment.place else { return "" }
    let (north, east) = (degrees(place.latitude), degrees(place.longitude))
    let name = attachment.name.isEmpty ? "" : "\(escaped(attachment.name)): "
    return "\(name)[\(north), \(east)](https://www.openstreetmap.org/?mlat=\(north)&mlon=\(east))"
  }

  /// Degrees with six digits, which is about a hand's breadth.
  private static func degrees(_ value: Double) -> String {
    let whole = Int((abs(value) * 1_000_000).rounded())
    let digits = String(whole % 1_000_000)
    let zeros = String(repeating: "0", count: 6 - digits.utf8.count)
    return "\(value < 0 && whole > 0 ? "-" : "")\(whole / 1_000_000).\(zeros)\(digits)"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      if character.isNewline {
        result += " "
        continue
      }
      if character.isASCII, !character.isLetter, !character.isNumber, character != " " { result += "\\" }
      result.append(character)
    }
    return result
  }
}
