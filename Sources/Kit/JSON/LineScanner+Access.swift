extension LineScanner {
  /// The member of this name, or nil.
  ///
  /// Names are compared decoded: a member spelled `"\u0069d"` is found as `id`.
  ///
  /// - Parameters:
  ///   - name: The name without quotes and escapes.
  ///   - line: The line that was scanned last.
  /// - Returns: The member; there is at most one.
  package func find(_ name: StaticString, in line: Span<UInt8>) -> Member? {
    name.withUTF8Buffer { buffer in
      let wanted = buffer.span
      let fingerprint = Fingerprint.of(wanted)
      for index in members.indices where members[index].fingerprint == fingerprint {
        let member = members[index]
        if Self.same(
          line, member.nameStart, member.nameEnd, escaped: member.nameEscaped, as: wanted)
        {
          return member
        }
      }
      return nil
    }
  }

  /// The string that a member is, without quotes and escapes.
  ///
  /// - Parameters:
  ///   - member: A member of the line.
  ///   - line: The line that was scanned last.
  /// - Returns: The decoded string.
  /// - Throws: `JSONError` if the value is not a string.
  package func string(_ member: Member, in line: Span<UInt8>) throws(JSONError) -> String {
    do throws(Fault) {
      // The second condition fails, and UTF-8 is checked again, only for the mistake of giving
      // another line than the one that was scanned.
      guard member.kind == .string, member.valueEnd <= line.count else {
        throw Fault(.notString, at: member.valueStart)
      }
      return try Lexer.text(
        line, from: member.valueStart + 1, to: member.valueEnd - 1, escaped: member.escaped,
        checked: false)
    } catch {
      throw JSONError(error, in: line)
    }
  }

  /// Whether a member is this string, however it is spelled; false if it is not a string.
  ///
  /// - Parameters:
  ///   - member: A member of the line.
  ///   - text: The string without quotes and escapes.
  ///   - line: The line that was scanned last.
  /// - Returns: Whether the decoded bytes are the same.
  package func equals(_ member: Member, _ text: StaticString, in line: Span<UInt8>) -> Bool {
    guard member.kind == .string else { return false }
    return text.withUTF8Buffer {
      Self.same(
        line, member.valueStart + 1, member.valueEnd - 1, escaped: member.escaped, as: $0.span)
    }
  }

  /// Whether the inside of a string in the line stands for these bytes.
  static func same(
    _ line: Span<UInt8>, _ start: Int, _ end: Int, escaped: Bool, as wanted: Span<UInt8>
  ) -> Bool {
    guard escaped else { return Lexer.equal(line, start, end, wanted, 0, wanted.count) }
    // An escape is at least as long as what it stands for.
    guard end <= line.count, end - start >= wanted.count,
      let decoded = try? Lexer.unescape(line, from: start, to: end)
    else { return false }
    return Lexer.equal(decoded.span, 0, decoded.count, wanted, 0, wanted.count)
  }
}
