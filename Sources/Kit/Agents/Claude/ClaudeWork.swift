internal import JSON
internal import Policy
internal import Settings
internal import System
internal import Turns

/// A turn while Claude Code works on it.
final class ClaudeWork {
  /// A call that its hook has told about.
  struct Call {
    let tool: String
    let input: JSONValue
    let workdir: String
    let verdict: Judgement.Verdict
  }

  let turn: Turn
  /// What it says.
  var text: ClaudeText
  /// Our lines that the program has not read yet, by their ids.
  var unread: Set<String> = []
  /// Calls whose answer is still to come through `can_use_tool`, by their ids.
  var calls: [String: Call] = [:]
  /// Every call that passed the gate, by its id.
  var passed: Set<String> = []
  /// Tools that were begun, by the ids of their calls: what their line says.
  var tools: [String: String] = [:]
  /// The plans that it wants accepted, by the ids of their calls.
  var plans: [String: String] = [:]
  /// Questions to a person that wait, by the ids of the program's requests.
  var waiting: [String: Asking] = [:]
  /// What the program calls the error of its last words, where those are no answer.
  var errorKind: String?
  /// Whether it was told to stop.
  var isInterrupted = false
  /// Whether a sub-agent ended since the program's own turn began: it may take up what that one found.
  var mayGoOn = false
  /// Whether its service made it wait, and a line says so.
  var isRetrying = false
  var graceTimer: EventLoop.Timer?
  private var tokens = 0
  private var cost = 0.0
  private var hasCost = false

  init(_ turn: Turn) {
    self.turn = turn
    text = ClaudeText(limit: turn.settings.outputLimit)
  }

  /// Tells the text so far, where a line can hold it.
  func show() {
    // The final reply has the whole; see LongText.
    if text.count < 100_000 { turn.progress(text.whole) } else { turn.activity() }
  }

  /// Adds what one turn of the program's own has used; `before`: what the session had cost until then.
  func count(_ result: JSONValue, before: Double?) {
    let usage = result["usage"]
    for name in [
      "input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
    ] { tokens += max(0, min(usage?[name]?.int ?? 0, 1 << 40)) }
    if let share = result["model_usage_since_last_result"]?.object {
      for (_, model) in share.members { cost += model["costUSD"]?.double ?? 0 }
      hasCost = true
    } else if let before, let total = result["total_cost_usd"]?.double, total >= before {
      cost += total - before
      hasCost = true
    }
    turn.usage(tokens: tokens, cost: hasCost ? cost : nil)
  }
}
