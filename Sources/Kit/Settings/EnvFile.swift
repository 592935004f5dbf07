internal import Console

/// The `env` file: `KEY=value` lines, as a shell or systemd would read them where both agree.
package enum EnvFile {
  /// The greatest size in bytes.
  static let limit = 65_536

  /// Reads the lines; of a name given twice the last counts.
  ///
  /// - Throws: `Failure` with status 78 that names the line, never the value.
  package static func parse(_ bytes: [UInt8]) throws -> [String: String] {
    var variables: [String: String] = [:]
    guard bytes.count <= limit else {
      throw failure(1, "expected at most \(limit) bytes, found \(bytes.count)")
    }
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (index, raw) in lines.enumerated() {
      let line = raw.last == 0x0D ? raw.dropLast() : raw
      guard let (name, value) = try entry(line, index + 1) else { continue }
      variables[name] = value
    }
    return variables
  }

  private static func entry(_ line: ArraySlice<UInt8>, _ number: Int) throws -> (String, String)? {
    guard let text = String(validating: line, as: UTF8.self) else {
      throw failure(number, "expected UTF-8, found other bytes")
    }
    guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
      throw failure(number, "expected text, found a control character")
    }
    var rest = text.utf8.drop(while: isBlank)
    if rest.isEmpty || rest.first == UInt8(ascii: "#") { return nil }
    let word = rest.prefix { !isBlank($0) }
    if word.elementsEqual("export".utf8) { rest = rest.dropFirst(word.count).drop(while: isBlank) }
    guard let sign = rest.firstIndex(of: UInt8(ascii: "=")) else {
      throw failure(number, "expected KEY=value, found no '='")
    }
    guard let name = String(rest[..<sign]), Names.isVariable(name) else {
      throw failure(number, "expected a name of letters, digits and '_' right before '='")
    }
    guard name != "AGIM_HOME", name != "AGIM_PIPE" else {
      throw failure(number, "\(name) has no effect here", hint: "set it in the environment")
    }
    let value = Array(rest[rest.index(after: sign)...])
    return (name, String(decoding: try unquoted(value, number), as: UTF8.self))
  }

  private static func unquoted(_ value: [UInt8], _ number: Int) throws -> [UInt8] {
    guard let quote = value.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      return try bare(value, number)
    }
    var text: [UInt8] = []
    var index = 1
    while index < value.count, value[index] != quote {
      let escapes =
        quote == UInt8(ascii: "\"") && value[index] == UInt8(ascii: "\\") && index + 1 < value.count
      // In double quotes a shell drops the backslash before these only.
      if escapes, "\"\\$`".utf8.contains(value[index + 1]) { index += 1 }
      text.append(value[index])
      index += 1
    }
    guard index < value.count else {
      throw failure(number, "expected a closing quote at the end of the value")
    }
    let rest = value[(index + 1)...]
    let comment = rest.drop(while: isBlank)
    guard comment.isEmpty || comment.first == UInt8(ascii: "#") && comment.count < rest.count else {
      throw failure(number, "expected nothing after the closing quote")
    }
    return text
  }

  private static func bare(_ value: [UInt8], _ number: Int) throws -> [UInt8] {
    var text = value[...]
    for index in value.indices
    where value[index] == UInt8(ascii: "#") && index > 0 && isBlank(value[index - 1]) {
      text = value[..<index]
      break
    }
    while let last = text.last, isBlank(last) { text = text.dropLast() }
    // A blank after '=' means different things to a shell and to systemd.
    guard text.first.map(isBlank) != true else { throw failure(number, "expected the value right after '='") }
    guard !text.contains(where: { "\"'".utf8.contains($0) }) else {
      throw failure(number, "expected quotes around the whole value or none")
    }
    return Array(text)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func failure(_ line: Int, _ message: String, hint: String? = nil) -> Failure {
    Failure(.configuration, "env:\(line): \(message)", hint: hint)
  }
}
