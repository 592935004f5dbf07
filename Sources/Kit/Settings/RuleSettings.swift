internal import JSON

/// A rule of `rules`: for which messages, and what it sets.
package struct RuleSettings: Equatable, Sendable {
  /// What a condition looks at.
  package enum Field: String, CaseIterable, Sendable {
    /// The platform of the session.
    case platform
    /// The account of the session.
    case account
    /// The channel of the session.
    case channel
    /// The thread of the session.
    case thread
    /// The id of who speaks.
    case sender
    /// `direct` or `group`.
    case chat
    /// What was said.
    case text
  }

  /// How a condition compares.
  package enum Test: Equatable, Sendable {
    /// The value is one of these.
    case equals([String])
    /// The value is like this pattern of `*` and `?`.
    case glob(String)
    /// The value holds something that this regular expression describes.
    case regex(String)
  }

  /// A test of a field.
  package struct Condition: Equatable, Sendable {
    /// What it looks at.
    package let field: Field
    /// How it compares.
    package let test: Test
    /// A condition of its parts.
    package init(_ field: Field, _ test: Test) {
      self.field = field
      self.test = test
    }
  }

  /// Its name: as the configuration says it, else its place, `rules[2]`.
  package var name: String
  /// The greater one is tried first; equal ones in the order of the file.
  package var priority = 0
  /// All of them must hold; none means every message.
  package var conditions: [Condition] = []
  /// Whether the bot must be mentioned, or must not; nil for either.
  package var mentioned: Bool?
  /// The agent.
  package var agent: String?
  /// The model that the agent is asked to use.
  package var model: String?
  /// The project.
  package var project: String?
  /// `plan`; a rule cannot take plan mode away.
  package var mode: String?
  /// What is put before the text.
  package var prompt: String?
  /// The address, or name of one, that the answer goes to.
  package var replyTo: String?
  /// Whether the message is dropped.
  package var drop = false

  /// A rule that sets nothing yet.
  package init(name: String) { self.name = name }

  /// Takes an object that `ConfigCheck` has accepted.
  init(_ object: JSONObject, at index: Int) {
    self.init(name: object["name"]?.string ?? "rules[\(index)]")
    priority = object["priority"]?.int ?? 0
    let tests = object["if"]?.object ?? JSONObject()
    mentioned = tests["mentioned"]?.bool
    for field in Field.allCases {
      if let test = tests[field.rawValue].flatMap(Self.test) { conditions.append(Condition(field, test)) }
    }
    let actions = object["set"]?.object ?? JSONObject()
    agent = actions["agent"]?.string
    model = actions["model"]?.string
    project = actions["project"]?.string
    mode = actions["mode"]?.string
    prompt = actions["prompt"]?.string
    replyTo = actions["reply_to"]?.string
    drop = actions["drop"]?.bool ?? false
  }

  private static func test(_ value: JSONValue) -> Test? {
    switch value {
    case .string(let text): return .equals([text])
    case .array(let texts): return .equals(texts.compactMap(\.string))
    case .object(let object):
      if let pattern = object["glob"]?.string { return .glob(pattern) }
      return object["regex"]?.string.map { .regex($0) }
    default: return nil
    }
  }
}
