internal import JSON

/// A program that takes one message, prints what it does as lines of JSON, and leaves; it can ask nobody.
package enum PrintDialect: String, Sendable {
  /// The Antigravity CLI.
  case agy
  /// Cursor's print mode, for versions without the Agent Client Protocol.
  case cursor = "cursor-print"

  /// What the program is called.
  package var program: String {
    switch self {
    case .agy: "agy"
    case .cursor: "cursor-agent"
    }
  }

  /// Directories below the home that are its own: logins and sessions.
  var own: [String] {
    switch self {
    case .agy: [".gemini", ".antigravity", ".config/antigravity", ".cache/antigravity"]
    case .cursor: [".cursor", ".config/cursor", ".local/share/cursor-agent", ".cache/cursor"]
    }
  }

  /// How a person logs in.
  var login: String {
    switch self {
    case .agy: "run `agy` once in a terminal and log in"
    case .cursor: "run `cursor-agent login` in a terminal, or set CURSOR_API_KEY in its \"env\""
    }
  }

  /// How a person goes on in a terminal.
  func resume(_ id: String) -> String {
    switch self {
    case .agy: "agy --conversation \(id)"
    case .cursor: "cursor-agent --resume \(id)"
    }
  }

  /// Arguments for a turn, and what is written to its input.
  func launch(_ prompt: String, session: String?, model: String?, isPlan: Bool) -> (
    words: [String], input: [UInt8]?
  ) {
    switch self {
    case .agy:
      // `-p` takes the next word as its text and excludes lines as input; so the text is no argument.
      var words = ["--output-format=stream-json", "--input-format=stream-json", "--print-timeout=24h"]
      if let model { words.append("--model=\(model)") }
      if let session { words.append("--conversation=\(session)") }
      var line = JSONWriter()
      line.value([
        "event": "user",
        "message": ["role": "user", "content": [["type": "text", "text": .string(prompt)]]],
      ])
      return (words, line.bytes)
    case .cursor:
      var words = [
        "--print", "--output-format=stream-json", "--trust", "--mode=\(isPlan ? "plan" : "ask")",
      ]
      if let model { words.append("--model=\(model)") }
      if let session { words.append("--resume=\(session)") }
      // One that begins with a dash would be an option.
      return (words + [prompt.utf8.first == UInt8(ascii: "-") ? " " + prompt : prompt], nil)
    }
  }

  /// What a line says.
  func events(_ line: JSONValue) -> [PrintEvent] {
    switch self {
    case .agy: AgyLine.events(line)
    case .cursor: CursorLine.events(line)
    }
  }
}

/// Something that a program tells in a line.
enum PrintEvent: Equatable {
  /// The id by which it goes on.
  case session(String)
  /// A piece of its words; those of one message follow each other.
  case text(String)
  /// The words after this are a message of their own.
  case pause
  /// A tool begins or ends.
  case tool(key: String, title: String, isDone: Bool, detail: String?)
  /// Tokens that the turn has used.
  case tokens(Int)
  /// The turn is over: what it says, or why it failed.
  case result(String?, error: String?)
}
