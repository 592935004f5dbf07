package import JSON

/// A line that cannot be what its type says.
package struct WireError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong, with the member's name.
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// The members of a line that stages decide by, decoded.
package struct Envelope: Sendable, Equatable {
  /// The type; empty where the line has none.
  package var type = ""
  /// The id; nil where the line has none.
  package var id: String?
  /// The address of the session.
  package var session: String?
  /// The id of the line that caused this one.
  package var parent: String?
  /// The id of the first line of the chain.
  package var trace: String?
  /// The agent that the router chose.
  package var agent: String?
  /// Where the answer goes instead of to the session.
  package var replyTo: String?
  /// Whether the line is printed again.
  package var again = false
  /// For a reply: whether it is the whole text.
  ///
  /// A reply that does not say is one.
  package var final = true
  /// For a reply: whether it leaves the turn open.
  package var notice = false
  /// For an error: whether it leaves the turn open.
  package var temporary = false
  /// For a control: what to do.
  package var action: String?

  /// Whether the line ends the turn of its parent.
  package var endsTurn: Bool {
    switch type {
    case "reply": final && !notice
    case "error": !temporary
    default: false
    }
  }

  /// Whether the line is a part of a text that will come whole later: losing it loses nothing.
  package var isPartial: Bool { type == "reply" && !final && !notice }

  /// Reads the members of a line that has just been scanned.
  ///
  /// - Throws: `WireError` when a member has the wrong kind or form.
  package init(_ scanner: LineScanner, _ line: Span<UInt8>) throws(WireError) {
    type = try Self.text("type", scanner, line) ?? ""
    id = try Self.id("id", scanner, line)
    session = try Self.text("session", scanner, line)
    parent = try Self.id("parent", scanner, line)
    trace = try Self.id("trace", scanner, line)
    agent = try Self.text("agent", scanner, line)
    replyTo = try Self.text("reply_to", scanner, line)
    again = try Self.flag("again", scanner, line) ?? false
    if type == "reply" {
      final = try Self.flag("final", scanner, line) ?? true
      notice = try Self.flag("notice", scanner, line) ?? false
    } else if type == "error" {
      temporary = try Self.flag("temporary", scanner, line) ?? false
    } else if type == "control" {
      action = try Self.text("action", scanner, line)
    }
  }

  /// The text of a member of a scanned line; nil where there is none or it is null.
  ///
  /// - Throws: `WireError` when it is something else.
  package static func text(
    _ name: StaticString, _ scanner: LineScanner, _ line: Span<UInt8>
  ) throws(WireError) -> String? {
    guard let member = scanner.find(name, in: line), member.kind != .null else { return nil }
    do {
      return try scanner.string(member, in: line)
    } catch {
      throw WireError("member \"\(name)\" is not a text")
    }
  }

  private static func id(
    _ name: StaticString, _ scanner: LineScanner, _ line: Span<UInt8>
  ) throws(WireError) -> String? {
    guard var id = try text(name, scanner, line) else { return nil }
    let isPlain = id.withUTF8 { (1...128).contains($0.count) && $0.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
    guard isPlain else {
      throw WireError("member \"\(name)\" is not 1 to 128 printable ASCII characters")
    }
    return id
  }

  private static func flag(
    _ name: StaticString, _ scanner: LineScanner, _ line: Span<UInt8>
  ) throws(WireError) -> Bool? {
    guard let member = scanner.find(name, in: line), member.kind != .null else { return nil }
    guard member.kind == .bool else { throw WireError("member \"\(name)\" is neither true nor false") }
    return line[member.valueStart] == UInt8(ascii: "t")
  }
}
