internal import JSON
internal import Store
internal import System
internal import Text

/// A status as text for people and as JSON for programs.
extension Status {
  /// Aligned lines.
  package var text: String {
    var rows: [(String, String)] = []
    for pipe in pipes {
      var words = "not run by agim start"
      if let owner = pipe.owner {
        words = "runs\(owner.isSupervised ? " under systemd" : ""), process \(owner.pid)"
        if let uptime = pipe.uptime { words += ", up \(Self.span(uptime))" }
        if !pipe.stages.isEmpty { words += ": \(pipe.stages.map(\.name).joined(separator: " | "))" }
      }
      rows.append((pipe.name ?? "any pipeline", pipe.name == nil ? "" : words))
      for (box, depths) in [("inbox", pipe.inbox), ("outbox", pipe.outbox)] where !depths.isEmpty {
        let counts = depths.map { "\($0.count) \($0.state)" }.joined(separator: ", ")
        let oldest = depths.map(\.oldest).min() ?? time
        rows.append(("", "\(box): \(counts), the oldest for \(Self.span((time - oldest) / 1000))"))
      }
    }
    for account in accounts {
      let name = account.account.isEmpty ? account.platform : "\(account.platform)@\(account.account)"
      rows.append(
        (name, "heard last \(account.accepted), \(Self.span((time - account.accepted) / 1000)) ago"))
    }
    if let limits { rows += limits.rows(at: time) }
    if let size {
      rows.append(("store", "\(Self.bytes(size.store)), log \(Self.bytes(size.log))"))
    } else {
      rows.append(("store", "none yet"))
    }
    let width = min(24, rows.map(\.0.count).max() ?? 0)
    return rows.map { name, words in
      let shown = displayEscaped(name)
      return shown + String(repeating: " ", count: max(0, width - shown.count)) + "  "
        + displayEscaped(words) + "\n"
    }.joined()
  }

  /// One object a line.
  package var json: [UInt8] {
    var json = JSONWriter()
    for pipe in pipes {
      json.beginObject()
      json.member("kind", "pipe")
      json.name("name" as StaticString)
      pipe.name.map { json.value($0) } ?? json.null()
      json.member("runs", pipe.owner != nil)
      if let owner = pipe.owner {
        json.member("pid", Int(owner.pid))
        json.member("uptime", Int(pipe.uptime ?? 0))
        json.member("supervisor", owner.isSupervised ? "systemd" : "agim")
        json.member(
          "stages",
          .array(pipe.stages.map { ["name": .string($0.name), "pid": .number(JSONNumber(Int($0.pid)))] }))
      }
      json.member("inbox", Self.counts(pipe.inbox))
      json.member("outbox", Self.counts(pipe.outbox))
      json.member("oldest", pipe.oldest?.description)
      json.endObject()
      json.newline()
    }
    for account in accounts {
      json.beginObject()
      json.member("kind", "account")
      json.member("platform", account.platform)
      json.member("account", account.account)
      json.member("last_inbound", account.accepted.description)
      json.endObject()
      json.newline()
    }
    limits?.write(&json)
    json.beginObject()
    json.member("kind", "store")
    json.member("exists", size != nil)
    if let size {
      json.member("bytes", Int(size.store))
      json.member("log_bytes", Int(size.log))
    }
    if let trouble { json.member("trouble", "\(trouble)") }
    json.endObject()
    json.newline()
    return json.bytes
  }

  private static func counts(_ depths: [Store.Depth]) -> JSONValue {
    .object(JSONObject(depths.map { ($0.state, .number(JSONNumber(Int($0.count)))) }))
  }

  /// Seconds in the two largest units.
  static func span(_ seconds: Int64) -> String {
    let seconds = max(0, seconds)
    switch seconds {
    case ..<60: return "\(seconds) s"
    case ..<3600: return "\(seconds / 60) min"
    case ..<86_400: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
    default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
    }
  }

  static func bytes(_ count: Int64) -> String {
    switch count {
    case ..<10_000: "\(count) bytes"
    case ..<10_000_000: "\(count / 1000) kB"
    default: "\(count / 1_000_000) MB"
    }
  }
}
