internal import Console
internal import JSON

/// The values of single keys.
extension ConfigCheck {
  func object(_ value: JSONValue, _ place: Place) throws -> JSONObject {
    guard let object = value.object else { throw mismatch(value, "an object", place) }
    return object
  }

  func text(_ value: JSONValue, _ place: Place) throws -> String {
    guard let text = value.string, !text.isEmpty else {
      throw mismatch(value, "a string that is not empty", place)
    }
    return text
  }

  func choice(_ value: JSONValue, _ words: [String], _ place: Place) throws {
    let allowed = words.map { "\"\($0)\"" }.joined(separator: " or ")
    guard let text = value.string else { throw mismatch(value, allowed, place) }
    guard words.contains(text) else {
      throw document.failure(place, "expected \(allowed), found \(Shown.quoted(text))")
    }
  }

  func agent(_ value: JSONValue, _ place: Place) throws {
    guard Names.isAgent(try text(value, place)) else {
      throw document.failure(place, "not the name of an agent: expected \(NameRule.agent.words)")
    }
  }

  func directory(_ value: JSONValue, _ place: Place) throws {
    let path = try text(value, place)
    guard path.hasPrefix("/") || path == "~" || path.hasPrefix("~/") else {
      throw document.failure(place, "expected a path that begins with / or ~/, found \(Shown.path(path))")
    }
  }

  func count(_ value: JSONValue, _ range: ClosedRange<Int>, _ unit: String, _ place: Place) throws {
    let words = "a whole \(unit) from \(range.lowerBound) to \(range.upperBound)"
    guard case .number(let number) = value else { throw mismatch(value, words, place) }
    guard let count = number.int, range.contains(count) else {
      throw document.failure(place, "expected \(words), found \(number.text.prefix(24))")
    }
  }

  func decimal(_ value: JSONValue, _ range: ClosedRange<Double>, _ place: Place) throws {
    func whole(_ number: Double) -> String { "\(Int(number))" }
    let words = "a number from \(whole(range.lowerBound)) to \(whole(range.upperBound))"
    guard case .number(let number) = value else { throw mismatch(value, words, place) }
    guard let double = number.double, range.contains(double) else {
      throw document.failure(place, "expected \(words), found \(number.text.prefix(24))")
    }
  }

  func headers(_ value: JSONValue, _ place: Place) throws {
    for (name, value) in try object(value, place).members {
      let here = place + [.name(name)]
      guard Names.isHeader(name) else {
        throw document.failure(
          here, atName: true, "not the name of a header: expected letters, digits and '-'")
      }
      try credential(value, here)
    }
  }

  func amount(_ value: JSONValue, _ place: Place) throws {
    let words = "a number of US dollars from \(AmountText.least) to \(AmountText.most)"
    guard case .number(let number) = value else { throw mismatch(value, words, place) }
    guard AmountText.parse(value) != nil else {
      throw document.failure(place, "expected \(words), found \(number.text.prefix(24))")
    }
  }

  func duration(
    _ value: JSONValue, _ least: Int, _ zero: String?, _ reason: String?, _ place: Place
  ) throws {
    let words = "a number of seconds or a text such as \"90s\", \"30m\", \"24h\" or \"7d\""
    let minimum = DurationText.format(.seconds(least))
    guard let duration = DurationText.parse(value) else {
      switch value {
      case .string(let text): throw document.failure(place, "expected \(words), found \(Shown.quoted(text))")
      case .number(let number):
        throw document.failure(
          place,
          "expected a whole number of seconds up to \(DurationText.longest), found \(number.text.prefix(24))")
      default: throw mismatch(value, words, place)
      }
    }
    if duration == .zero, zero != nil { return }
    guard duration >= .seconds(least) else {
      let more = zero.map { ", or 0 for \($0)" } ?? ""
      throw document.failure(
        place, "expected at least \(minimum)\(more), found \(DurationText.format(duration))", hint: reason)
    }
  }

  func command(_ value: JSONValue, _ place: Place) throws {
    guard let words = value.array, !words.isEmpty else {
      throw mismatch(value, "an array of strings that is not empty", place)
    }
    for (index, word) in words.enumerated() where word.string == nil || index == 0 && word.string == "" {
      throw mismatch(word, index == 0 ? "the program" : "a string", place + [.index(index)])
    }
  }

  func variables(_ value: JSONValue, _ place: Place) throws {
    for (name, value) in try object(value, place).members {
      let here = place + [.name(name)]
      guard Names.isVariable(name) else {
        throw document.failure(
          here, atName: true, "not the name of a variable: expected letters, digits and '_'")
      }
      guard value.string != nil else { throw mismatch(value, "a string", here) }
    }
  }

  func credential(_ value: JSONValue, _ place: Place) throws {
    _ = try Credential.parse(value, Credential.Owner(place), base: "") {
      document.failure(place, $0, hint: $1)
    }
  }

  func credentials(_ value: JSONValue, _ place: Place) throws {
    for (name, value) in try object(value, place).members {
      let here = place + [.name(name)]
      guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"=:\"".utf8.contains($0) })
      else {
        throw document.failure(here, atName: true, "not the name of a variable or a header")
      }
      try credential(value, here)
    }
  }

  func hosts(_ value: JSONValue, _ place: Place) throws {
    guard let hosts = value.array else { throw mismatch(value, "an array of host names", place) }
    for (index, host) in hosts.enumerated() {
      let here = place + [.index(index)]
      let name = try text(host, here)
      // What is a part of an address but no host would never match one.
      guard
        name.utf8.allSatisfy({ byte in
          byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
            || "-._:".utf8.contains(byte)
        })
      else {
        throw document.failure(
          here, "expected the name of a host or its address alone, found \(Shown.quoted(name))")
      }
    }
  }

  func mismatch(_ value: JSONValue, _ expected: String, _ place: Place) -> Failure {
    document.failure(place, "expected \(expected), found \(ConfigDocument.kind(of: value))")
  }
}
