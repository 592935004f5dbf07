/// Changes single top-level members of a line and leaves every other byte as it was.
///
/// Numbers keep their spelling, strings their escapes and members their order, so that a line can pass
/// through programs that do not know all of its members.
package enum LineEditor {
  /// Sets and removes members.
  ///
  /// A member that exists keeps its name and place and gets the new value. Others are appended after
  /// the last member. A member is removed together with the comma and the blanks before it, or after
  /// it if it is the first.
  ///
  /// - Parameters:
  ///   - changes: Names without quotes and escapes, and values as JSON text, which is not checked; nil
  ///     removes the member. Of two changes of one name the later counts.
  ///   - line: The line without its line feed.
  ///   - scanner: The scanner that has just accepted this line. It is a mistake in the program, and
  ///     traps, to give one that has failed or has scanned a line of another length.
  /// - Returns: The new line, without a line feed.
  package static func set(
    _ changes: [(name: String, rawValue: [UInt8]?)], in line: Span<UInt8>, scanner: LineScanner
  ) -> [UInt8] {
    precondition(scanner.length == line.count, "the scanner has not accepted this line")
    let members = scanner.members
    var edits: [Int?] = Array(repeating: nil, count: members.count)
    var additions: [Int] = []
    for (index, change) in changes.enumerated() {
      if let place = scanner.index(of: change.name, in: line) {
        edits[place] = index
      } else {
        additions.removeAll { ByteName.same(changes[$0].name, change.name) }
        if change.rawValue != nil { additions.append(index) }
      }
    }

    var writer = JSONWriter()
    let growth = changes.reduce(0) { $0 + $1.name.utf8.count + ($1.rawValue?.count ?? 0) + 4 }
    writer.bytes.reserveCapacity(line.count + growth)
    var isFirst = true
    writer.append(line.extracting(0..<(members.first.map { $0.nameStart - 1 } ?? scanner.bodyStart)))
    var separator = 0..<0
    for (place, member) in members.enumerated() {
      if place > 0 { separator = members[place - 1].valueEnd..<member.nameStart - 1 }
      let change = edits[place].map { changes[$0] }
      if let change, change.rawValue == nil { continue }
      if !isFirst { writer.append(line.extracting(separator)) }
      isFirst = false
      if let value = change?.rawValue {
        writer.append(line.extracting(member.nameStart - 1..<member.valueStart))
        writer.append(value.span)
      } else {
        writer.append(line.extracting(member.nameStart - 1..<member.valueEnd))
      }
    }
    for index in additions {
      if !isFirst { writer.bytes.append(Ascii.comma) }
      isFirst = false
      writer.appendString(changes[index].name.utf8.span)
      writer.bytes.append(Ascii.colon)
      if let value = changes[index].rawValue { writer.append(value.span) }
    }
    writer.append(line.extracting((members.last?.valueEnd ?? scanner.bodyStart)..<line.count))
    return writer.bytes
  }
}

extension LineScanner {
  /// The place of a member, or nil if there is none of this name.
  func index(of name: String, in line: Span<UInt8>) -> Int? {
    let wanted = name.utf8.span
    let fingerprint = Fingerprint.of(wanted)
    for index in members.indices where members[index].fingerprint == fingerprint {
      let member = members[index]
      if Self.same(
        line, member.nameStart, member.nameEnd, escaped: member.nameEscaped, as: wanted)
      {
        return index
      }
    }
    return nil
  }
}
