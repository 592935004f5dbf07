import JSON

/// Tools that change files, and tools that use the network.
extension ToolInspector {
  mutating func write() {
    let given = entry.paths.filter { input[$0] != nil }
    if call.dialect == .any, call.tool == "str_replace_editor", input["command"]?.string == "view",
      let path = text(entry.paths)
    {
      var inspector = inspector()
      inspector.net(place(path), as: .word)
      inspector.read(place(path))
      return take(inspector)
    }
    var count = 0
    for name in given {
      // Some take a list.
      for value in input[name]?.array ?? [input[name] ?? .null] {
        guard let path = value.string, !path.isEmpty, !path.utf8.contains(0) else {
          incomplete("\(call.tool): '\(name)' is not understood.")
          continue
        }
        written(path)
        count += 1
      }
    }
    // What else may be a path: members that are not known here.
    let known = entry.known
    for (name, value) in input.members where !known.contains(name) && Self.namesPlace(name) {
      paths(in: value)
      if let path = value.string, path.utf8.count <= 4096 { written(path) }
    }
    if count == 0 { incomplete("\(call.tool): there is no path.") }
  }

  /// Whether a member's name says that its value is a place.
  private static func namesPlace(_ name: String) -> Bool {
    let name = Array(name.lowercased().utf8)
    return ["path", "file", "dir", "dest", "target", "uri", "source"].contains { part in
      let wanted = Array(part.utf8)
      guard name.count >= wanted.count else { return false }
      return (0...(name.count - wanted.count)).contains {
        name[$0..<($0 + wanted.count)].elementsEqual(wanted)
      }
    }
  }

  mutating func written(_ path: String) {
    var inspector = inspector()
    inspector.net(place(path), as: .word)
    inspector.write(place(path))
    inspector.findings.raise(to: .acts, "\(call.tool) would change \(path).")
    let before = findings
    take(inspector)
    // The first file is the one that is named.
    if before.use == .acts { findings.say(before.reason) }
  }

  /// Codex's patches: `*** Update File: PATH`, and those of diff: `+++ b/PATH`.
  mutating func patch() {
    let given = entry.texts.filter { input[$0] != nil }
    guard given.count == 1, let patch = input[given[0]]?.string else {
      paths(in: .object(input))
      return incomplete("\(call.tool): there is no patch.")
    }
    var count = 0
    for line in patch.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      let line = line.drop { $0 == 0x20 || $0 == 0x09 }
      for head in [
        "*** Update File:", "*** Add File:", "*** Delete File:", "*** Move to:", "+++ b/", "--- a/",
        "+++ ", "--- ", "rename from ", "rename to ", "copy to ",
      ]
      where line.starts(with: head.utf8) {
        var name = line.dropFirst(head.utf8.count).drop { $0 == 0x20 }.prefix { $0 != 0x09 }
        while name.last == 0x20 { name.removeLast() }
        let path = name.asText
        if !path.isEmpty, !path.utf8.elementsEqual("/dev/null".utf8) { written(path) }
        count += 1
        break
      }
    }
    if count == 0 { incomplete("\(call.tool): the patch names no file.") }
  }

  /// A list of changes, each with its path.
  mutating func changes() {
    refuseOthers()
    guard let changes = input["changes"]?.array, !changes.isEmpty else {
      return incomplete("\(call.tool): there are no changes.")
    }
    for change in changes {
      guard let path = change["path"]?.string, !path.isEmpty else {
        incomplete("\(call.tool): a change names no file.")
        continue
      }
      written(path)
      guard let other = change["move_path"], other != .null else { continue }
      if let target = other.string, !target.isEmpty {
        written(target)
      } else {
        incomplete("\(call.tool): where \(path) would be moved to is not understood.")
      }
    }
  }

  mutating func fetch() {
    guard let url = text(entry.texts) else {
      paths(in: .object(input))
      return incomplete("\(call.tool): there is no url.")
    }
    if entry.texts.count(where: { input[$0] != nil }) > 1 {
      incomplete("\(call.tool): there is more than one url.")
    }
    if let path = Self.fileAddress(url) {
      var inspector = inspector()
      inspector.net(path, as: .word)
      inspector.read(path)
      return take(inspector)
    }
    paths(in: .object(input))
    if let host = Metadata.host(in: url) {
      findings.deny("secret", "\(host) hands out the machine's credentials.")
    }
    findings.raise(to: .reports, "\(call.tool) would fetch \(url).")
  }
}
