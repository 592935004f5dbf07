package import JSON
package import Settings

/// What a call has used, as far as the endpoint says it.
package struct ModelUsage: Equatable, Sendable {
  /// Tokens of the prompt, those included that the endpoint had kept; nil where it does not say.
  package var input: Int?
  /// Those that it had kept.
  package var cached: Int?
  /// Tokens of the answer.
  package var output: Int?
  /// Those of them that were thought and not said.
  package var reasoning: Int?
  /// What it says that this cost, in millionths of a US dollar.
  package var told: Int64?

  /// Nothing is known.
  package init() {}

  /// All tokens; nil where nothing is known.
  package var tokens: Int64? {
    input == nil && output == nil ? nil : Int64(input ?? 0) + Int64(output ?? 0)
  }

  /// Takes what a `usage` object says; what it does not say stays.
  mutating func take(_ value: JSONValue?) {
    guard let object = value?.object else { return }
    func number(_ value: JSONValue?) -> Int? {
      // More than any model takes is a mistake of the endpoint, and must not overflow a sum.
      value?.int.flatMap { (0...1_000_000_000_000).contains($0) ? $0 : nil }
    }
    if object["prompt_tokens"] != nil || object["completion_tokens"] != nil {
      input = number(object["prompt_tokens"]) ?? input
      output = number(object["completion_tokens"]) ?? output
      cached =
        number(object["prompt_tokens_details"]?["cached_tokens"])
        ?? number(object["prompt_cache_hit_tokens"]) ?? cached
      reasoning = number(object["completion_tokens_details"]?["reasoning_tokens"]) ?? reasoning
    } else {
      takeParts(object, number)
    }
    if let dollars = object["cost"]?.double, (0...1_000_000).contains(dollars) {
      told = Int64((dollars * 1e6).rounded(.up))
    }
  }

  /// Here the tokens of the prompt are without those that were kept, or are being kept.
  private mutating func takeParts(_ object: JSONObject, _ number: (JSONValue?) -> Int?) {
    let read = number(object["cache_read_input_tokens"])
    let made = number(object["cache_creation_input_tokens"])
    if let fresh = number(object["input_tokens"]) { input = fresh + (read ?? 0) + (made ?? 0) }
    if let read { cached = read }
    output = number(object["output_tokens"]) ?? output
  }

  /// Adds what another call of the same kind has used.
  package mutating func add(_ other: ModelUsage) {
    func sum<Number: FixedWidthInteger>(_ one: Number?, _ more: Number?) -> Number? {
      one == nil && more == nil ? nil : (one ?? 0) &+ (more ?? 0)
    }
    input = sum(input, other.input)
    cached = sum(cached, other.cached)
    output = sum(output, other.output)
    reasoning = sum(reasoning, other.reasoning)
    told = sum(told, other.told)
  }

  /// What it cost, in millionths of a US dollar: by a price where there is one, else what the endpoint says.
  package func cost(_ price: ModelSettings.Price?) -> Int64? {
    guard let price else { return told }
    guard tokens != nil else { return nil }
    let kept = min(cached ?? 0, input ?? 0)
    // A US dollar for a million tokens is a millionth for one.
    let sum =
      Double((input ?? 0) - kept) * price.input + Double(kept) * (price.cached ?? price.input)
      + Double(output ?? 0) * price.output
    return Int64(min(sum, 1e15).rounded(.up))
  }

  /// The members of an object; what is not known is null.
  package var object: JSONObject {
    func value(_ number: Int?) -> JSONValue { number.map { .number(JSONNumber($0)) } ?? .null }
    return JSONObject([
      ("input", value(input)), ("cached", value(cached)), ("output", value(output)),
      ("reasoning", value(reasoning)),
    ])
  }
}
