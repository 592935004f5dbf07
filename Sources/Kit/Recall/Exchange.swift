internal import JSON
internal import Memory
package import Store
internal import System

/// Memos and facts as lines of JSON and as Markdown, and back.
///
/// What is read again gives the same memos, with new numbers.
package enum Exchange {
  /// One thing that is carried over: a name for each of its texts, in order.
  package struct Item: Equatable, Sendable {
    /// `memo`, `fact` or `persona`.
    package var type: String
    /// Its fields that hold something.
    package var fields: [(name: String, value: String)]

    package static func == (one: Item, other: Item) -> Bool {
      one.type == other.type && one.fields.elementsEqual(other.fields) { $0 == $1 }
    }

    /// The value of a field; nil where it holds nothing.
    package subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
  }

  /// The fields of each type, in the order in which they are written.
  package static let names: [String: [String]] = [
    "memo": [
      "what", "who", "when", "at", "where", "lat", "lon", "why", "how", "tags", "source", "session",
      "created", "changed",
    ],
    "fact": ["text", "class", "state", "project", "confidence", "source", "session", "created", "changed"],
    "persona": ["text", "made", "changed"],
  ]

  /// A memo as an item.
  package static func item(_ memo: MemoRow) -> Item {
    let values: [(String, String?)] = [
      ("what", memo.what), ("who", memo.who), ("when", memo.whenText), ("at", memo.whenAt?.description),
      ("where", memo.whereText), ("lat", memo.lat.map(MemoryText.degrees)),
      ("lon", memo.lon.map(MemoryText.degrees)), ("why", memo.why), ("how", memo.how),
      ("tags", memo.tags.isEmpty ? nil : memo.tags), ("source", memo.source), ("session", memo.session),
      ("created", memo.created.description), ("changed", memo.changed.description),
    ]
    return Item(type: "memo", fields: values.compactMap { name, value in value.map { (name, $0) } })
  }

  /// A fact as an item.
  package static func item(_ fact: FactRow) -> Item {
    let hundredths = Int((fact.confidence * 100).rounded())
    let values: [(String, String?)] = [
      ("text", fact.text), ("class", fact.kind), ("state", fact.state), ("project", fact.project),
      ("confidence", hundredths >= 100 ? "1" : "0.\(hundredths < 10 ? "0" : "")\(hundredths)"),
      ("source", fact.source), ("session", fact.session), ("created", fact.created.description),
      ("changed", fact.changed.description),
    ]
    return Item(type: "fact", fields: values.compactMap { name, value in value.map { (name, $0) } })
  }

  /// What is known of a person as an item.
  package static func item(_ persona: PersonaRow) -> Item {
    Item(
      type: "persona",
      fields: [("text", persona.text), ("made", persona.made), ("changed", persona.changed.description)])
  }

  // MARK: - Lines

  /// An item as a line of JSON, with its newline.
  ///
  /// `n`: the number, which is not read again.
  package static func line(_ item: Item, n: Int64? = nil) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("type", item.type)
    if let n { json.member("n", Int(n)) }
    for (name, value) in item.fields {
      json.name(name)
      if name == "lat" || name == "lon" || name == "confidence" {
        json.raw(value.utf8)
      } else {
        json.value(value)
      }
    }
    json.endObject()
    json.newline()
    return json.bytes
  }

  /// The item of a line of JSON.
  ///
  /// - Throws: `Memories.Refusal` that says what is wrong.
  package static func item(line: [UInt8]) throws -> Item {
    guard let object = (try? JSONReader.parse(line))?.object else {
      throw Memories.Refusal("not a JSON object")
    }
    let type = object["type"]?.string ?? "memo"
    guard let names = names[type] else {
      throw Memories.Refusal("\"type\" is neither memo, fact nor persona")
    }
    var fields: [(String, String)] = []
    for name in names {
      switch object[name] {
      case .string(let text)?: fields.append((name, text))
      case .number(let number)?: fields.append((name, number.text))
      case .array(let all)? where name == "tags":
        fields.append((name, all.compactMap(\.string).joined(separator: " ")))
      case nil, .null?: break
      default: throw Memories.Refusal("\"\(name)\" is not a text")
      }
    }
    return Item(type: type, fields: fields)
  }

  // MARK: - Markdown

  /// Items as Markdown.
  package static func markdown(_ items: [(item: Item, n: Int64?)], of person: String) -> String {
    var text = "# \(MemoryText.oneLine(person))\n"
    for (item, n) in items {
      text += "\n## \(item.type)\(n.map { " \($0)" } ?? "")\n\n"
      for (name, value) in item.fields {
        let lines = value.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
          .map { String($0) }
        text += "- \(name): \(lines.joined(separator: "\n  "))\n"
      }
    }
    return text
  }

  /// The items of a text that `markdown` wrote.
  ///
  /// - Throws: `Memories.Refusal` that names the line.
  package static func items(markdown text: String) throws -> [Item] {
    var items: [Item] = []
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    // By scalars: a mark that stands first on a line would become one letter with the blank before it.
    for (index, line) in lines.enumerated() {
      if line.starts(with: "## ".unicodeScalars) {
        let type = String(line.dropFirst(3).prefix { $0 != " " })
        guard names[type] != nil else {
          throw Memories.Refusal("line \(index + 1): '\(type)' is neither memo, fact nor persona")
        }
        items.append(Item(type: type, fields: []))
      } else if line.starts(with: "  ".unicodeScalars), let last = items.indices.last,
        let field = items[last].fields.indices.last
      {
        items[last].fields[field].value += "\n" + String(line.dropFirst(2))
      } else if line.starts(with: "- ".unicodeScalars), let last = items.indices.last {
        let parts = line.dropFirst(2).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first.map { String($0) } ?? ""
        guard parts.count == 2, names[items[last].type]?.contains(name) == true else {
          throw Memories.Refusal("line \(index + 1): '\(MemoryText.beginning(name, 40))' is no field of it")
        }
        let value = parts[1].first == " " ? parts[1].dropFirst() : parts[1]
        items[last].fields.append((name, String(value)))
      } else if !line.isEmpty, !line.starts(with: "# ".unicodeScalars) {
        throw Memories.Refusal("line \(index + 1): neither a heading nor a field")
      }
    }
    return items
  }
}

extension Memories {
  /// Stores an item for a person.
  ///
  /// - Throws: `Refusal`.
  package func take(_ item: Exchange.Item, person: String) throws {
    func moment(_ name: String) throws -> Timestamp? {
      guard let text = item[name] else { return nil }
      guard let time = Timestamp(rfc3339: text) else {
        throw Refusal("\"\(name)\": '\(MemoryText.beginning(text, 40))' is not a time as RFC 3339 has it")
      }
      return time
    }
    func number(_ name: String) throws -> Double? {
      guard let text = item[name] else { return nil }
      guard let number = Double(text), number.isFinite else {
        throw Refusal("\"\(name)\": '\(MemoryText.beginning(text, 40))' is not a number")
      }
      return number
    }
    switch item.type {
    case "memo":
      _ = try add(item["what"] ?? "", person: person) { memo in
        try Memories.fill(&memo, item)
        memo.lat = try number("lat")
        memo.lon = try number("lon")
        memo.whenAt = try moment("at")
        memo.created = try moment("created") ?? memo.created
        memo.changed = try moment("changed") ?? memo.created
      }
    case "fact":
      let state = item["state"] ?? FactState.active.rawValue
      guard let state = FactState(rawValue: state) else { throw Refusal("\"state\": there is no '\(state)'") }
      _ = try remember(
        item["text"] ?? "", .person, person, state: state, confidence: try number("confidence") ?? 1
      ) { fact in
        if let kind = item["class"] { fact.kind = kind }
        fact.project = item["project"]
        (fact.source, fact.session) = (item["source"], item["session"])
        fact.created = try moment("created") ?? fact.created
        fact.changed = try moment("changed") ?? fact.created
      }
    default: try setPersona(item["text"] ?? "", person: person, made: item["made"] ?? "person")
    }
  }

  /// Sets the fields of a memo that are texts.
  private static func fill(_ memo: inout MemoRow, _ item: Exchange.Item) throws {
    (memo.who, memo.whenText, memo.whereText) = (item["who"], item["when"], item["where"])
    (memo.why, memo.how, memo.tags) = (item["why"], item["how"], item["tags"] ?? "")
    (memo.source, memo.session) = (item["source"], item["session"])
  }
}
