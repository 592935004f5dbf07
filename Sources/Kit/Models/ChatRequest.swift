package import JSON
package import Network
internal import Settings

/// A prompt, as the endpoint's API has it.
package struct ChatRequest: Sendable {
  private let endpoint: ModelEndpoint
  private let messages: [ModelMessage]
  private let system: String?
  /// Tokens that an answer may have where the API demands a number and none was said.
  static let standardTokens = 4096

  /// A request with a conversation; `system` instead of what the configuration says.
  package init(_ endpoint: ModelEndpoint, _ messages: [ModelMessage], system: String? = nil) {
    (self.endpoint, self.messages) = (endpoint, messages)
    self.system = system ?? endpoint.settings.system
  }

  /// What the endpoint may say that it does not take.
  package var possible: ModelAdaptation {
    var possible: ModelAdaptation = []
    guard endpoint.settings.api == .openai else {
      return endpoint.settings.temperature == nil ? possible : .withoutTemperature
    }
    possible.insert(.withoutStreamOptions)
    if endpoint.settings.maxTokens != nil { possible.insert(.completionTokens) }
    if endpoint.settings.temperature != nil { possible.insert(.withoutTemperature) }
    return possible
  }

  /// The body.
  package func body(_ adaptation: ModelAdaptation = []) -> JSONObject {
    let settings = endpoint.settings
    var body = JSONObject([("model", .string(endpoint.model))])
    switch settings.api {
    case .openai:
      var all = messages
      if let system { all.insert(ModelMessage(.system, system), at: 0) }
      body["messages"] = .array(all.map(\.openAI))
      if let most = settings.maxTokens {
        let name = adaptation.contains(.completionTokens) ? "max_completion_tokens" : "max_tokens"
        body[name] = .number(JSONNumber(most))
      }
    case .anthropic:
      body["max_tokens"] = .number(JSONNumber(settings.maxTokens ?? Self.standardTokens))
      let said = [system].compactMap { $0 } + messages.filter { $0.role == .system }.map(\.text)
      let whole = said.filter { !$0.isEmpty }.joined(separator: "\n\n")
      if !whole.isEmpty { body["system"] = .string(whole) }
      body["messages"] = .array(messages.compactMap(\.anthropic))
    }
    if let temperature = settings.temperature, !adaptation.contains(.withoutTemperature) {
      body["temperature"] = .number(temperature)
    }
    body["stream"] = true
    if settings.api == .openai, !adaptation.contains(.withoutStreamOptions) {
      body["stream_options"] = ["include_usage": true]
    }
    return endpoint.completed(body)
  }

  /// The request.
  package func request(_ adaptation: ModelAdaptation) -> HTTPRequest {
    var request = endpoint.request(body(adaptation))
    request.headers.append(("Accept", "text/event-stream, application/json"))
    return request
  }
}
