internal import JSON

/// What is put before prompts from the long-term memory.
package struct MemorySettings: Sendable, Equatable {
  /// Whether anything is.
  package let recalls: Bool
  /// About how many tokens that may be.
  package let tokens: Int
  /// Whether memories are looked for by meaning too, by the role `embed`.
  package let usesVectors: Bool
  /// The team whose facts are everybody's; nil for none.
  package let team: String?

  /// Takes an object that `ConfigCheck` has accepted.
  init(_ object: JSONObject?) {
    recalls = object?["recall"]?.bool ?? true
    tokens = object?["tokens"]?.int ?? 600
    usesVectors = object?["vectors"]?.bool ?? false
    team = object?["team"]?.string
  }
}
