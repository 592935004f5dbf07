internal import Console
internal import Glibc
internal import System
internal import Text

/// Questions on standard output, answers on standard input, a line each.
struct Dialogue {
  var words: Words
  private let input: Descriptor
  private var buffer: [UInt8] = []

  init(_ words: Words) {
    self.words = words
    input = Descriptor(dup(0))
  }

  /// Says something.
  func say(_ text: String) throws {
    try Files.writeAll(Array((displayEscaped(text) + "\n").utf8), to: 1, subject: "standard output")
  }

  /// A text; the standard one for an empty answer.
  ///
  /// `isSecret`: a terminal does not show what is typed.
  mutating func text(
    _ question: String, standard: String = "", isSecret: Bool = false
  ) throws -> String {
    let question = isSecret && isatty(input.number) == 1 ? "\(question) (\(words.notShown))" : question
    let prompt = standard.isEmpty ? "\(question): " : "\(question) [\(standard)]: "
    let fd = input.number
    let ask = { (dialogue: inout Dialogue) throws -> String in
      try Files.writeAll(Array(displayEscaped(prompt).utf8), to: 1, subject: "standard output")
      return try dialogue.line()
    }
    let answer = isSecret ? try Terminal.hushed(fd) { try ask(&self) } : try ask(&self)
    // Where nobody typed a line feed that a terminal would show.
    if isatty(input.number) == 0 { try say("") }
    return answer.isEmpty ? standard : answer
  }

  /// One of several; the index of the choice.
  mutating func choice(_ question: String, _ choices: [String], standard: Int) throws -> Int {
    try say(question)
    for (index, choice) in choices.enumerated() { try say("  \(index + 1)  \(choice)") }
    while true {
      let answer = try text(words.choose, standard: "\(standard + 1)")
      if let number = Int(answer), choices.indices.contains(number - 1) { return number - 1 }
      // The words themselves are as good as their numbers.
      if let index = choices.firstIndex(of: answer) { return index }
      try say(words.outOfRange(choices.count))
    }
  }

  /// Yes or no.
  mutating func agrees(_ question: String, standard: Bool) throws -> Bool {
    while true {
      let answer = try text("\(question) \(standard ? "[Y/n]" : "[y/N]")").lowercased()
      if answer.isEmpty { return standard }
      if words.yes.contains(answer) { return true }
      if words.no.contains(answer) { return false }
      try say(words.yesOrNo)
    }
  }

  private mutating func line() throws -> String {
    while true {
      if let end = buffer.firstIndex(of: 0x0A) {
        let line = buffer[..<end]
        buffer.removeSubrange(...end)
        return try answer(line)
      }
      guard buffer.count <= 4096 else { throw Failure(.dataError, "an answer of more than 4096 bytes") }
      guard let piece = try input.read(upTo: 4096, subject: "standard input") else {
        // Somebody else's non-blocking descriptor.
        var ready = pollfd(fd: input.number, events: Int16(POLLIN), revents: 0)
        poll(&ready, 1, -1)
        continue
      }
      guard !piece.isEmpty else {
        guard !buffer.isEmpty else {
          try say("")
          throw Failure(
            .dataError, "standard input ended before the last question", hint: "nothing was changed")
        }
        defer { buffer = [] }
        return try answer(buffer[...])
      }
      buffer += piece
    }
  }

  private func answer(_ bytes: ArraySlice<UInt8>) throws -> String {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
    var rest = bytes.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
    guard let text = String(validating: rest, as: UTF8.self), !rest.contains(0) else {
      throw Failure(.dataError, "an answer is not UTF-8 text", hint: "nothing was changed")
    }
    return text
  }
}
