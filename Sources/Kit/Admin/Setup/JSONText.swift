internal import JSON

/// JSON as somebody wrote it: changes touch what they are about, and every other byte stays.
///
/// The text must have been accepted by the strict reader.
struct JSONText {
  /// A value, and where it stands.
  final class Node {
    let start: Int
    fileprivate(set) var end: Int
    /// The members of an object: where each name begins, and its value.
    fileprivate(set) var members: [(name: String, start: Int, value: Node)] = []
    /// The elements of an array.
    fileprivate(set) var elements: [Node] = []
    fileprivate(set) var isObject = false
    fileprivate(set) var isArray = false

    init(start: Int, end: Int) { (self.start, self.end) = (start, end) }

    /// Where its parts begin and end, in their order.
    var parts: [Range<Int>] {
      isObject ? members.map { $0.start..<$0.value.end } : elements.map { $0.start..<$0.end }
    }

    subscript(name: String) -> Node? {
      members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }
  }

  var bytes: [UInt8]
  /// Whether comments and trailing commas may stand in it.
  let isRelaxed: Bool

  init(_ bytes: [UInt8], isRelaxed: Bool = false) { (self.bytes, self.isRelaxed) = (bytes, isRelaxed) }

  /// The value of the whole text.
  var root: Node {
    var at = 0
    return node(&at)
  }

  /// The value at a node.
  func value(_ node: Node) -> JSONValue {
    (try? JSONReader.parse(Array(bytes[node.start..<node.end]), limits: HookFile.limits)) ?? .null
  }

  // MARK: Reading

  private func skipBlanks(_ at: inout Int) {
    while at < bytes.count {
      if [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) {
        at += 1
      } else if isRelaxed, bytes[at...].starts(with: "//".utf8) {
        while at < bytes.count, bytes[at] != 0x0A { at += 1 }
      } else if isRelaxed, bytes[at...].starts(with: "/*".utf8) {
        at += 2
        while at < bytes.count, !bytes[at...].starts(with: "*/".utf8) { at += 1 }
        at = min(at + 2, bytes.count)
      } else {
        return
      }
    }
  }

  /// Where the first byte behind a place is that is neither blank nor in a comment.
  func place(behind start: Int) -> Int {
    var at = start
    skipBlanks(&at)
    return at
  }

  private func skipString(_ at: inout Int) {
    at += 1
    while at < bytes.count, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
    at += 1
  }

  private func node(_ at: inout Int) -> Node {
    skipBlanks(&at)
    let node = Node(start: at, end: at)
    guard at < bytes.count else { return node }
    switch bytes[at] {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      node.isObject = bytes[at] == UInt8(ascii: "{")
      node.isArray = !node.isObject
      let close = node.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
      at += 1
      while true {
        skipBlanks(&at)
        guard at < bytes.count, bytes[at] != close else { break }
        let start = at
        if node.isObject {
          skipString(&at)
          let name = (try? JSONReader.parse(Array(bytes[start..<at])))?.string ?? ""
          skipBlanks(&at)
          at += 1
          node.members.append((name, start, self.node(&at)))
        } else {
          node.elements.append(self.node(&at))
        }
        skipBlanks(&at)
        if at < bytes.count, bytes[at] == UInt8(ascii: ",") { at += 1 }
      }
      at += 1
    case UInt8(ascii: "\""): skipString(&at)
    default:
      while at < bytes.count, !" \t\r\n,]}/".utf8.contains(bytes[at]) { at += 1 }
    }
    node.end = min(at, bytes.count)
    return node
  }

  // MARK: Changing

  /// Adds an element to an array or, with a name, a member to an object, behind all others.
  mutating func add(_ value: JSONValue, named name: String? = nil, to node: Node) {
    let unit = unit
    let last = node.parts.last
    let close = node.end - 1
    // One that stands on one line stays on it.
    let isInline = last.map { !bytes[$0.upperBound..<close].contains(0x0A) } ?? false
    let own = indentation(of: node.start)
    var text = name.map { ConfigText.flat(.string($0)) + ": " } ?? ""
    text += isInline ? ConfigText.flat(value) : ConfigText.indented(value, unit: unit, margin: own + unit)
    if let last {
      let before = isInline ? ", " : ",\n\(own)\(unit)"
      bytes.insert(contentsOf: Array((before + text).utf8), at: last.upperBound)
    } else {
      bytes.replaceSubrange(
        (node.start + 1)..<close, with: Array("\n\(own)\(unit)\(text)\n\(own)".utf8))
    }
  }

  /// Takes an element or member out again, with the comma that it needed.
  mutating func remove(_ index: Int, from node: Node) {
    let parts = node.parts
    if parts.count == 1 {
      bytes.removeSubrange((node.start + 1)..<(node.end - 1))
    } else if index > 0 {
      bytes.removeSubrange(parts[index - 1].upperBound..<parts[index].upperBound)
    } else {
      bytes.removeSubrange(parts[0].lowerBound..<parts[1].lowerBound)
    }
  }

  /// What the writer of the text puts before each level.
  var unit: String {
    let root = root
    guard let first = root.parts.first else { return "  " }
    let blank = bytes[(root.start + 1)..<first.lowerBound]
    guard let line = blank.lastIndex(of: 0x0A) else { return "  " }
    let found = blank[(line + 1)...]
    return found.isEmpty ? "  " : String(decoding: found, as: UTF8.self)
  }

  /// The blanks at the beginning of the line that a place is in.
  func indentation(of place: Int) -> String {
    let start = bytes[..<place].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return String(decoding: bytes[start...].prefix { $0 == 0x20 || $0 == 0x09 }, as: UTF8.self)
  }
}
