internal import Console
internal import JSON
internal import Journal
internal import Stage
internal import Store
package import System
internal import Wire

/// What comes from chat platforms.
extension Receiver {
  /// Takes words of a person: they are committed, then printed, then `accepted` is called with whether they
  /// are new, which is the moment to acknowledge them to the platform.
  ///
  /// What does not fit into a line becomes a file.
  package func accept(
    _ heard: Heard, of source: any Source, accepted: @escaping (Bool) -> Void = { _ in }
  ) throws {
    let id = stage.maker.id()
    var attachments = heard.attachments
    var line = message(heard, id: id, text: heard.text, attachments)
    if line.count > LineMaker.sourceLimit {
      let (start, file) = LongText.fit(heard.text, stage)
      if let file { attachments.insert(file, at: 0) }
      line = message(heard, id: id, text: start, attachments)
    }
    guard line.count <= LineMaker.sourceLimit else {
      Log.warning("a message is too large for a line; left out", [("event", heard.event)])
      return accepted(false)
    }
    var event = incoming(id, "message", heard.event, heard.session, line, source)
    event.releases = true
    event.handle = heard.handle
    if heard.text.isEmpty, transcribe != nil {
      recordings[id] = attachments.first { $0.kind == .voice && !$0.path.isEmpty }
    }
    try accept(event, accepted: accepted)
  }

  /// Takes a pressed button; one that is none of ours is told to the log, and `accepted` is called with false.
  package func accept(
    _ press: Press, of source: any Source, accepted: @escaping (Bool) -> Void = { _ in }
  ) throws {
    guard let (request, choice) = try ButtonToken.read(press.token, stage.journal.store) else {
      Log.notice(
        "a button that is none of ours was pressed", [("from", press.from.id), ("event", press.event)])
      return accepted(false)
    }
    let id = stage.maker.id()
    var json = begin("answer", id, press.session)
    person("from", press.from, &json)
    json.member("chat", press.isGroup ? "group" : "direct")
    json.member("request", request)
    json.member("choice", choice)
    json.member("origin", .object(press.origin))
    json.endObject()
    try accept(incoming(id, "answer", press.event, press.session, json.bytes, source), accepted: accepted)
  }

  /// Takes something that happened and is no message.
  package func accept(
    _ happened: Happened, of source: any Source, accepted: @escaping (Bool) -> Void = { _ in }
  ) throws {
    let id = stage.maker.id()
    var json = begin("event", id, happened.session)
    json.member("kind", happened.kind)
    if let from = happened.from { person("from", from, &json) }
    for (name, value) in happened.data.members where !["v", "type", "id", "kind", "from"].contains(name) {
      json.name(String(name))
      json.value(value)
    }
    json.endObject()
    guard json.bytes.count <= LineMaker.sourceLimit else { return accepted(false) }
    try accept(
      incoming(id, "event", happened.event, happened.session, json.bytes, source), accepted: accepted)
  }

  /// Prints how a source fares, so that a pipe can alert about itself, and tells it to the log.
  ///
  /// `state`: `connected`, `disconnected`, `deaf` or `refused`.
  package func status(of source: any Source, state: String, text: String) {
    var json = JSONWriter()
    json.beginObject()
    json.member("v", 1)
    json.member("type", "status")
    json.member("id", stage.maker.id())
    json.member("time", stage.journal.clock.now().description)
    json.member("platform", source.platform)
    if !source.account.isEmpty { json.member("account", source.account) }
    json.member("state", state)
    json.member("text", text)
    json.endObject()
    print(json.bytes)
    note(state, of: source)
    let words = [("source", source.credential ?? source.platform), ("reason", text)]
    if state == "connected" { Log.info(state, words) } else { Log.notice(state, words) }
  }

  /// Where a source had come when it last stored a cursor, and when that was.
  ///
  /// - Throws: `StoreError`.
  package func cursor(_ name: String, of source: any Source) throws -> (value: String, since: Timestamp)? {
    try stage.journal.store.cursor(platform: source.platform, account: source.account, name: name)
  }

  /// Notes where a source has come: stored together with the rows that were accepted before.
  package func save(_ name: String, _ value: String, of source: any Source) {
    save(CursorRow(platform: source.platform, account: source.account, name: name, value: value))
  }

  private func message(_ heard: Heard, id: String, text: String, _ files: [Attachment]) -> [UInt8] {
    var json = begin("message", id, heard.session)
    person("from", heard.from, &json)
    json.member("chat", heard.isGroup ? "group" : "direct")
    if heard.isGroup { json.member("mentioned", heard.isMentioned) }
    json.member("text", text)
    if !files.isEmpty {
      json.name("attachments")
      json.raw(Attachment.json(files))
    }
    if let quote = heard.quote {
      json.name("quote")
      json.beginObject()
      json.member("id", quote.id)
      json.member("text", quote.text)
      json.member("from", quote.from)
      json.endObject()
    }
    if let said = heard.said { json.member("sent", said.description) }
    if !heard.origin.isEmpty { json.member("origin", .object(heard.origin)) }
    json.endObject()
    return json.bytes
  }

  private func begin(_ type: StaticString, _ id: String, _ session: Address) -> JSONWriter {
    var json = JSONWriter()
    json.beginObject()
    json.member("v", 1)
    json.name("type")
    json.value(String(describing: type))
    json.member("id", id)
    json.member("time", stage.journal.clock.now().description)
    json.member("trace", id)
    json.member("session", session.description)
    return json
  }

  private func person(_ name: StaticString, _ person: Heard.Person, _ json: inout JSONWriter) {
    json.name(name)
    json.beginObject()
    json.member("id", person.id)
    json.member("name", person.name)
    json.endObject()
  }

  private func incoming(
    _ id: String, _ type: String, _ event: String, _ session: Address, _ line: [UInt8], _ source: any Source
  ) -> Incoming {
    Incoming(
      id: id, type: type, platform: source.platform, account: source.account, event: event,
      session: session.description, line: line)
  }
}
