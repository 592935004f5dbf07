package import JSON

/// Reads who speaks from lines, keeping its storage from one to the next.
package struct SenderReader: Sendable {
  private var inner = LineScanner()

  /// A reader.
  package init() {}

  /// The `id` of a scanned line's `from`; empty where the line names nobody.
  package mutating func id(_ scanner: LineScanner, _ line: Span<UInt8>) -> String {
    guard let from = scanner.find("from", in: line), from.kind == .object else { return "" }
    let object = line.extracting(from.valueStart..<from.valueEnd)
    guard (try? inner.scan(object)) != nil, let id = inner.find("id", in: object), id.kind == .string else {
      return ""
    }
    return (try? inner.string(id, in: object)) ?? ""
  }
}
