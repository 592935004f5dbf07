/// Bytes of strings: Swift's own comparison equates spellings that the file system keeps apart.
enum Bytes {
  static func same(_ one: String, _ other: String) -> Bool {
    one.utf8.count == other.utf8.count && one.utf8.elementsEqual(other.utf8)
  }
}

/// Paths as text.
enum Paths {
  static let slash = UInt8(ascii: "/")

  /// An absolute path without `//`, `.` and `..`, by its text alone.
  static func normal(_ path: String) -> String {
    // Most paths are normal already.
    if isNormal(path) { return path }
    var parts: [Substring.UTF8View] = []
    for part in path.utf8.split(separator: slash) {
      if part.elementsEqual(".".utf8) { continue }
      if part.elementsEqual("..".utf8) {
        _ = parts.popLast()
      } else {
        parts.append(part)
      }
    }
    if parts.isEmpty { return "/" }
    var text = ""
    for part in parts { text += "/" + Substring(part) }
    return text
  }

  private static func isNormal(_ path: String) -> Bool {
    guard path.utf8.first == slash else { return false }
    var length = 0
    var dots = 0
    for byte in path.utf8.dropFirst() {
      if byte == slash {
        if length == 0 || length == dots && dots < 3 { return false }
        length = 0
        dots = 0
      } else {
        length += 1
        if byte == UInt8(ascii: ".") { dots += 1 }
      }
    }
    return path.utf8.count == 1 || length > 0 && !(length == dots && dots < 3)
  }

  /// A path from a directory, normal.
  static func join(_ directory: String, _ path: String) -> String {
    path.utf8.first == slash ? normal(path) : normal(directory + "/" + path)
  }

  /// Whether a normal path is a directory or below it.
  static func isInside(_ path: String, _ directory: String) -> Bool {
    if directory.utf8.count == 1 { return true }
    guard path.utf8.starts(with: directory.utf8) else { return false }
    return path.utf8.count == directory.utf8.count || path.utf8.dropFirst(directory.utf8.count).first == slash
  }

  /// The last part of a path.
  static func name(_ path: String) -> String {
    guard let cut = path.utf8.lastIndex(of: slash) else { return path }
    return String(path[path.utf8.index(after: cut)...])
  }

  /// The directory that a normal path is in.
  static func parent(_ path: String) -> String {
    guard let cut = path.utf8.lastIndex(of: slash), cut != path.utf8.startIndex else { return "/" }
    return String(path[..<cut])
  }
}
