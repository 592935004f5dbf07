internal import Console
package import JSON

/// What the configuration says about one role of language models: an endpoint, or a program.
///
/// Whether it is complete is looked at by who uses it.
package struct ModelSettings: Sendable {
  /// How an endpoint is spoken to.
  package enum API: String, Sendable, CaseIterable {
    /// Chat Completions, embeddings and transcriptions as OpenAI has them.
    case openai
    /// Messages as Anthropic has them.
    case anthropic
  }

  /// How the key is shown to an endpoint.
  package enum Auth: String, Sendable, CaseIterable {
    /// `Authorization: Bearer`.
    case bearer
    /// `x-api-key`.
    case xAPIKey = "x-api-key"
    /// `api-key`.
    case apiKey = "api-key"
  }

  /// What a million tokens cost, in US dollars.
  package struct Price: Equatable, Sendable {
    /// Of the prompt.
    package var input = 0.0
    /// Of the answer.
    package var output = 0.0
    /// Of the part of the prompt that the endpoint had kept; nil: as any other.
    package var cached: Double?

    /// A price of its parts.
    package init(input: Double, output: Double, cached: Double? = nil) {
      (self.input, self.output, self.cached) = (input, output, cached)
    }

    init(_ object: JSONObject) {
      input = object["input"]?.double ?? 0
      output = object["output"]?.double ?? 0
      cached = object["cached"]?.double
    }
  }

  /// The role that makes text of recordings.
  package static let transcribe = "transcribe"
  /// The role that makes vectors of texts.
  package static let embed = "embed"
  /// Words that cannot name a role, because they say what to do.
  package static let reserved = ["help", "list"]

  /// The role.
  package let name: String
  /// A program and its arguments.
  package let command: [String]?
  /// Variables that the program gets besides the fixed ones.
  package let env: [String: String]
  /// Where the endpoint is, as it was written.
  package let baseURL: String?
  /// How it is spoken to.
  package let api: API
  /// How the key is shown; nil: as the API has it.
  package let auth: Auth?
  /// Its API key, not yet looked up.
  package let key: Credential?
  /// More header lines, their values not yet looked up.
  package let headers: [(name: String, value: Credential)]
  /// The model it is asked to use.
  package let model: String?
  /// What it is told before every prompt.
  package let system: String?
  /// How much it varies, spelled as it was written.
  package let temperature: JSONNumber?
  /// How many tokens it may answer.
  package let maxTokens: Int?
  /// How many numbers a vector is asked to have.
  package let dimensions: Int?
  /// How many texts one request for vectors has at most.
  package let batch: Int
  /// The language that is spoken; nil where it is to find out.
  package let language: String?
  /// Members of every request, as they are.
  package let extra: JSONObject
  /// How long a call may take, with all that is tried again.
  package let timeout: Duration
  /// How long nothing may come.
  package let idleTimeout: Duration
  /// How often a request is made again.
  package let retries: Int
  /// What it costs; nil where that is not said.
  package let price: Price?
  /// What the role may cost in a day of UTC, in millionths of a US dollar; nil for any amount.
  package let spendDay: Int64?
  /// The keys that are given.
  package let given: [String]

  /// Takes an object that `ConfigCheck` has accepted.
  init(_ name: String, _ object: JSONObject, base: String) {
    self.name = name
    given = object.members.map(\.name)
    command = object["command"]?.array?.compactMap(\.string)
    var env: [String: String] = [:]
    for (name, value) in object["env"]?.object?.members ?? [] { env[name] = value.string }
    self.env = env
    baseURL = object["base_url"]?.string ?? object["url"]?.string
    api = object["api"]?.string.flatMap(API.init) ?? .openai
    auth = object["auth"]?.string.flatMap(Auth.init)
    // Their form was checked.
    func credential(_ value: JSONValue, _ keys: [String]) -> Credential? {
      let place: Place = [.name("models"), .name(name)] + keys.map { .name($0) }
      return try? Credential.parse(value, Credential.Owner(place), base: base) { message, hint in
        Failure(.configuration, message, hint: hint)
      }
    }
    key = object["key"].flatMap { credential($0, ["key"]) }
    headers = (object["headers"]?.object?.members ?? []).compactMap { header, value in
      credential(value, ["headers", header]).map { (header, $0) }
    }
    model = object["model"]?.string
    system = object["system"]?.string
    if case .number(let number)? = object["temperature"] { temperature = number } else { temperature = nil }
    maxTokens = object["max_tokens"]?.int
    dimensions = object["dimensions"]?.int
    batch = object["batch"]?.int ?? 64
    language = object["language"]?.string
    extra = object["extra"]?.object ?? JSONObject()
    // A person's message waits for its text.
    timeout =
      object["timeout"].flatMap { DurationText.parse($0) } ?? .seconds(name == Self.transcribe ? 25 : 600)
    idleTimeout = object["idle_timeout"].flatMap { DurationText.parse($0) } ?? .seconds(120)
    retries = object["retries"]?.int ?? 3
    price = object["price"]?.object.map { Price($0) }
    spendDay = object["spend_day"].flatMap { AmountText.parse($0) }
  }
}
