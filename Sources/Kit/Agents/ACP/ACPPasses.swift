internal import JSON

/// What a program was allowed to do and then does through us: it is not asked about twice.
///
/// A pass is for exactly what was shown, once, in this turn; hard denies and plan mode stand above it.
struct ACPPasses {
  private enum Pass {
    /// A line for a shell.
    case line(String)
    /// A program with its arguments.
    case words([String])
    /// A file that gets a text in which these parts stand.
    case file(String, [String])
  }

  private var passes: [Pass] = []
  private static let limit = 64

  /// Notes what was allowed, as far as it may come to us.
  mutating func add(_ call: JSONObject, workdir: String) {
    let input = Self.input(call)
    passes += [Self.command(input, workdir)].compactMap { $0 } + Self.files(call, input, workdir)
    if passes.count > Self.limit { passes.removeFirst(passes.count - Self.limit) }
  }

  private static func input(_ call: JSONObject) -> JSONObject? {
    let input = call["rawInput"]?.object
    // Hermes puts the name of the tool beside its arguments.
    return input?["tool"]?.string == nil ? input : input?["arguments"]?.object ?? input
  }

  private static func command(_ input: JSONObject?, _ workdir: String) -> Pass? {
    guard let input else { return nil }
    for name in ["cwd", "workdir", "directory", "dir_path"] {
      if let place = input[name]?.string, place != workdir { return nil }
    }
    guard input["env"] == nil || input["env"] == .null else { return nil }
    switch input["command"] ?? input["cmd"] {
    case .string(let line)?:
      guard let arguments = input["args"]?.array, !arguments.isEmpty else { return .line(line) }
      let words = arguments.compactMap(\.string)
      return words.count == arguments.count ? .words([line] + words) : nil
    case .array(let all)?:
      let words = all.compactMap(\.string)
      return words.count == all.count ? .words(words) : nil
    default: return nil
    }
  }

  private static func files(_ call: JSONObject, _ input: JSONObject?, _ workdir: String) -> [Pass] {
    var parts: [(path: String, parts: [String])] = []
    for content in call["content"]?.array ?? [] where content["type"]?.string == "diff" {
      guard let path = content["path"]?.string else { continue }
      let text = content["newText"]?.string ?? ""
      if let place = parts.firstIndex(where: { $0.path == path }) {
        parts[place].parts.append(text)
      } else {
        parts.append((path, [text]))
      }
    }
    if parts.isEmpty, let input, let text = input["content"]?.string,
      let path = ["path", "file_path", "filePath"].compactMap({ input[$0]?.string }).first
    {
      parts.append((path, [text]))
    }
    return parts.map { .file($0.path.hasPrefix("/") ? $0.path : "\(workdir)/\($0.path)", $0.parts) }
  }

  // MARK: - Use

  /// Whether a command was allowed; it is not again.
  mutating func take(command: String, arguments: [String]) -> Bool {
    let shells = ["sh", "bash", "/bin/sh", "/bin/bash", "/usr/bin/sh", "/usr/bin/bash"]
    let isShell = arguments.count == 2 && shells.contains(command) && ["-c", "-lc"].contains(arguments[0])
    return use { pass in
      switch pass {
      case .line(let line):
        arguments.isEmpty
          ? line == command : isShell && line == arguments[1] || Self.isPlain(line, [command] + arguments)
      case .words(let words): words == [command] + arguments
      case .file: false
      }
    }
  }

  /// Whether a line is nothing but these words, whoever reads it.
  private static func isPlain(_ line: String, _ words: [String]) -> Bool {
    let isHarmless = line.utf8.allSatisfy { byte in
      byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
        || "_./,:@%+- ".utf8.contains(byte)
    }
    return isHarmless
      && line.split(separator: " ", omittingEmptySubsequences: false).elementsEqual(words) { $0 == $1 }
  }

  /// Whether a text may be written to a file; it may not again.
  mutating func take(file: String, content: String) -> Bool {
    use { pass in
      guard case .file(let path, let parts) = pass, path == file else { return false }
      let bytes = Array(content.utf8)
      return parts.allSatisfy { ACPWords.contains(bytes, Array($0.utf8)) }
    }
  }

  private mutating func use(_ matches: (Pass) -> Bool) -> Bool {
    guard let place = passes.firstIndex(where: matches) else { return false }
    passes.remove(at: place)
    return true
  }
}
