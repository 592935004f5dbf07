/// A pattern of `*` (any run of characters) and `?` (any one); `\` takes the next character as it is.
///
/// A match takes at most as many steps as the lengths of pattern and text multiplied.
package struct Glob: Equatable, Sendable {
  private enum Piece: Equatable, Sendable {
    case run
    case one
    case scalar(Unicode.Scalar)
  }

  private var pieces: [Piece] = []

  /// A pattern.
  package init(_ pattern: String) {
    var isEscaped = false
    for scalar in pattern.unicodeScalars {
      if isEscaped {
        pieces.append(.scalar(scalar))
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else if scalar == "*" {
        if pieces.last != .run { pieces.append(.run) }
      } else {
        pieces.append(scalar == "?" ? .one : .scalar(scalar))
      }
    }
    if isEscaped { pieces.append(.scalar("\\")) }
  }

  /// Whether the whole text is like the pattern.
  package func matches(_ text: String) -> Bool {
    let text = Array(text.unicodeScalars)
    var place = 0
    var piece = 0
    // Where to go on after the last `*`, if what follows it does not fit here.
    var retry: (piece: Int, place: Int)?
    while place < text.count {
      if piece < pieces.count, fits(pieces[piece], text[place]) {
        piece += 1
        place += 1
      } else if piece < pieces.count, pieces[piece] == .run {
        retry = (piece + 1, place)
        piece += 1
      } else if let (next, from) = retry {
        retry = (next, from + 1)
        piece = next
        place = from + 1
      } else {
        return false
      }
    }
    return pieces[piece...].allSatisfy { $0 == .run }
  }

  private func fits(_ piece: Piece, _ scalar: Unicode.Scalar) -> Bool {
    switch piece {
    case .run: false
    case .one: true
    case .scalar(let own): own == scalar
    }
  }
}
