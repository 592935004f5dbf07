internal import JSON

/// `config.json` as its owner wrote it: values change, and every comment, blank line and order stays.
struct ConfigEdit {
  private var text: JSONText

  /// A text that the relaxed reader has accepted; nil for no file yet.
  init(_ bytes: [UInt8]?) { text = JSONText(bytes ?? Array("{}\n".utf8), isRelaxed: true) }

  var bytes: [UInt8] { text.bytes }

  /// The value at a path; nil where there is none.
  subscript(path: [String]) -> JSONValue? {
    guard let node = find(path) else { return nil }
    return try? JSONReader.parse(Array(bytes[node.start..<node.end]), dialect: .relaxed)
  }

  /// Puts a value at a path; objects on the way are made.
  mutating func set(_ path: [String], _ value: JSONValue) {
    var node = text.root
    for (index, name) in path.enumerated() {
      guard let next = node[name] else {
        let inner = path[(index + 1)...].reversed().reduce(value) { .object(JSONObject([($1, $0)])) }
        return add(inner, named: name, to: node)
      }
      node = next
    }
    guard self[path] != value else { return }
    let own = text.indentation(of: node.start)
    let new = ConfigText.indented(value, unit: text.unit, margin: own)
    text.bytes.replaceSubrange(node.start..<node.end, with: Array(new.utf8))
  }

  /// Takes what is at a path away, with the line that it leaves empty.
  mutating func remove(_ path: [String]) {
    guard let last = path.last, let parent = find(Array(path.dropLast())),
      let index = parent.members.firstIndex(where: { $0.name.utf8.elementsEqual(last.utf8) })
    else { return }
    let part = parent.parts[index]
    var (low, high) = (part.lowerBound, part.upperBound)
    let comma = text.place(behind: high)
    if comma < bytes.count, bytes[comma] == UInt8(ascii: ",") {
      // A comment between the two is about what goes.
      high = comma + 1
    } else if index > 0 {
      let before = text.place(behind: parent.parts[index - 1].upperBound)
      if before < low, bytes[before] == UInt8(ascii: ",") {
        text.bytes.remove(at: before)
        (low, high) = (low - 1, high - 1)
      }
    }
    while low > 0, bytes[low - 1] == 0x20 || bytes[low - 1] == 0x09 { low -= 1 }
    if low > 0, bytes[low - 1] == 0x0A, high < bytes.count, bytes[high] == 0x0A { low -= 1 }
    text.bytes.removeSubrange(low..<high)
  }

  private func find(_ path: [String]) -> JSONText.Node? {
    var node = text.root
    for name in path {
      guard let next = node[name] else { return nil }
      node = next
    }
    return node
  }

  /// Adds a member behind all others, and behind the comments that follow them.
  private mutating func add(_ value: JSONValue, named name: String, to node: JSONText.Node) {
    let close = node.end - 1
    let (unit, own) = (text.unit, text.indentation(of: node.start))
    let head = ConfigText.flat(.string(name)) + ": "
    let spread = "\n\(own)\(unit)\(head)\(ConfigText.indented(value, unit: unit, margin: own + unit))"
    guard let last = node.parts.last else {
      var end = close
      while end > node.start + 1, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[end - 1]) { end -= 1 }
      return text.bytes.replaceSubrange(end..<close, with: Array("\(spread)\n\(own)".utf8))
    }
    if !bytes[last.upperBound..<close].contains(0x0A), !bytes[node.start..<last.lowerBound].contains(0x0A) {
      let comma = text.place(behind: last.upperBound) < close ? "" : ","
      let place = comma.isEmpty ? text.place(behind: last.upperBound) + 1 : last.upperBound
      return text.bytes.insert(
        contentsOf: Array("\(comma) \(head)\(ConfigText.flat(value))".utf8), at: place)
    }
    var end = close
    while end > last.upperBound, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[end - 1]) { end -= 1 }
    text.bytes.replaceSubrange(end..<close, with: Array("\(spread)\n\(own)".utf8))
    // Behind the value itself: a comment at the end of its line stays where it is.
    if text.place(behind: last.upperBound) >= end
      || bytes[text.place(behind: last.upperBound)] != UInt8(ascii: ",")
    {
      text.bytes.insert(UInt8(ascii: ","), at: last.upperBound)
    }
  }
}
