internal import Console
internal import JSON

/// Holds a configuration against `Settings.known`; what comes after can rely on names and types.
struct ConfigCheck {
  let document: ConfigDocument

  init(_ document: ConfigDocument) { self.document = document }

  /// Checks everything.
  ///
  /// - Throws: `Failure` with status 78 at the first mistake.
  func run() throws {
    try section(document.root, "", [], isOpen: false)
    try refuseNUL(.object(document.root), [])
  }

  private func section(_ object: JSONObject, _ path: String, _ place: Place, isOpen: Bool) throws {
    // Without a configuration, which is usual, the table of keys need not even be made.
    if object.members.isEmpty { return }
    let keys = SettingsKey.below(path)
    for (name, value) in object.members {
      let here = place + [.name(name)]
      guard let key = keys.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
        if isOpen { continue }
        let near = Nearest.match(name, among: keys.map { String($0.name) })
        throw document.failure(
          here, atName: true, "no such key",
          hint: near.map { "did you mean \"\($0)\"?" } ?? "known here: "
            + keys.map { String($0.name) }.joined(separator: ", "))
      }
      try check(value, key, here)
    }
  }

  private func names(_ object: JSONObject, _ path: String, _ rule: NameRule, _ place: Place) throws {
    guard let key = SettingsKey.below(path).first else { return }
    for (name, value) in object.members {
      let here = place + [.name(name)]
      guard rule.allows(name) else {
        throw document.failure(here, atName: true, "not a name here: expected \(rule.words)")
      }
      try check(value, key, here)
    }
  }

  private func check(_ value: JSONValue, _ key: SettingsKey, _ place: Place) throws {
    switch key.kind {
    case .section: try section(try object(value, place), key.path, place, isOpen: false)
    case .open: try section(try object(value, place), key.path, place, isOpen: true)
    case .named(let rule): try names(try object(value, place), key.path, rule, place)
    case .object: _ = try object(value, place)
    case .list: guard value.array != nil else { throw mismatch(value, "an array", place) }
    case .flag: guard value.bool != nil else { throw mismatch(value, "true or false", place) }
    case .text: _ = try text(value, place)
    case .choice(let words): try choice(value, words, place)
    case .agent: try agent(value, place)
    case .senders: try senders(value, place)
    case .people: try people(value, place)
    case .rules: try rules(value, place)
    case .directory: try directory(value, place)
    case .count(let range, let unit): try count(value, range, unit, place)
    case .duration(let least, let zero, let reason): try duration(value, least, zero, reason, place)
    case .decimal(let range): try decimal(value, range, place)
    case .headers: try headers(value, place)
    case .amount: try amount(value, place)
    case .command: try command(value, place)
    case .variables: try variables(value, place)
    case .credential: try credential(value, place)
    case .credentials: try credentials(value, place)
    case .hosts: try hosts(value, place)
    }
  }

  /// No text may end early where it becomes a path or an argument, so none may hold a NUL anywhere.
  private func refuseNUL(_ value: JSONValue, _ place: Place) throws {
    switch value {
    case .string(let text):
      guard !text.utf8.contains(0) else {
        throw document.failure(place, "expected a text without NUL, found one")
      }
    case .array(let elements):
      for (index, element) in elements.enumerated() { try refuseNUL(element, place + [.index(index)]) }
    case .object(let object):
      for (name, value) in object.members {
        let here = place + [.name(name)]
        guard !name.utf8.contains(0) else {
          throw document.failure(here, atName: true, "expected a name without NUL, found one")
        }
        try refuseNUL(value, here)
      }
    case .null, .bool, .number: return
    }
  }
}
