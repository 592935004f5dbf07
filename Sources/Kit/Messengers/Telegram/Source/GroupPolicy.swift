internal import Console
internal import Delivery
internal import JSON

internal import class Delivery.Account

/// To what a bot listens in groups: a word for all of them, or one for each.
struct GroupPolicy {
  /// To what.
  enum Rule: String, CaseIterable {
    /// To what mentions, commands or answers it.
    case mentioned
    /// To everything.
    case all
    /// To nothing.
    case none
  }

  private var usual = Rule.mentioned
  private var single: [String: Rule] = [:]

  /// Reads the key `groups` of an account.
  init(_ account: Account) throws {
    guard let value = account.value("groups") else { return }
    func rule(_ value: JSONValue) throws -> Rule {
      guard let rule = value.string.flatMap(Rule.init(rawValue:)) else {
        throw account.failure(
          "groups", "expected \(Rule.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))",
          hint: "or an object with one of them for each chat's number, and for \"*\"")
      }
      return rule
    }
    guard let object = value.object else {
      usual = try rule(value)
      return
    }
    for (name, value) in object.members {
      if name == "*" {
        usual = try rule(value)
      } else if let number = Int64(name), number < 0 {
        single["\(number)"] = try rule(value)
      } else {
        throw account.failure("groups", "a name in it is neither the number of a group nor \"*\"")
      }
    }
  }

  /// The rule of a group; `other` is the number that it had, or has, besides.
  func rule(_ chat: Int64, _ other: Int64?) -> Rule {
    single["\(chat)"] ?? other.flatMap { single["\($0)"] } ?? usual
  }
}
