internal import JSON
internal import Settings
internal import Store
internal import Wire

/// A message on its way through the router.
struct RouteLine {
  let id: String
  let session: RouteSession
  /// The session as the line spells it.
  let spelled: String
  let trace: String?
  let isAgain: Bool
  let origin: InboxOrigin?
  let person: Person
  let rank: People.Rank

  /// What a reply to it is caused by.
  var cause: Cause { Cause(id: id, trace: trace ?? id, session: spelled) }

  /// The id of who speaks; empty where the line names nobody.
  static func sender(_ scanner: LineScanner, _ inner: inout LineScanner, _ line: Span<UInt8>) -> String {
    guard let from = scanner.find("from", in: line), from.kind == .object else { return "" }
    let object = line.extracting(from.valueStart..<from.valueEnd)
    guard (try? inner.scan(object)) != nil, let id = inner.find("id", in: object), id.kind == .string else {
      return ""
    }
    return (try? inner.string(id, in: object)) ?? ""
  }
}
