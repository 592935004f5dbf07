/// Simple and compound commands.
extension ShellParser {
  mutating func command(source: Int?) throws(Problem) {
    skipBlanks()
    let first = script.commands.count
    if byte == UInt8(ascii: "(") {
      offset += 1
      if byte == UInt8(ascii: "(") { doubt("arithmetic") }
      try list()
      guard take(UInt8(ascii: ")")) else { throw Problem(unexpected) }
    } else if plainWord("{") {
      try list()
      try expect("}")
    } else if plainWord("if") {
      try conditional()
    } else if plainWord("while") || plainWord("until") {
      doubt("a loop")
      repeats += 1
      try list()
      try body()
      repeats -= 1
    } else if plainWord("for") || plainWord("select") {
      try forLoop()
    } else if plainWord("case") {
      try caseOf()
    } else if plainWord("function") {
      skipBlanks()
      let name = try word()
      try function(named: name.first?.text ?? [])
    } else if plainWord("coproc") {
      doubt("coproc")
      try command(source: nil)
    } else if isAt("[[") {
      doubt("[[")
      try simple(source: source, isTest: true)
      return
    } else {
      try simple(source: source, isTest: false)
      return
    }
    feed(from: source, first)
    try trailingRedirections(first)
  }

  /// Every command of a compound one may read what is piped into it.
  private mutating func feed(from source: Int?, _ first: Int) {
    guard let source else { return }
    for index in first..<script.commands.count where script.commands[index].source == nil {
      script.commands[index].source = source
    }
  }

  private mutating func expect(_ word: StaticString) throws(Problem) {
    try skipLines()
    guard plainWord(word) else { throw Problem(unexpected) }
  }

  private mutating func body() throws(Problem) {
    try expect("do")
    try list()
    try expect("done")
  }

  private mutating func conditional() throws(Problem) {
    try list()
    try expect("then")
    try list()
    while true {
      try skipLines()
      if plainWord("elif") {
        try list()
        try expect("then")
        try list()
      } else if plainWord("else") {
        try list()
      } else {
        return try expect("fi")
      }
    }
  }

  private mutating func forLoop() throws(Problem) {
    doubt("a loop")
    skipBlanks()
    repeats += 1
    defer { repeats -= 1 }
    guard byte != UInt8(ascii: "(") else { throw Problem("a loop with arithmetic is not understood") }
    guard let name = try word().first?.text else { throw Problem(unexpected) }
    try skipLines()
    if plainWord("in") {
      skipBlanks()
      while let byte, byte != UInt8(ascii: ";"), byte != 0x0A {
        guard !Self.endsWord(byte) else { throw Problem(unexpected) }
        for value in try word() {
          // As if the values had been assigned one after the other.
          try append(SimpleCommand(assignments: [Assignment(name: name, value: value)], isRepeated: true))
        }
        skipBlanks()
      }
    }
    skipBlanks()
    if byte == UInt8(ascii: ";") { offset += 1 }
    try skipLines()
    if plainWord("{") {
      try list()
      try expect("}")
    } else {
      try body()
    }
  }

  private mutating func caseOf() throws(Problem) {
    doubt("case")
    skipBlanks()
    try append(SimpleCommand(redirections: try word().map { Redirection(kind: .text, target: $0) }))
    try expect("in")
    while true {
      try skipLines()
      if plainWord("esac") { return }
      _ = take(UInt8(ascii: "("))
      repeat {
        skipBlanks()
        _ = try word()
        skipBlanks()
      } while take(UInt8(ascii: "|"))
      guard take(UInt8(ascii: ")")) else { throw Problem(unexpected) }
      try list()
      try skipLines()
      if byte == UInt8(ascii: ";") {
        offset += 1
        guard byte == UInt8(ascii: ";") || byte == UInt8(ascii: "&") else { throw Problem(unexpected) }
        offset += 1
        if byte == UInt8(ascii: "&") { offset += 1 }
      } else {
        return try expect("esac")
      }
    }
  }

  private mutating func function(named name: [UInt8]) throws(Problem) {
    doubt("a function")
    script.functions.insert(name)
    skipBlanks()
    if take(UInt8(ascii: "(")) {
      skipBlanks()
      guard take(UInt8(ascii: ")")) else { throw Problem(unexpected) }
    }
    try skipLines()
    repeats += 1
    defer { repeats -= 1 }
    guard depth < Self.maxDepth else { throw Problem("it is nested deeper than \(Self.maxDepth) levels") }
    depth += 1
    defer { depth -= 1 }
    try command(source: nil)
  }

  mutating func append(_ command: SimpleCommand) throws(Problem) {
    guard script.commands.count < Self.maxCommands else {
      throw Problem("it has more than \(Self.maxCommands) commands")
    }
    var command = command
    command.isRepeated = command.isRepeated || repeats > 0
    if command.chain == 0 { command.chain = chain }
    script.commands.append(command)
  }

  private mutating func simple(source: Int?, isTest: Bool) throws(Problem) {
    var command = SimpleCommand()
    command.source = source
    var documents: [(Int, [UInt8], Bool, Bool)] = []
    while true {
      skipBlanks()
      guard let byte else { break }
      if byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "&") || isNumbered() {
        if isProcessSubstitution() {
          command.words += try word()
          continue
        }
        if byte == UInt8(ascii: "&"), peek() != UInt8(ascii: ">") { break }
        if isTest { throw Problem("a comparison in [[ is not understood") }
        if let document = try redirection(&command) { documents.append(document) }
        continue
      }
      if byte == UInt8(ascii: "("), command.words.count == 1, command.assignments.isEmpty,
        command.redirections.isEmpty, let name = command.words[0].text
      {
        return try function(named: name)
      }
      if isTest, byte == UInt8(ascii: "("), !command.words.isEmpty { throw Problem("[[ is not understood") }
      if Self.endsWord(byte) {
        // Lists of [[ are not those of the shell, but what they hold is not run.
        if isTest, byte == UInt8(ascii: "&") || byte == UInt8(ascii: "|") {
          throw Problem("[[ is not understood")
        }
        break
      }
      if command.words.isEmpty, let name = assignmentName() {
        try assignment(name, &command)
        continue
      }
      command.words += try word()
    }
    guard !command.words.isEmpty || !command.assignments.isEmpty || !command.redirections.isEmpty else {
      throw Problem(unexpected)
    }
    try append(command)
    let own = script.commands.count - 1
    for (redirection, delimiter, isQuoted, dropsTabs) in documents {
      pending.append((own, redirection, delimiter, isQuoted, dropsTabs))
    }
  }

  /// The name of `NAME=`, `NAME+=`; the offset stays.
  private func assignmentName() -> Range<Int>? {
    var end = offset
    while end < bytes.count, Self.isName(bytes[end], first: end == offset) { end += 1 }
    guard end > offset, end < bytes.count else { return nil }
    if bytes[end] == UInt8(ascii: "=") { return offset..<end }
    guard bytes[end] == UInt8(ascii: "+"), end + 1 < bytes.count, bytes[end + 1] == UInt8(ascii: "=") else {
      return nil
    }
    return offset..<end
  }

  private mutating func assignment(_ name: Range<Int>, _ command: inout SimpleCommand) throws(Problem) {
    offset = name.upperBound + (bytes[name.upperBound] == UInt8(ascii: "+") ? 2 : 1)
    let own = Array(bytes[name])
    skipContinuations()
    if byte == UInt8(ascii: "(") {
      doubt("an array")
      offset += 1
      while true {
        try skipLines()
        if take(UInt8(ascii: ")")) { break }
        guard let byte, !Self.endsWord(byte) else { throw Problem(unexpected) }
        for value in try word() { command.assignments.append(Assignment(name: own, value: value)) }
      }
      return
    }
    guard let byte, !Self.endsWord(byte) else {
      command.assignments.append(Assignment(name: own, value: Word(pieces: [])))
      return
    }
    // No brace expansion in an assignment, but taking one for granted only adds possibilities.
    for value in try word() { command.assignments.append(Assignment(name: own, value: value)) }
  }

  static func isName(_ byte: UInt8, first: Bool) -> Bool {
    switch byte {
    case UInt8(ascii: "_"), 0x41...0x5A, 0x61...0x7A: true
    case 0x30...0x39: !first
    default: false
    }
  }

  private mutating func trailingRedirections(_ first: Int) throws(Problem) {
    var holder = SimpleCommand()
    var documents: [(Int, [UInt8], Bool, Bool)] = []
    while true {
      skipBlanks()
      guard let byte else { break }
      guard
        byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || isNumbered()
          || byte == UInt8(ascii: "&") && peek() == UInt8(ascii: ">")
      else { break }
      if isProcessSubstitution() { throw Problem(unexpected) }
      if let document = try redirection(&holder) { documents.append(document) }
    }
    guard !holder.redirections.isEmpty else { return }
    try append(holder)
    let own = script.commands.count - 1
    for (redirection, delimiter, isQuoted, dropsTabs) in documents {
      pending.append((own, redirection, delimiter, isQuoted, dropsTabs))
    }
    // What is redirected into a compound command reaches the shells in it.
    for index in first..<own where script.commands[index].source == nil {
      script.commands[index].source = own
    }
  }
}
