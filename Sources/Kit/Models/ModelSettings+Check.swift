package import Console
package import Settings

/// Whether the settings of a role are complete, and fit what is called.
extension ModelSettings {
  /// What is called when the role is used by its usual word.
  package var usualCall: ModelAddress.Call {
    switch name {
    case Self.embed: .embeddings
    case Self.transcribe: .transcriptions
    default: .chat
    }
  }

  /// The model where none is named; nil: one must be.
  func standardModel(for call: ModelAddress.Call) -> String? {
    call == .transcriptions ? "whisper-1" : nil
  }

  /// What is wrong with the role for a call; nil where nothing is.
  package func fault(for call: ModelAddress.Call) -> Failure? {
    func wrong(_ message: String, _ hint: String? = nil) -> Failure {
      Failure(.configuration, "models.\(name)\(message)", hint: hint ?? "see agim-config(5)")
    }
    if given.contains("url"), given.contains("base_url") {
      return wrong(": url is another name for base_url", "take one of them out")
    }
    if command != nil, baseURL != nil {
      return wrong(" has both a base_url and a command", "take one of them out")
    }
    let useless = given.filter { !useful(for: call).contains($0) }
    guard command != nil || baseURL != nil else {
      return wrong(" has neither a base_url nor a command", "say where its model is")
    }
    if let key = useless.first {
      let what =
        command != nil ? "a program" : api == .anthropic && call == .chat ? "this api" : call.rawValue
      return wrong(".\(key) has no meaning for \(what)", "take it out")
    }
    if command != nil { return nil }
    if api == .anthropic, call != .chat {
      return wrong(".api: only endpoints like OpenAI's have \(call.rawValue)", "say \"api\": \"openai\"")
    }
    if model == nil, standardModel(for: call) == nil {
      return wrong(" names no model", "say which in .model")
    }
    do {
      _ = try ModelAddress.url(baseURL ?? "", api, call)
    } catch {
      return wrong(".base_url: \(error.reason)")
    }
    return nil
  }

  private func useful(for call: ModelAddress.Call) -> [String] {
    let always = ["timeout", "price", "spend_day"]
    if command != nil {
      return always + ["command", "env"] + (call == .chat ? ["system"] : [])
        + (call == .transcriptions ? ["language"] : []) + (call == .embeddings ? ["model"] : [])
    }
    let endpoint =
      always + [
        "base_url", "url", "api", "model", "key", "auth", "headers", "idle_timeout", "retries", "extra",
      ]
    switch call {
    case .chat: return endpoint + ["system", "temperature", "max_tokens"]
    case .embeddings: return endpoint + ["dimensions", "batch"]
    case .transcriptions: return endpoint + ["language", "temperature"]
    }
  }
}
