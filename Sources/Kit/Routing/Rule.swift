internal import Console
package import Settings
internal import Wire

/// A rule that is ready to be asked.
package final class Rule {
  private enum Test {
    case equals([String])
    case glob(Glob)
    case regex(RegularExpression)
  }

  /// What it sets.
  package let settings: RuleSettings
  /// The address that the answer goes to.
  package let replyTo: String?
  private let tests: [(field: RuleSettings.Field, test: Test)]
  private var wasTold = false

  /// Compiles a rule.
  ///
  /// - Throws: `Failure` with status 78 that names the rule and what is wrong with it.
  package init(_ settings: RuleSettings, addresses: [String: String]) throws {
    self.settings = settings
    tests = try settings.conditions.map { condition in
      switch condition.test {
      case .equals(let texts): return (condition.field, .equals(texts))
      case .glob(let pattern): return (condition.field, .glob(Glob(pattern)))
      case .regex(let pattern):
        return (condition.field, .regex(try Self.regex(pattern, settings.name, condition.field)))
      }
    }
    replyTo = try settings.replyTo.map { text in
      guard let address = Address(addresses[text] ?? text) else {
        throw Failure(
          .configuration, "config.json: rule \(settings.name): reply_to '\(text)' is not an address",
          hint: Nearest.match(text, among: Array(addresses.keys)).map { "did you mean \($0)?" }
            ?? "see agim-address(7)")
      }
      return address.description
    }
  }

  private static func regex(
    _ pattern: String, _ name: String, _ field: RuleSettings.Field
  ) throws -> RegularExpression {
    do throws(RegularExpression.Fault) {
      return try RegularExpression(pattern)
    } catch {
      throw Failure(
        .configuration,
        "config.json: rule \(name): the regular expression for \(field) cannot be used: \(error.message)",
        hint: "see pcre2pattern(3)")
    }
  }

  /// Whether it is for a message.
  package func holds(for message: MessageFacts) -> Bool {
    if let mentioned = settings.mentioned, mentioned != message.mentioned { return false }
    return tests.allSatisfy { holds($0.test, Self.value($0.field, message)) }
  }

  private func holds(_ test: Test, _ value: String) -> Bool {
    switch test {
    case .equals(let texts): return texts.contains { $0.utf8.elementsEqual(value.utf8) }
    case .glob(let glob): return glob.matches(value)
    case .regex(let regex):
      let outcome = regex.find(in: value)
      if outcome == .tooMuch, !wasTold {
        wasTold = true
        Log.warning("a regular expression took too long and counts as no match", [("rule", settings.name)])
      }
      return outcome == .matches
    }
  }

  private static func value(_ field: RuleSettings.Field, _ message: MessageFacts) -> String {
    switch field {
    case .platform: message.session.platform
    case .account: message.session.account
    case .channel: message.session.channel
    case .thread: message.session.thread ?? ""
    case .sender: message.sender
    case .chat: message.chat
    case .text: message.text
    }
  }
}
