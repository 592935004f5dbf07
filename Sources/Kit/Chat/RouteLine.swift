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
}
