package import Console
internal import JSON
internal import Settings

/// How a program starts agim-mcp for a person.
package struct ServerCommand: Equatable, Sendable {
  /// The path of agim-mcp.
  package var program: String
  /// The directory of agim's state.
  package var home: String
  /// The chat; nil for that of the configuration.
  package var address: String?

  /// A call of its parts.
  package init(program: String, home: String, address: String?) {
    (self.program, self.home, self.address) = (program, home, address)
  }

  func arguments(_ served: ServedProgram) -> [String] {
    ["--agent", served.rawValue] + (address.map { ["--to", $0] } ?? [])
  }

  /// As the program's file has it.
  func entry(_ served: ServedProgram) -> JSONValue {
    let words = arguments(served)
    let environment: JSONValue = ["AGIM_HOME": .string(home)]
    if served == .opencode {
      return [
        "type": "local", "command": .array(([program] + words).map { .string($0) }),
        "environment": environment, "enabled": true,
      ]
    }
    var entry = JSONObject([
      ("command", .string(program)), ("args", .array(words.map { .string($0) })), ("env", environment),
    ])
    if served == .claude { entry["type"] = "stdio" }
    return .object(entry)
  }
}

/// The file of a program's servers, as text; ours is the one that is called `agim`.
package struct ServerFile {
  private static let name = "agim"
  private static let header = "[mcp_servers.agim]"

  /// The text.
  package private(set) var bytes: [UInt8]
  private let program: ServedProgram

  /// Takes the content of a file; of none at all where there is none.
  ///
  /// - Throws: `Failure` with status 65 that names the place of what is wrong.
  package init(_ bytes: [UInt8]?, of program: ServedProgram, path: String) throws(Failure) {
    self.program = program
    let content = bytes ?? []
    guard let member = program.member else {
      guard String(validating: content, as: UTF8.self) != nil else {
        throw Failure(.dataError, "\(Shown.path(path)): not UTF-8", hint: "nothing was changed")
      }
      self.bytes = content
      return
    }
    self.bytes = HookFile.isBlank(content) ? Array("{}\n".utf8) : content
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.parse(self.bytes, limits: HookFile.limits)
    } catch {
      throw Failure(
        .dataError, "\(Shown.path(path)):\(error.line):\(error.column): \(error.message)",
        hint: "mend it, or where it has comments add agim-mcp yourself; nothing was changed")
    }
    guard let root = value.object, root[member].map({ $0.object != nil }) ?? true else {
      throw Failure(
        .dataError, "\(Shown.path(path)): expected an object, and one in \"\(member)\"",
        hint: "mend it first; nothing was changed")
    }
  }

  /// Whether nothing is left in it that anybody needs.
  package var isEmpty: Bool {
    guard let member = program.member else { return HookFile.isBlank(bytes) }
    let object = JSONText(bytes).value(JSONText(bytes).root).object
    return object?.members.allSatisfy { $0.name == member && $0.value.object?.isEmpty == true } ?? false
  }

  /// Puts the server in; one of that name gives way to it.
  package mutating func install(_ command: ServerCommand) {
    guard let member = program.member else { return installSection(command) }
    var text = JSONText(bytes)
    let entry = command.entry(program)
    if let own = text.root[member]?[Self.name], text.value(own) == entry { return }
    remove()
    text = JSONText(bytes)
    if text.root[member] == nil { text.add(.object(JSONObject()), named: member, to: text.root) }
    if let servers = text.root[member] { text.add(entry, named: Self.name, to: servers) }
    bytes = text.bytes
  }

  /// Takes the server out again, and what is left empty by that.
  package mutating func remove() {
    guard let member = program.member else { return removeSection() }
    var text = JSONText(bytes)
    guard let servers = text.root[member],
      let place = servers.members.firstIndex(where: { $0.name == Self.name })
    else { return }
    text.remove(place, from: servers)
    if text.root[member]?.members.isEmpty == true,
      let empty = text.root.members.firstIndex(where: { $0.name == member })
    {
      text.remove(empty, from: text.root)
    }
    bytes = text.bytes
  }

  // MARK: - TOML

  private mutating func installSection(_ command: ServerCommand) {
    let words = command.arguments(program).map(Self.quoted).joined(separator: ", ")
    let section =
      "\(Self.header)\ncommand = \(Self.quoted(command.program))\nargs = [\(words)]\n"
      + "env = { AGIM_HOME = \(Self.quoted(command.home)) }\ntool_timeout_sec = 7200\n"
    removeSection()
    if let last = bytes.last, last != 0x0A { bytes.append(0x0A) }
    if !bytes.isEmpty { bytes.append(0x0A) }
    bytes += Array(section.utf8)
  }

  /// A section goes up to the next one; the blank lines before it go with it.
  private mutating func removeSection() {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    guard let begin = lines.firstIndex(where: { Self.isHeader($0, Self.header) }) else { return }
    var end = begin + 1
    while end < lines.count, lines[end].first(where: { $0 != 0x20 && $0 != 0x09 }) != UInt8(ascii: "[") {
      end += 1
    }
    var from = begin
    while from > 0, lines[from - 1].isEmpty { from -= 1 }
    // One blank line stays before what follows.
    let gap: [[UInt8]] = end == lines.count ? [[]] : from == 0 ? [] : [[]]
    lines.replaceSubrange(from..<end, with: gap)
    bytes = lines == [[]] ? [] : Array(lines.joined(separator: [0x0A]))
  }

  private static func isHeader(_ line: [UInt8], _ header: String) -> Bool {
    line.filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }.elementsEqual(header.utf8)
  }

  /// A basic string of TOML.
  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": out += "\\" + String(scalar)
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
