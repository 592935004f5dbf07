internal import JSON
internal import Turns

/// What a person said, as codex takes it.
enum CodexPrompt {
  /// A message with its files: pictures are shown, others are named.
  static func input(_ text: String, _ files: [TurnFile]) -> [JSONValue] {
    let named = files.filter { !$0.isPicture }.map { "[\($0.kind) \"\($0.name)\": \($0.path)]" }
    let words = ([text] + named).filter { !$0.isEmpty }.joined(separator: "\n\n")
    let pictures = files.filter(\.isPicture).map { file -> JSONValue in
      ["type": "localImage", "path": .string(file.path)]
    }
    return (words.isEmpty && !pictures.isEmpty ? [] : [self.text(words)]) + pictures
  }

  /// A text alone.
  static func text(_ text: String) -> JSONValue { ["type": "text", "text": .string(text)] }

  /// codex's word for how hard it is to think; nil for its own.
  static func effort(_ effort: String?) -> String? {
    switch effort {
    case "off", "low": "low"
    case "high": "high"
    case "max": "xhigh"
    default: nil
    }
  }
}
