internal import JSON
package import Routing
package import Store

/// A conversation's choices as they stand in its row: the agent in its column, the rest in `data` beside
/// whatever others keep there.
extension SessionChoice {
  /// The choices of a row; none where there is no row.
  package init(_ row: SessionRow?) {
    self.init()
    guard let row else { return }
    agent = row.agent
    let data = (try? JSONReader.parse(row.data))?.object
    project = data?["project"]?.string
    model = data?["model"]?.string
    // Anything that is not known is read as the strict one.
    mode = data?["mode"]?.string.map { _ in "plan" }
    think = data?["think"]?.string
    verbose = data?["verbose"]?.string
  }

  /// The number of the message that changed the choices last; 0 where none has.
  package static func lastChange(in text: String) -> Int {
    (try? JSONReader.parse(text))?["changed_by"]?.int ?? 0
  }

  /// The text of `data` with these choices, everything else in it as it was.
  package func data(in text: String, changedBy number: Int) -> String {
    var data = (try? JSONReader.parse(text))?.object ?? JSONObject()
    for (name, value) in [
      ("project", project), ("model", model), ("mode", mode), ("think", think), ("verbose", verbose),
    ] { data[name] = value.map { .string($0) } }
    data["changed_by"] = .number(JSONNumber(number))
    var json = JSONWriter()
    json.value(.object(data))
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
