/// A word as a program would get it, as far as that is known before running.
enum Argument: Sendable, Equatable {
  /// An element of a pattern.
  enum Element: Sendable, Equatable {
    case byte(UInt8)
    /// One byte or more of a character: `?`.
    case one
    /// `*`
    case many
    /// `[...]`
    case set([UInt8])
    /// Whatever a variable or a substitution gives.
    case anything
  }

  case literal(String)
  case pattern([Element])

  /// The text, if it is known.
  var text: String? {
    if case .literal(let text) = self { text } else { nil }
  }

  /// Whether nothing in it depends on what only running would tell.
  var isKnown: Bool {
    guard case .pattern(let elements) = self else { return true }
    return !elements.contains(.anything)
  }

  /// The word for people, with `...` for what is not known.
  var shown: String {
    switch self {
    case .literal(let text): return text
    case .pattern(let elements):
      var bytes: [UInt8] = []
      for element in elements {
        switch element {
        case .byte(let byte): bytes.append(byte)
        case .one: bytes.append(UInt8(ascii: "?"))
        case .many: bytes.append(UInt8(ascii: "*"))
        case .set(let set): bytes += [UInt8(ascii: "[")] + set + [UInt8(ascii: "]")]
        case .anything: bytes += Array("...".utf8)
        }
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}

/// What the words of a script are made of besides its text.
struct Surroundings {
  var home: String
  /// The current directory, where it is certain.
  var directory: String?
  /// What variables were set to somewhere in the script.
  var values: [[UInt8]: [[Piece]]] = [:]

  /// The argument that a word gives if nothing is guessed.
  func certain(_ word: Word) -> Argument {
    if word.pieces.count == 1, case .text(let bytes, _) = word.pieces[0] {
      return .literal(String(decoding: bytes, as: UTF8.self))
    }
    var elements: [Argument.Element] = []
    for piece in word.pieces { elements += certain(piece) }
    return Self.argument(elements)
  }

  static func argument(_ elements: [Argument.Element]) -> Argument {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(elements.count)
    for element in elements {
      guard case .byte(let byte) = element else { return .pattern(elements) }
      bytes.append(byte)
    }
    return .literal(String(decoding: bytes, as: UTF8.self))
  }

  private func certain(_ piece: Piece) -> [Argument.Element] {
    switch piece {
    case .text(let bytes, _): return bytes.map { .byte($0) }
    case .one: return [.one]
    case .many: return [.many]
    case .set(let set): return [.set(set)]
    case .tilde(let name):
      if name.isEmpty { return Array(home.utf8).map { .byte($0) } }
      if name.elementsEqual("root".utf8) { return Array("/root".utf8).map { .byte($0) } }
      return [.anything]
    case .variable(let name, let quoted):
      guard values[name] == nil else { return [.anything] }
      if name.elementsEqual("HOME".utf8) { return value(home, quoted) }
      if name.elementsEqual("PWD".utf8), let directory { return value(directory, quoted) }
      return [.anything]
    case .unknown: return [.anything]
    case .mark(let byte): return [.byte(byte)]
    }
  }

  /// A value without quotes around it is split and expanded once more, unless there is nothing to split.
  private func value(_ text: String, _ quoted: Bool) -> [Argument.Element] {
    let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x2A && $0 != 0x3F && $0 != 0x5B && $0 != 0x5C }
    return quoted || isPlain ? Array(text.utf8).map { .byte($0) } : [.anything]
  }

  /// What a word may stand for if guesses are made: the variables that the script sets, the defaults
  /// that it gives, what it prints in a substitution.
  ///
  /// Unquoted values may become several words.
  func possible(_ word: Word, guess: Int) -> [Argument] {
    var words: [[Argument.Element]] = [[]]
    var budget = 4096
    possible(word.pieces, guess, &words, &budget, depth: 0)
    return words.filter { !$0.isEmpty }.map(Self.argument)
  }

  private func possible(
    _ pieces: [Piece], _ guess: Int, _ words: inout [[Argument.Element]], _ budget: inout Int, depth: Int
  ) {
    for piece in pieces {
      budget -= 1
      guard budget > 0 else { return }
      switch piece {
      case .variable(let name, let quoted):
        if depth < 8, let choices = values[name], !choices.isEmpty {
          let choice = choices[min(guess, choices.count - 1)]
          split(choice, quoted, guess, &words, &budget, depth)
        } else if name.elementsEqual("IFS".utf8), !quoted {
          words.append([])
        } else {
          words[words.count - 1] += certain(.variable(name, quoted: quoted))
        }
      case .unknown(let perhaps) where !perhaps.isEmpty && depth < 8:
        split(perhaps, false, guess, &words, &budget, depth)
      default: words[words.count - 1] += certain(piece)
      }
    }
  }

  private func split(
    _ pieces: [Piece], _ quoted: Bool, _ guess: Int, _ words: inout [[Argument.Element]],
    _ budget: inout Int, _ depth: Int
  ) {
    var inner: [[Argument.Element]] = [[]]
    possible(pieces, guess, &inner, &budget, depth: depth + 1)
    for (index, part) in inner.enumerated() {
      if index > 0 { words.append([]) }
      for element in part {
        budget -= 1
        guard budget > 0 else { return }
        if !quoted, case .byte(let byte) = element {
          if byte == 0x20 || byte == 0x09 || byte == 0x0A {
            words.append([])
            continue
          }
          // A value may hold a pattern that its use expands.
          if byte == UInt8(ascii: "*") {
            words[words.count - 1].append(.many)
            continue
          }
          if byte == UInt8(ascii: "?") {
            words[words.count - 1].append(.one)
            continue
          }
        }
        words[words.count - 1].append(element)
      }
    }
  }
}
