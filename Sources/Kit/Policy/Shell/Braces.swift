/// Brace expansion, on the pieces of a word.
enum Braces {
  static let limit = 256

  /// The words that one stands for; nil when there are too many.
  static func expand(_ pieces: [Piece]) -> [Word]? {
    var budget = 2048
    guard let all = expanded(pieces[...], &budget, depth: 0), all.count <= limit else { return nil }
    return all.map { Word(pieces: settled($0[...])) }
  }

  private static func expanded(_ pieces: ArraySlice<Piece>, _ budget: inout Int, depth: Int) -> [[Piece]]? {
    budget -= 1
    guard budget > 0, depth < 32 else { return nil }
    guard let (open, close, parts) = group(pieces) else { return [Array(pieces)] }
    guard let tails = expanded(pieces[(close + 1)...], &budget, depth: depth + 1) else { return nil }
    let head = pieces[..<open]
    var all: [[Piece]] = []
    for part in parts {
      guard let middles = expanded(part, &budget, depth: depth + 1) else { return nil }
      for middle in middles {
        for tail in tails {
          guard all.count < limit else { return nil }
          all.append(head + middle + tail)
        }
      }
    }
    return all
  }

  /// The first braces with a comma or a range between them, and what they choose from.
  private static func group(_ pieces: ArraySlice<Piece>) -> (Int, Int, [ArraySlice<Piece>])? {
    for open in pieces.indices where pieces[open] == .mark(0x7B) {
      var level = 0
      var parts: [ArraySlice<Piece>] = []
      var start = open + 1
      scan: for index in pieces.indices[open...] {
        switch pieces[index] {
        case .mark(0x7B): level += 1
        case .mark(0x2C) where level == 1:
          parts.append(pieces[start..<index])
          start = index + 1
        case .mark(0x7D):
          level -= 1
          guard level == 0 else { continue }
          if !parts.isEmpty { return (open, index, parts + [pieces[start..<index]]) }
          if let range = range(pieces[start..<index]) { return (open, index, range) }
          break scan
        default: break
        }
      }
    }
    return nil
  }

  /// `1..5` and `a..e`.
  private static func range(_ pieces: ArraySlice<Piece>) -> [ArraySlice<Piece>]? {
    guard pieces.count == 1, case .text(let bytes, false)? = pieces.first else { return nil }
    let parts = bytes.split(separator: 0x2E, omittingEmptySubsequences: false)
    guard parts.count == 3 || parts.count == 5, parts[1].isEmpty else { return nil }
    let step = parts.count == 5 && parts[3].isEmpty ? number(parts[4]) : 1
    guard parts.count == 3 || step != nil else { return nil }
    if let from = number(parts[0]), let to = number(parts[2]) {
      guard abs(from - to) / max(1, abs(step ?? 1)) < limit else { return [[.unknown(perhaps: [])]] }
      let by = max(1, abs(step ?? 1)) * (from <= to ? 1 : -1)
      return stride(from: from, through: to, by: by).map { [.text(Array(String($0).utf8), quoted: false)] }
    }
    guard parts[0].count == 1, parts[2].count == 1, let from = parts[0].first, let to = parts[2].first else {
      return nil
    }
    return (min(from, to)...max(from, to)).map { [.text([$0], quoted: false)] }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count <= 9, let text = String(validating: bytes, as: UTF8.self) else { return nil }
    return Int(text)
  }

  /// Marks that have no special meaning become text, a tilde at the beginning a home directory.
  static func settled(_ pieces: ArraySlice<Piece>) -> [Piece] {
    var all: [Piece] = []
    all.reserveCapacity(pieces.count)
    for (place, piece) in pieces.enumerated() {
      switch piece {
      case .mark(let byte):
        if byte == 0x7E, place == 0 {
          all.append(.tilde([]))
        } else if case .text(let bytes, false)? = all.last {
          all[all.count - 1] = .text(bytes + [byte], quoted: false)
        } else {
          all.append(.text([byte], quoted: false))
        }
      case .text(let bytes, false):
        if case .tilde(let name)? = all.last, all.count == 1 {
          let cut = bytes.firstIndex(of: 0x2F) ?? bytes.count
          all[0] = .tilde(name + bytes[..<cut])
          if cut < bytes.count { all.append(.text(Array(bytes[cut...]), quoted: false)) }
        } else if case .text(let before, false)? = all.last {
          all[all.count - 1] = .text(before + bytes, quoted: false)
        } else {
          all.append(piece)
        }
      default: all.append(piece)
      }
    }
    return all
  }
}
