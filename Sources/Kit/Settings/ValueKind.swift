/// What the value of a key may be.
indirect enum ValueKind: Sendable {
  /// An object whose members are the table's entries below this one.
  case section
  /// An object of entries below this one and of members that somebody else checks.
  case open
  /// An object whose member names are chosen by the user; the table's one entry below describes each.
  case named(NameRule)
  /// A text that is not empty.
  case text
  /// A text out of a few.
  case choice([String])
  /// The name of an agent.
  case agent
  /// A directory: absolute, or below `~`.
  case directory
  /// True or false.
  case flag
  /// A whole number.
  case count(ClosedRange<Int>, unit: String)
  /// A number, whole or not.
  case decimal(ClosedRange<Double>)
  /// Header lines of requests, their values secrets.
  case headers
  /// An amount of US dollars.
  case amount
  /// A duration of at least so many seconds; `zero` says what 0 means where it is allowed besides.
  case duration(atLeast: Int, zero: String?, reason: String?)
  /// A program and its arguments.
  case command
  /// Environment variables.
  case variables
  /// A secret, or where it comes from.
  case credential
  /// Variables or headers, each a text or a secret.
  case credentials
  /// An array of host names and addresses.
  case hosts
  /// Who may talk to agents on a platform.
  case senders
  /// People, as `PLATFORM:ID`.
  case people
  /// Routing rules.
  case rules
  /// An array, its elements not looked at.
  case list
  /// An object, its members not looked at.
  case object

  /// The type in a few words, as agim-config(5) has it.
  var words: String {
    switch self {
    case .section, .open, .named, .object: "object"
    case .text: "string"
    case .choice(let words): words.joined(separator: " or ")
    case .agent: "agent name"
    case .directory: "path"
    case .flag: "boolean"
    case .count(_, let unit): unit
    case .decimal: "number"
    case .headers: "object of credentials"
    case .amount: "amount"
    case .duration: "duration"
    case .command: "array of strings"
    case .variables: "object of strings"
    case .credential: "credential"
    case .credentials: "object of credentials"
    case .hosts: "array of host names"
    case .senders: "* or array of ids"
    case .people: "array of PLATFORM:ID"
    case .rules: "array of rules"
    case .list: "array"
    }
  }
}

/// The names that users choose.
enum NameRule: Sendable {
  case account
  case address
  case agent
  case person
  case model
  case platform
  case project
  case server

  func allows(_ name: String) -> Bool {
    switch self {
    case .account: Names.accountPrefix(name) != nil
    case .address: Names.isAddress(name) && !Self.reserved.contains(name)
    case .agent, .project: Names.isAgent(name)
    case .person: Names.isPerson(name)
    case .model: Names.isAgent(name) && !ModelSettings.reserved.contains(name)
    case .platform: name == "*" || Names.isPlatform(name)
    case .server: Names.isServer(name)
    }
  }

  var words: String {
    switch self {
    case .account: "PLATFORM or PLATFORM@ACCOUNT, with ':', '%' and blanks of the account percent-encoded"
    case .address:
      "1 to 64 letters, digits, '_' or '-', other than \(Self.reserved.joined(separator: ", "))"
    case .person: "PLATFORM:ID"
    case .platform: "a platform, or \"*\" for those that are not named"
    case .server:
      "1 to 32 lower-case letters, digits, '_' or '-', the first a letter, no \"__\", and not beginning with agim"
    case .model:
      "1 to 32 lower-case letters, digits, '.', '_' or '-', the first a letter or a digit, other than "
        + ModelSettings.reserved.joined(separator: ", ")
    case .agent, .project:
      "1 to 32 lower-case letters, digits, '.', '_' or '-', the first a letter or a digit"
    }
  }

  /// Words that agim-send and agim-recv take for something else.
  static let reserved = ["command", "file", "inbox", "job", "replay", "stdin", "stdout", "tty"]
}
