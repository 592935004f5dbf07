/// What a program's options do to its questions.
struct AgentRules: Sendable {
  /// One option, with its spellings.
  struct Option: Sendable {
    /// When it is objected to.
    enum Condition: Sendable {
      /// Always: it takes no value, or any value is too much.
      case always
      /// With these values.
      case values([String])
      /// With any value but these.
      case anythingBut([String])
      /// When a list holds one of these.
      case holds([String])
      /// `key=value` of a configuration file.
      case setting(@Sendable (_ key: String, _ value: String) -> Bool)
      /// With a value that `test` says so of.
      case test(@Sendable (String) -> Bool)
    }
    var names: [String]
    var condition: Condition
    var reason: String

    init(_ names: String..., if condition: Condition = .always, because reason: String) {
      self.names = names
      self.condition = condition
      self.reason = reason
    }
  }

  /// A variable of the environment.
  struct Variable: Sendable {
    var name: String
    var reason: String
    var test: @Sendable (String) -> Bool

    init(
      _ name: String, if test: @escaping @Sendable (String) -> Bool = { AgentRules.isOn($0) },
      _ reason: String
    ) {
      self.name = name
      self.reason = reason
      self.test = test
    }
  }

  var options: [Option] = []
  var variables: [Variable] = []
  /// Whether the program takes the beginning of an option for the option.
  var takesAbbreviations = false

  static let unasked = "lets it use its tools without asking"

  // MARK: Words

  /// The option and the reason against it; the words that follow may be its value.
  func objection(_ word: String, _ following: [String]) -> (String, String)? {
    let bytes = word.utf8
    guard bytes.first == UInt8(ascii: "-"), bytes.count > 1 else { return nil }
    let equals = bytes.firstIndex(of: UInt8(ascii: "="))
    let name = Self.normal(equals.map { String(word[..<$0]) } ?? word)
    let value = equals.map { String(word[word.utf8.index(after: $0)...]) }
    if name.utf8.starts(with: "--dangerously-".utf8), value.map(Self.isOn) ?? true {
      return (word, "is dangerous in the program's own words")
    }
    for option in options + Self.everywhere {
      for spelling in option.names {
        if matches(name, spelling) {
          if Self.isRefused(option, value, following) {
            return (value == nil ? Self.shown(option, word, following) : word, option.reason)
          }
          continue
        }
        guard let attached = Self.attached(word, spelling) else { continue }
        // `-anever`, and a letter among others: `-py`.
        if case .always = option.condition { return (word, option.reason) }
        if !attached.isEmpty, Self.isRefused(option, attached, following) { return (word, option.reason) }
      }
    }
    return nil
  }

  private func matches(_ name: String, _ spelling: String) -> Bool {
    if name == spelling { return true }
    guard takesAbbreviations, spelling.utf8.starts(with: "--".utf8) else { return false }
    return name.utf8.count > 3 && spelling.utf8.starts(with: name.utf8)
  }

  /// Some programs take `--approvalMode` and `--approval_mode` for `--approval-mode`.
  private static func normal(_ name: String) -> String {
    guard name.utf8.starts(with: "--".utf8) else { return name }
    var text: [UInt8] = []
    for byte in name.utf8 {
      if byte >= 0x41, byte <= 0x5A {
        if let last = text.last, last != UInt8(ascii: "-") { text.append(UInt8(ascii: "-")) }
        text.append(byte | 0x20)
      } else {
        text.append(byte == UInt8(ascii: "_") ? UInt8(ascii: "-") : byte)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// What stands behind a letter in a word of letters; nil where the letter is not in it.
  private static func attached(_ word: String, _ spelling: String) -> String? {
    guard spelling.utf8.count == 2, word.utf8.count > 2, !word.utf8.starts(with: "--".utf8),
      let letter = spelling.utf8.last, let first = word.utf8.dropFirst().first
    else { return nil }
    if first == letter {
      let rest = word.utf8.dropFirst(2)
      return String(Substring(rest.first == UInt8(ascii: "=") ? rest.dropFirst() : rest))
    }
    let letters = word.utf8.dropFirst()
    guard letters.allSatisfy({ $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A }), letters.contains(letter) else {
      return nil
    }
    return ""
  }

  private static func isRefused(_ option: Option, _ value: String?, _ following: [String]) -> Bool {
    let next = value ?? following.first ?? ""
    switch option.condition {
    case .always: return value.map(isOn) ?? true
    case .values(let values): return values.contains(next.lowercased())
    case .anythingBut(let values): return !values.contains(next.lowercased())
    case .holds(let values):
      let list = value.map { [$0] } ?? Array(following.prefix { $0.utf8.first != UInt8(ascii: "-") })
      return list.contains { text in
        text.utf8.split(whereSeparator: { $0 == 0x2C || $0 == 0x20 }).contains { part in
          values.contains { $0.utf8.elementsEqual(part) }
        }
      }
    case .setting(let test):
      guard let equals = next.utf8.firstIndex(of: UInt8(ascii: "=")) else { return false }
      let value = next.utf8[equals...].dropFirst().filter { $0 > 0x20 && $0 != 0x22 && $0 != 0x27 }
      let key = next.utf8[..<equals].filter { $0 > 0x20 && $0 != 0x22 && $0 != 0x27 }
      return test(
        String(decoding: key, as: UTF8.self).lowercased(), String(decoding: value, as: UTF8.self).lowercased()
      )
    case .test(let test): return test(next)
    }
  }

  private static func shown(_ option: Option, _ word: String, _ following: [String]) -> String {
    if case .always = option.condition { return word }
    return following.first.map { "\(word) \($0)" } ?? word
  }

  // MARK: Variables and modes

  func objection(variable: String, value: String) -> String? {
    if let known = variables.first(where: { $0.name == variable }) {
      return known.test(value) ? known.reason : nil
    }
    let name = variable.uppercased()
    for part in [
      "YOLO", "DANGEROUS", "SKIP_PERMISSION", "AUTO_APPROVE", "ALWAYS_APPROVE", "BYPASS_PERMISSION",
      "BYPASS_TOOL_PERMISSION", "BYPASS_APPROVAL", "ALLOW_ALL", "NO_PERMISSION", "ACCEPT_HOOKS",
    ] where Self.holds(name, part) && Self.isOn(value) {
      return Self.unasked
    }
    return nil
  }

  /// Modes of any program: their names do not clash.
  static func objection(mode: String) -> String? {
    switch mode.lowercased().filter({ $0 != "-" && $0 != "_" && $0 != " " }) {
    case "acceptedits", "autoedit": "lets it change files without asking"
    case "auto", "smartapprove", "autoreview", "approveforme": "lets a model decide instead of people"
    case "dontask": "makes it answer its own questions"
    case "bypasspermissions", "bypass", "yolo", "fullauto", "autoapprove", "never", "dangerfullaccess",
      "fullaccess", "unrestricted", "autopilot", "allowall", "force":
      unasked
    default: nil
    }
  }

  static func holds(_ text: String, _ part: String) -> Bool {
    let bytes = Array(text.utf8)
    let wanted = Array(part.utf8)
    guard !wanted.isEmpty, bytes.count >= wanted.count else { return false }
    return (0...(bytes.count - wanted.count)).contains {
      bytes[$0] == wanted[0] && bytes[$0..<($0 + wanted.count)].elementsEqual(wanted)
    }
  }

  static func isOn(_ value: String) -> Bool {
    !["", "0", "false", "no", "off"].contains(value.lowercased())
  }
}
