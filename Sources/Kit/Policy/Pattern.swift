/// Matching of shell patterns.
enum Pattern {
  /// Whether a name, without slashes, may be meant by the part of a pattern between slashes.
  ///
  /// `*`, `?` and `[` do not stand for a dot at the beginning unless `hidden` says so; what is not known stands for anything.
  static func matches(
    _ pattern: ArraySlice<Argument.Element>, _ name: [UInt8], hidden: Bool = false
  ) -> Bool {
    if !hidden, name.first == UInt8(ascii: "."), let first = pattern.first {
      switch first {
      case .one, .many, .set: return false
      case .byte, .anything: break
      }
    }
    // Greedy matching with one point to come back to.
    var p = pattern.startIndex
    var n = 0
    var star: Int?
    var mark = 0
    while n < name.count {
      if p < pattern.endIndex {
        switch pattern[p] {
        case .many, .anything:
          star = p
          mark = n
          p += 1
          continue
        case .byte(let byte) where byte == name[n]:
          p += 1
          n += 1
          continue
        case .one:
          p += 1
          n += 1
          while n < name.count, name[n] & 0xC0 == 0x80 { n += 1 }
          continue
        case .set(let set) where contains(set, name[n]):
          p += 1
          n += 1
          continue
        default: break
        }
      }
      guard let back = star else { return false }
      mark += 1
      n = mark
      p = back + 1
    }
    while p < pattern.endIndex {
      switch pattern[p] {
      case .many, .anything: p += 1
      default: return false
      }
    }
    return true
  }

  /// Whether a byte is in a set such as `a-z` or `!x`; classes and bytes beyond ASCII are taken for anything.
  private static func contains(_ set: [UInt8], _ byte: UInt8) -> Bool {
    var rest = set[...]
    var isInverted = false
    if rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^") {
      isInverted = true
      rest = rest.dropFirst()
    }
    if byte >= 0x80 || rest.contains(where: { $0 >= 0x80 }) || rest.contains(UInt8(ascii: "[")) {
      return true
    }
    var found = false
    // What lies between two letters depends on the locale: their other case may.
    var isPossible = false
    let other = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A ? byte ^ 0x20 : byte
    var index = rest.startIndex
    while index < rest.endIndex {
      if index + 2 < rest.endIndex, rest[index + 1] == UInt8(ascii: "-") {
        if rest[index] <= byte, byte <= rest[index + 2] { found = true }
        if rest[index] <= other, other <= rest[index + 2] { isPossible = true }
        index += 3
      } else {
        if rest[index] == byte { found = true }
        index += 1
      }
    }
    return isInverted ? !found : found || isPossible
  }

  /// The parts between slashes; the first is empty for an absolute path.
  static func parts(_ elements: [Argument.Element]) -> [ArraySlice<Argument.Element>] {
    elements.split(separator: .byte(Paths.slash), omittingEmptySubsequences: false)
  }

  /// The bytes of a part that is nothing but bytes.
  static func bytes(_ part: ArraySlice<Argument.Element>) -> [UInt8]? {
    var bytes: [UInt8] = []
    for element in part {
      guard case .byte(let byte) = element else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  /// The files that a pattern stands for, as a shell would list them; nil when there are too many to tell.
  ///
  /// Empty when nothing matches: then the shell leaves the word as it is.
  static func expand(
    _ elements: [Argument.Element], from directory: String, _ files: any FileFacts, hidden: Bool = false
  ) -> [String]? {
    let parts = parts(elements)
    var paths = [parts.first?.isEmpty == true ? "/" : ""]
    var budget = 8192
    for (index, part) in parts.enumerated() where !part.isEmpty {
      let isLast = index == parts.count - 1
      if let bytes = bytes(part) {
        let name = String(decoding: bytes, as: UTF8.self)
        paths = paths.map { $0 + name + (isLast ? "" : "/") }
        continue
      }
      var next: [String] = []
      for path in paths {
        let place = files.resolve(path.isEmpty ? "." : path, from: directory)
        guard place.kind == .directory else { continue }
        guard let entries = files.entries(of: place.path, limit: budget) else { return nil }
        budget -= entries.count
        guard budget > 0 else { return nil }
        for entry in entries where matches(part, Array(entry.name.utf8), hidden: hidden) {
          next.append(path + entry.name + (isLast ? "" : "/"))
        }
      }
      paths = next
      if paths.isEmpty { return [] }
      guard paths.count <= 2048 else { return nil }
    }
    // What was listed is there; what was added to it by its text may not be.
    guard let last = parts.last(where: { !$0.isEmpty }), bytes(last) != nil else { return paths }
    return paths.filter { files.resolve($0, from: directory).kind != .missing }
  }
}
