internal import JSON
internal import Journal
internal import Settings
internal import Stage
internal import Store
internal import System

/// A session of the agent's own, by which it finds what was said before.
package struct NativeSession: Equatable, Sendable {
  /// The id as the agent reports it.
  package var id: String
  /// The work directory that it belongs to.
  package var workdir: String
  /// Whether a person attached to it: agim did not make it, so it is to be forked, never written on.
  package var isForeign: Bool

  /// A session of its parts.
  package init(id: String, workdir: String, isForeign: Bool = false) {
    (self.id, self.workdir, self.isForeign) = (id, workdir, isForeign)
  }

  /// What a conversation's row keeps of an agent; nil where there is nothing.
  static func kept(in row: SessionRow?, agent: String) -> NativeSession? {
    guard let row, let kept = (try? JSONReader.parse(row.data))?["native"]?[agent]?.object,
      let id = kept["id"]?.string, let workdir = kept["workdir"]?.string
    else { return nil }
    return NativeSession(id: id, workdir: workdir, isForeign: kept["foreign"]?.bool ?? false)
  }
}

/// The agents' own sessions, kept in the row of the conversation: `/new` leaves them behind with it.
extension Turn {
  /// The conversation's number: another one after `/new`, so that nothing of before is met again.
  package var conversation: String {
    isAside ? "aside \(row.id)" : session.map { "\($0.n)" } ?? row.session
  }

  /// The agent's own session in this conversation; nil where it has none yet.
  package var nativeSession: NativeSession? {
    isAside ? nil : NativeSession.kept(in: session, agent: settings.name)
  }

  /// Keeps the agent's own session, or forgets it.
  ///
  /// Stored before anything else is told to the agent where the store can be written, else as soon as it can.
  ///
  /// - Throws: what the store says, where waiting does not help.
  package func keep(_ native: NativeSession?) throws {
    guard !isAside, native != nativeSession, let number = session?.n else { return }
    let name = settings.name
    try stage.untilStored { [stage] in
      try stage.journal.write {
        // Others change other members of it.
        guard let row = try stage.journal.store.session("\(number)"), row.n == number else { return }
        var data = (try? JSONReader.parse(row.data))?.object ?? JSONObject()
        var all = data["native"]?.object ?? JSONObject()
        all[name] = native.map { native in
          var value = JSONObject([("id", .string(native.id)), ("workdir", .string(native.workdir))])
          if native.isForeign { value["foreign"] = true }
          return .object(value)
        }
        data["native"] = .object(all)
        var json = JSONWriter()
        json.value(.object(data))
        try stage.journal.store.setSession(
          row.n, label: row.label, description: row.description,
          data: String(decoding: json.bytes, as: UTF8.self))
      }
    }
    try refreshSession()
  }
}
