internal import JSON

/// Who may do what: the one check that every stage makes before it acts on what a person said.
///
/// People are named `PLATFORM:ID`. The platform is that of the row that accepted the line, never what its
/// session says, because whoever writes a line chooses its session.
///
///     let person = Person(row: row?.platform, session: address.platform, id: id)
///     guard settings.people.rank(of: person) >= .allowed else { … }
package struct People: Equatable, Sendable {
  /// What a person may do; each rank includes those before it.
  package enum Rank: Int, Comparable, Sendable, CaseIterable {
    /// Nothing.
    case stranger
    /// Talk to agents.
    case allowed
    /// Answer requests.
    case approver
    /// Administer.
    case admin

    package static func < (one: Rank, other: Rank) -> Bool { one.rawValue < other.rawValue }

    /// The rank of a word of `agim-approve pair --as`; nil for another.
    package init?(word: String) {
      switch word {
      case "allowed": self = .allowed
      case "approver": self = .approver
      case "admin": self = .admin
      default: return nil
      }
    }
  }

  /// Who may talk to agents on a platform.
  package enum Allowed: Equatable, Sendable {
    /// Everybody there.
    case everybody
    /// These ids.
    case these(Set<String>)
  }

  /// By platform; `*` stands for the platforms that are not named and not local.
  package var allow: [String: Allowed] = [:]
  /// `PLATFORM:ID` of those who may answer requests.
  package var approvers: Set<String> = []
  /// `PLATFORM:ID` of those who may administer.
  package var admins: Set<String> = []
  /// What those may do who were let in by a code, by `PLATFORM:ID`.
  package var paired: [String: Rank] = [:]

  /// Nobody but the user of this machine.
  package init() {}

  /// Takes a configuration that `ConfigCheck` has accepted.
  init(_ root: JSONObject) {
    for (platform, value) in root["allow"]?.object?.members ?? [] {
      let ids = Set((value.array ?? []).compactMap(\.string))
      allow[platform] = value.string == "*" || ids.contains("*") ? .everybody : .these(ids)
    }
    approvers = Set((root["approvers"]?.array ?? []).compactMap(\.string))
    admins = Set((root["admins"]?.array ?? []).compactMap(\.string))
  }

  /// What a person may do.
  package func rank(of person: Person) -> Rank {
    switch person.origin {
    // Whoever reaches the terminal of this user is this user.
    case .terminal: return isAllowed(person) ? .admin : .stranger
    // What was posted or recorded says who spoke, and nobody vouches for it.
    case .posted: return isAllowed(person) ? .allowed : .stranger
    // By the clock a person talks to agents as ever, and approves nothing.
    case .scheduled: return min(ownRank(of: person), .allowed)
    case .platform: return ownRank(of: person)
    }
  }

  private func ownRank(of person: Person) -> Rank {
    if !admins.isEmpty || !approvers.isEmpty || !paired.isEmpty {
      let name = person.name
      if Self.holds(admins, name) { return .admin }
      if Self.holds(approvers, name) { return .approver }
      if let index = paired.index(forKey: name), paired[index].key.utf8.elementsEqual(name.utf8) {
        return paired[index].value
      }
    }
    return isAllowed(person) ? .allowed : .stranger
  }

  /// Whether a person may talk to agents, without being approver or admin.
  private func isAllowed(_ person: Person) -> Bool {
    if let here = allow[person.platform] { return Self.holds(here, person.id) }
    // Nothing runs without permission: who comes over a network is a stranger until somebody says otherwise.
    if Person.local.contains(person.platform) { return true }
    return allow["*"].map { Self.holds($0, person.id) } ?? false
  }

  private static func holds(_ allowed: Allowed, _ id: String) -> Bool {
    switch allowed {
    case .everybody: true
    case .these(let ids): !id.isEmpty && holds(ids, id)
    }
  }

  /// By bytes: Swift takes different spellings of an accented letter for the same text.
  private static func holds(_ names: Set<String>, _ name: String) -> Bool {
    names.firstIndex(of: name).map { names[$0].utf8.elementsEqual(name.utf8) } ?? false
  }
}

/// Who said a line.
package struct Person: Equatable, Sendable {
  /// What is known about where a line came from.
  package enum Origin: Sendable {
    /// The terminal of this machine's user: the row was accepted by this store's `agim-recv tty`.
    case terminal
    /// A platform, a program, standard input, or another host.
    case platform
    /// `agim-session post`, `agim-send inbox`, or a recording.
    case posted
    /// A prompt that `agim-remind` printed, for a person whom it names whole.
    case scheduled
  }

  /// The platform that the line came by.
  package let platform: String
  /// The id on that platform; empty where the line names nobody.
  package let id: String
  /// Where the line came from.
  package let origin: Origin

  /// Platforms of this machine's user: what they bring is allowed unless `allow` names them.
  package static let local: Set<String> = ["tty", "stdin", "inbox", "replay", "command"]
  /// Those on which a user of this machine is called by the name of the account.
  package static let users = ["tty", "stdin", "inbox"]

  /// A person of a line.
  ///
  /// - Parameters:
  ///   - row: the platform of the line's row in the inbox; nil where this store has not accepted it.
  ///   - session: the platform of the line's session, which counts where there is no row.
  ///   - id: the `id` of the line's `from`.
  ///   - isTyped: false for what came to `agim-recv tty` without a terminal, which is data like any other.
  package init(row: String?, session: String, id: String, isTyped: Bool = true) {
    if row == "remind" {
      // Whose prompt it is stands in the line that this store has made: PLATFORM:ID.
      let parts = id.unicodeScalars.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      platform = parts.count == 2 ? String(parts[0]) : "remind"
      self.id = parts.count == 2 ? String(parts[1]) : id
      origin = .scheduled
      return
    }
    self.id = id
    // A row that was adopted is another host's line: all that is known is what the line says.
    let accepted = row == "adopted" ? nil : row
    platform = accepted ?? session
    switch accepted {
    case "tty": origin = isTyped ? .terminal : .platform
    case "inbox", "replay": origin = .posted
    default: origin = .platform
    }
  }

  /// `PLATFORM:ID`.
  package var name: String { "\(platform):\(id)" }
}
