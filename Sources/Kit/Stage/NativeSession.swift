internal import JSON
package import Store

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
  package static func kept(in row: SessionRow?, agent: String) -> NativeSession? {
    guard let row, let kept = (try? JSONReader.parse(row.data))?["native"]?[agent]?.object,
      let id = kept["id"]?.string, let workdir = kept["workdir"]?.string
    else { return nil }
    return NativeSession(id: id, workdir: workdir, isForeign: kept["foreign"]?.bool ?? false)
  }

  /// The text of a row's `data` with an agent's own session, or without it; everything else in it as it was.
  package static func put(_ native: NativeSession?, of agent: String, in text: String) -> String {
    var data = (try? JSONReader.parse(text))?.object ?? JSONObject()
    var all = data["native"]?.object ?? JSONObject()
    all[agent] = native.map { native in
      var value = JSONObject([("id", .string(native.id)), ("workdir", .string(native.workdir))])
      if native.isForeign { value["foreign"] = true }
      return .object(value)
    }
    data["native"] = .object(all)
    var json = JSONWriter()
    json.value(.object(data))
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
