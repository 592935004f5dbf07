package import JSON

/// Makes a text of what was posted: words with places such as `{{.alerts[0].labels.severity}}`.
///
/// `{{.}}` is all of it, `{{range .alerts}}…{{end}}` repeats for each element, of which `{{.}}` is then the
/// beginning, and `{{header x-github-event}}` is a header line. A place that is not there is empty; what is
/// neither text nor number is written as JSON.
package struct WebhookTemplate: Sendable {
  /// Why a text is no template, and where.
  package struct Fault: Error, Equatable, Sendable { package let reason: String }

  private indirect enum Part: Sendable {
    case words(String)
    case path([Step])
    case header(String)
    case range([Step], [Part])
  }
  private enum Step: Sendable, Equatable {
    case name(String)
    case index(Int)
  }

  private let parts: [Part]

  private static let depthLimit = 4
  /// Bytes that are made at most: an element may be written often.
  private static let outputLimit = 1 << 20

  /// Reads a template.
  package init(_ text: String) throws(Fault) {
    var rest = Array(text.utf8)[...]
    parts = try Self.parse(&rest, depth: 0)
  }

  /// The text for a body and its header lines (by lower-case name).
  package func text(_ body: JSONValue, header: (String) -> String?) -> String {
    var out = ""
    Self.write(parts, body, header, &out)
    return out
  }

  // MARK: - Reading

  private static func parse(_ rest: inout ArraySlice<UInt8>, depth: Int) throws(Fault) -> [Part] {
    var parts: [Part] = []
    while true {
      let words = prefix(&rest, before: "{{")
      if !words.isEmpty { parts.append(.words(String(decoding: words, as: UTF8.self))) }
      guard !rest.isEmpty else {
        guard depth == 0 else { throw Fault(reason: "{{range}} has no {{end}}") }
        return parts
      }
      rest = rest.dropFirst(2)
      let inner = prefix(&rest, before: "}}")
      guard !rest.isEmpty else { throw Fault(reason: "{{ has no }}") }
      rest = rest.dropFirst(2)
      let terms = String(decoding: inner, as: UTF8.self).split { $0 == " " || $0 == "\t" || $0 == "\n" }
        .map(String.init)
      switch (terms.first, terms.count) {
      case ("end", 1):
        guard depth > 0 else { throw Fault(reason: "{{end}} has no {{range}}") }
        return parts
      case ("range", 2):
        guard depth < depthLimit else { throw Fault(reason: "{{range}} is nested too deeply") }
        let path = try path(terms[1])
        parts.append(.range(path, try parse(&rest, depth: depth + 1)))
      case ("header", 2): parts.append(.header(terms[1].lowercased()))
      case (_, 1): parts.append(.path(try path(terms[0])))
      default:
        throw Fault(
          reason:
            "{{\(terms.joined(separator: " "))}} is not understood: write {{.name}}, {{range .list}}, {{end}} "
            + "or {{header NAME}}")
      }
    }
  }

  private static func prefix(_ rest: inout ArraySlice<UInt8>, before mark: StaticString) -> ArraySlice<UInt8>
  {
    let byte = mark.utf8Start.pointee
    var index = rest.startIndex
    while index < rest.endIndex {
      if rest[index] == byte, index + 1 < rest.endIndex, rest[index + 1] == byte { break }
      index += 1
    }
    defer { rest = rest[index...] }
    return rest[..<index]
  }

  private static func path(_ text: String) throws(Fault) -> [Step] {
    let wrong = Fault(reason: "{{\(text)}} is not a path such as {{.alerts[0].labels.severity}}")
    guard text.hasPrefix(".") else { throw wrong }
    if text == "." { return [] }
    var steps: [Step] = []
    for part in text.dropFirst().split(separator: ".", omittingEmptySubsequences: false) {
      let name = part.prefix { $0 != "[" }
      if !name.isEmpty { steps.append(.name(String(name))) }
      var rest = part.dropFirst(name.count)
      guard !name.isEmpty || !rest.isEmpty else { throw wrong }
      while !rest.isEmpty {
        let digits = rest.dropFirst().prefix { $0 != "]" }
        guard rest.first == "[", digits.count < rest.count - 1, let index = Int(digits), index >= 0 else {
          throw wrong
        }
        steps.append(.index(index))
        rest = rest.dropFirst(digits.count + 2)
      }
    }
    return steps
  }

  // MARK: - Writing

  private static func write(
    _ parts: [Part], _ value: JSONValue, _ header: (String) -> String?, _ out: inout String
  ) {
    for part in parts where out.utf8.count < outputLimit {
      switch part {
      case .words(let words): out += words
      case .header(let name): out += header(name) ?? ""
      case .path(let steps): if let found = find(steps, value) { out += text(found) }
      case .range(let steps, let inner):
        for element in find(steps, value)?.array ?? [] where out.utf8.count < outputLimit {
          write(inner, element, header, &out)
        }
      }
    }
  }

  private static func find(_ steps: [Step], _ value: JSONValue) -> JSONValue? {
    var value = value
    for step in steps {
      let next: JSONValue? =
        switch step {
        case .name(let name): value[name]
        case .index(let index): value.array.flatMap { index < $0.count ? $0[index] : nil }
        }
      guard let next else { return nil }
      value = next
    }
    return value
  }

  private static func text(_ value: JSONValue) -> String {
    switch value {
    case .null: return ""
    case .string(let text): return text
    case .bool, .number, .array, .object:
      var json = JSONWriter()
      json.value(value)
      return String(decoding: json.bytes, as: UTF8.self)
    }
  }
}
