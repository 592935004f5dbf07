/// The header of a mail or of one of its parts.
package struct MailHeader: Sendable {
  /// Its fields from the top: names in lower case, values unfolded and not decoded.
  package private(set) var fields: [(name: String, value: [UInt8])] = []

  /// How much of it is read.
  package static let byteLimit = 256 << 10
  package static let fieldLimit = 1000

  /// Why a header is not read.
  package enum Fault: Error, Equatable, Sendable {
    case tooLarge, tooManyFields
  }

  /// A header without fields.
  package init() {}

  /// Reads the lines of a header, with either kind of line ends.
  ///
  /// - Throws: `Fault` beyond a limit.
  package init(_ bytes: ArraySlice<UInt8>) throws(Fault) {
    guard bytes.count <= Self.byteLimit else { throw .tooLarge }
    for line in MailBytes.lines(bytes) {
      if let first = line.first, MailBytes.isBlank(first) {
        guard !fields.isEmpty else { continue }
        fields[fields.count - 1].value += line
        continue
      }
      // A line without a name is none of a field: some mailboxes put one above the first.
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { continue }
      var name = line[..<colon]
      while let last = name.last, MailBytes.isBlank(last) { name.removeLast() }
      guard !name.isEmpty, name.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { continue }
      guard fields.count < Self.fieldLimit else { throw .tooManyFields }
      fields.append((MailBytes.lower(name), Array(line[(colon + 1)...])))
    }
    for index in fields.indices {
      let value = fields[index].value
      fields[index].value = Array(MailBytes.trimmed(value[...]))
    }
  }

  /// The values of a field, from the top.
  package func all(_ name: String) -> [[UInt8]] { fields.filter { $0.name == name }.map(\.value) }

  /// The first value of a field; nil where there is none.
  package func first(_ name: String) -> [UInt8]? { fields.first { $0.name == name }?.value }

  /// The first value as text that is ASCII; what is not becomes U+FFFD.
  package func plain(_ name: String) -> String? { first(name).map(MailBytes.text) }

  /// The first value with its encoded words decoded.
  package func text(_ name: String) -> String? { first(name).map { EncodedWords.decode($0) } }

  /// Where the header ends in a mail: the bytes of its fields, and where the body begins.
  package static func split(_ bytes: ArraySlice<UInt8>) -> (
    header: ArraySlice<UInt8>, body: ArraySlice<UInt8>
  ) {
    var start = bytes.startIndex
    while start < bytes.endIndex {
      guard let end = bytes[start...].firstIndex(of: 0x0A) else { break }
      if end == start || end == start + 1 && bytes[start] == 0x0D {
        return (bytes[..<start], bytes[(end + 1)...])
      }
      start = end + 1
    }
    return (bytes, bytes[bytes.endIndex...])
  }

  /// The message ids that stand in a field's values, at most `limit` of them: the first and the last ones.
  package func ids(_ name: String, limit: Int = 100) -> [String] {
    var found: [String] = []
    for value in all(name) {
      var place = value.startIndex
      while let start = value[place...].firstIndex(of: UInt8(ascii: "<")) {
        guard let end = value[start...].firstIndex(of: UInt8(ascii: ">")) else { break }
        let id = value[(start + 1)..<end].filter { $0 > 0x20 }
        if !id.isEmpty, id.count <= 900, id.allSatisfy({ $0 < 0x7F && $0 != UInt8(ascii: "<") }) {
          found.append(MailBytes.text(id))
        }
        place = end + 1
      }
    }
    guard found.count > limit else { return found }
    return [found[0]] + found.suffix(limit - 1)
  }
}
