/// One option of a command: the same entry makes `--help`, the completions and the test of the man page.
package struct Option: Sendable {
  /// The letter, nil when there is only a long name.
  package let short: Character?
  /// The long name without its dashes, empty when there is only a letter.
  package let long: String
  /// What stands for the argument in the help, nil when it takes none.
  package let argument: String?
  /// One line of help.
  package let help: String

  /// An option with its help.
  package init(_ short: Character? = nil, _ long: String, _ argument: String? = nil, help: String) {
    self.short = short
    self.long = long
    self.argument = argument
    self.help = help
  }

  var key: String { long.isEmpty ? short.map(String.init) ?? "" : long }
}

/// What the operands and options of one call were.
package struct Arguments: Sendable {
  /// The words that are not options, in order.
  package var operands: [String] = []
  /// The words after `--` in commands that start a program; nil where there was no `--`.
  package var program: [String]?
  private var values: [String: [String]] = [:]
  /// The number of operands before the `--`, so that they can be parsed once more.
  package internal(set) var beforeDashes: Int?

  /// Whether an option (by long name, or letter where it has no other) was given.
  package func has(_ name: String) -> Bool { values[name] != nil }
  /// The last argument of an option.
  package func value(_ name: String) -> String? { values[name]?.last }
  /// Every argument of an option that may be repeated.
  package func all(_ name: String) -> [String] { values[name] ?? [] }

  /// These with the options of earlier ones that were not given again.
  func merged(over earlier: Arguments) -> Arguments {
    var all = self
    all.values.merge(earlier.values) { mine, _ in mine }
    return all
  }

  mutating func add(_ name: String, _ value: String) { values[name, default: []].append(value) }

  /// The argument of an option as a whole number within limits.
  ///
  /// - Throws: `Failure` with status 64 that names the option and the limits.
  package func number(_ name: String, in limits: ClosedRange<Int>) throws -> Int? {
    guard let text = value(name) else { return nil }
    guard let number = Int(text), limits.contains(number) else {
      throw Failure.usage(
        "option --\(name): '\(text)' is not a whole number from \(limits.lowerBound) to \(limits.upperBound)")
    }
    return number
  }
}

extension Arguments {
  /// Refuses an option that belongs to other words of the command, because it would do nothing here.
  ///
  /// `own`: For each word the long names of its options; one that no word has here goes with all of them.
  ///
  /// - Throws: `Failure` with status 64 that names the option, and the words that it goes with.
  package func refuseOthers(than verb: String, own: [String: [String]]) throws {
    for name in Set(own.values.joined()).sorted() where has(name) && !(own[verb] ?? []).contains(name) {
      let others = own.filter { $0.value.contains(name) }.keys.sorted().joined(separator: ", ")
      throw Failure.usage("--\(name) goes with \(others), not with \(verb)")
    }
  }
}

/// Where options may stand.
package enum OptionOrder: Sendable {
  /// Before the first operand only, as where operands are text or a program.
  case beforeOperands
  /// Anywhere before `--`.
  case anywhere
}

struct OptionParser {
  let options: [Option]
  let order: OptionOrder
  let startsProgram: Bool

  func parse(_ words: [String]) throws -> Arguments {
    var result = Arguments()
    var index = 0
    while index < words.count {
      let word = words[index]
      index += 1
      if word == "--" {
        if startsProgram {
          result.program = Array(words[index...])
        } else {
          result.beforeDashes = result.operands.count
          result.operands += words[index...]
        }
        return result
      }
      if order == .beforeOperands, !result.operands.isEmpty {
        result.operands.append(word)
      } else if word.hasPrefix("--") {
        try long(String(word.dropFirst(2)), words, &index, &result)
      } else if word.hasPrefix("-"), word.count > 1 {
        try letters(String(word.dropFirst()), words, &index, &result)
      } else {
        result.operands.append(word)
      }
    }
    return result
  }

  private func long(_ word: String, _ words: [String], _ index: inout Int, _ result: inout Arguments) throws {
    let parts = word.unicodeScalars.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      .map(String.init)
    guard let name = parts.first, let option = options.first(where: { $0.long == name && !name.isEmpty })
    else {
      let near = Nearest.match(parts[0], among: options.map(\.long).filter { !$0.isEmpty })
      throw Failure.usage("unknown option --\(parts[0])", hint: near.map { "did you mean --\($0)?" })
    }
    guard option.argument != nil else {
      if parts.count > 1 { throw Failure.usage("option --\(name) takes no argument") }
      return result.add(option.key, "")
    }
    if parts.count > 1 {
      result.add(option.key, parts[1])
    } else if index < words.count {
      result.add(option.key, words[index])
      index += 1
    } else {
      throw Failure.usage("option --\(name) needs an argument: \(option.argument ?? "")")
    }
  }

  private func letters(_ word: String, _ words: [String], _ index: inout Int, _ result: inout Arguments)
    throws
  {
    var rest = word[...]
    while let letter = rest.popFirst() {
      guard let option = options.first(where: { $0.short == letter }) else {
        throw Failure.usage("unknown option -\(letter)")
      }
      guard option.argument != nil else {
        result.add(option.key, "")
        continue
      }
      if !rest.isEmpty {
        result.add(option.key, String(rest))
      } else if index < words.count {
        result.add(option.key, words[index])
        index += 1
      } else {
        throw Failure.usage("option -\(letter) needs an argument: \(option.argument ?? "")")
      }
      return
    }
  }
}
