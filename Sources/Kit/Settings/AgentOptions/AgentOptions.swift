/// A setting of an agent's program that keeps people from being asked.
package struct AgentObjection: Equatable, Sendable {
  /// Where it stands: `command`, `env` or `mode`.
  package let place: String
  /// What it says there.
  package let word: String
  /// Why it is refused, as the end of a sentence.
  package let reason: String

  /// The whole sentence, for people.
  package var text: String { "\(place): '\(word)' \(reason)" }
}

/// Finds settings of agents' programs that keep people from being asked: agim never sets them, and refuses
/// them unless the configuration says `trusted`.
package enum AgentOptions {
  /// What of an agent's configuration keeps people from being asked.
  ///
  /// What a program of another name would do with its words, or reads in files of its own, is not seen.
  ///
  /// - Parameters:
  ///   - driver: The driver's name.
  ///   - name: The agent's name.
  ///   - command: The program and its arguments; nil for the driver's own.
  ///   - env: What its environment gets.
  ///   - mode: The mode it is started in.
  /// - Returns: The objections, in the order of the configuration.
  package static func objections(
    driver: String, name: String?, command: [String]?, env: [String: String], mode: String?
  ) -> [AgentObjection] {
    let program = AgentProgram.of(driver: driver, command: command, name: name)
    // Any other Unix command has settings of its own.
    guard program != nil || driver == "acp" else { return [] }
    let rules = AgentRules.of(program)
    var found: [AgentObjection] = []
    var words = (command ?? []).flatMap(parts)
    // `env NAME=value program`
    for word in words {
      guard let cut = word.utf8.firstIndex(of: UInt8(ascii: "=")), word.utf8.first != UInt8(ascii: "-") else {
        continue
      }
      let variable = String(word[..<cut])
      let value = String(word[word.utf8.index(after: cut)...])
      if let reason = rules.objection(variable: variable, value: value) {
        found.append(AgentObjection(place: "command", word: word, reason: reason))
      }
    }
    while !words.isEmpty {
      let word = words.removeFirst()
      guard let (option, reason) = rules.objection(word, words) else { continue }
      found.append(AgentObjection(place: "command", word: option, reason: reason))
    }
    for (variable, value) in env.sorted(by: { $0.key < $1.key }) {
      guard let reason = rules.objection(variable: variable, value: value) else { continue }
      found.append(AgentObjection(place: "env", word: variable, reason: reason))
    }
    if let mode, let reason = AgentRules.objection(mode: mode) {
      found.append(AgentObjection(place: "mode", word: mode, reason: reason))
    }
    return found
  }

  /// The command by which a message would tell a program itself to stop asking: it must not reach it.
  ///
  /// Only commands in front of the text count, for only those are the program's; what a program may take for
  /// blanks before and behind it is taken so here.
  ///
  /// - Returns: the command, as it is known; nil where there is none.
  package static func silencing(_ prompt: String) -> String? {
    let text = prompt.unicodeScalars.drop { isBlank($0) }
    guard text.first == "/" else { return nil }
    let name = String(Substring(text.dropFirst().prefix { !isBlank($0) && $0 != ":" })).lowercased()
    let isKnown = [
      "yolo", "afk", "auto", "auto-approve", "approve-all", "allow-all", "allow-all-tools", "permissions",
      "approvals", "approval-mode", "permission-mode", "trust", "autopilot", "sandbox", "bypass", "mode",
      "add-dir", "hooks",
    ].contains(name)
    return isKnown ? "/" + name : nil
  }

  /// Whether a program may take it for no part of a text: blanks, and what is not seen.
  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value <= 0x20 || scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint
  }

  /// The words of a word: a text for a shell has several.
  static func parts(of word: String) -> [String] {
    let pieces = word.utf8.split(whereSeparator: { $0 <= 0x20 || $0 == 0x22 || $0 == 0x27 || $0 == 0x3B })
    // What is one value for a program is one word: JSON, a list.
    guard pieces.count > 1, word.utf8.first != UInt8(ascii: "{"), word.utf8.first != UInt8(ascii: "-") else {
      return [word]
    }
    return [word] + pieces.map { String(Substring($0)) }
  }
}

extension AgentSettings {
  /// What of it keeps people from being asked, unless it is trusted.
  package var objections: [AgentObjection] {
    isTrusted
      ? [] : AgentOptions.objections(driver: driver, name: name, command: command, env: env, mode: mode)
  }
}
