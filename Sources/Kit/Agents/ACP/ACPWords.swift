internal import JSON
internal import Peers

/// What people are told about a program that failed.
enum ACPWords {
  /// Whether bytes hold others: in one pass, whatever they are (Knuth, Morris and Pratt).
  static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    guard !part.isEmpty else { return true }
    guard part.count <= text.count else { return false }
    var back = [Int](repeating: 0, count: part.count)
    var length = 0
    for index in part.indices.dropFirst() {
      while length > 0, part[index] != part[length] { length = back[length - 1] }
      if part[index] == part[length] { length += 1 }
      back[index] = length
    }
    var matched = 0
    for byte in text {
      while matched > 0, byte != part[matched] { matched = back[matched - 1] }
      if byte == part[matched] { matched += 1 }
      if matched == part.count { return true }
    }
    return false
  }

  /// A text of one line of at most so many characters.
  static func line(_ text: String, _ limit: Int = 200) -> String {
    var out = ""
    var count = 0
    for scalar in text.unicodeScalars {
      if count == limit { return out + "…" }
      out.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
      count += 1
    }
    return out
  }

  /// What the answer to a request that failed says, with what to do about it.
  static func failure(_ name: String, _ error: RPCError, _ preset: ACPPreset) -> String {
    var words = error.message
    // Some say only "Internal error", and why beside it.
    for key in ["error", "details", "message", "reason"] {
      guard let more = error.data?[key]?.string, !more.isEmpty, more != words else { continue }
      words += ": \(more)"
      break
    }
    if let more = error.data?.string, !more.isEmpty { words += ": \(more)" }
    words = String(words.prefix(2000))
    return "\(name) failed: \(words)" + (advice(words, preset).map { "\n\n\($0)" } ?? "")
  }

  /// What to do about the words of a model's provider; nil where nothing is known.
  private static func advice(_ words: String, _ preset: ACPPreset) -> String? {
    let words = Array(words.lowercased().utf8)
    func says(_ parts: String...) -> Bool { parts.contains { contains(words, Array($0.utf8)) } }
    if says("401", "unauthorized", "invalid api key", "invalid_api_key", "authentication") {
      return "Its login is missing or wrong" + (preset.login.isEmpty ? "." : ": \(preset.login).")
    }
    if says("429", "rate limit", "rate_limit", "quota", "too many requests") {
      return "Its provider takes no more requests for now; try again later."
    }
    if says("529", "503", "overloaded", "unavailable") {
      return "Its provider is overloaded; try again later."
    }
    return nil
  }

  /// What to do where the program wants a login.
  ///
  /// - Parameters:
  ///   - name: The agent's name.
  ///   - error: The error that says so.
  ///   - methods: `authMethods` as the program told them at its start.
  ///   - program: The program that was started.
  ///   - preset: What is known of it.
  /// - Returns: the words, with the command that logs in where one is known.
  static func login(
    _ name: String, _ error: RPCError, methods: JSONValue?, program: String, _ preset: ACPPreset
  ) -> String {
    var hints: [String] = preset.login.isEmpty ? [] : [preset.login]
    for method in (error.data?["authMethods"] ?? methods)?.array ?? [] where hints.count < 4 {
      let terminal = method["_meta"]?["terminal-auth"]
      let words = (terminal?["args"] ?? method["args"])?.array?.compactMap(\.string) ?? []
      if terminal != nil || method["type"]?.string == "terminal" {
        let command = ([terminal?["command"]?.string ?? program] + words).joined(separator: " ")
        hints.append("run `\(line(command))` in a terminal")
      } else if preset.login.isEmpty, let text = method["description"]?.string ?? method["name"]?.string {
        hints.append(line(text))
      }
    }
    let why = error.data?["reason"]?.string ?? error.message
    return "\(name) wants a login first (\(line(why))): "
      + (hints.isEmpty ? "log in with its own program" : hints.joined(separator: "; or "))
      + ". Then send the message again."
  }

  /// What is said of a program that ended although it was needed.
  static func ended(_ name: String, _ end: PeerProcess.End, during: String) -> String {
    let why = end.reason.map { "was ended: \($0)" } ?? "ended \(during) with \(end.status)"
    return "\(name) \(why)." + (end.errors.isEmpty ? "" : "\n\n\(String(end.errors.suffix(2000)))")
  }
}
