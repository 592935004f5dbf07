internal import JSON
package import System

/// Makes the lines that agim's stages print, with fresh ids and the time.
package struct LineMaker {
  /// The clock of times and ids.
  package let clock: Clock
  private var ids: UUIDMaker

  /// A maker on a clock.
  package init(clock: Clock) {
    self.clock = clock
    ids = UUIDMaker(clock: clock)
  }

  /// A fresh id.
  package mutating func id() -> String { ids.next() }

  /// A message of a person or program.
  ///
  /// `origin`: what the platform's messenger wants to find again, as JSON.
  ///
  /// - Returns: the id and the line, without a newline.
  package mutating func message(
    session: String, from id: String, name: String?, text: String, parent: String? = nil,
    trace: String? = nil, origin: [UInt8]? = nil, chat: String = "direct"
  ) -> (id: String, line: [UInt8]) {
    let own = ids.next()
    var json = begin(
      "message", own, parent: parent, trace: trace ?? own, session: session,
      text: text.utf8.count + (origin?.count ?? 0))
    json.name("from")
    json.beginObject()
    json.member("id", id)
    json.member("name", name)
    json.endObject()
    json.member("chat", chat)
    json.member("text", text)
    if let origin {
      json.name("origin")
      json.raw(origin)
    }
    json.endObject()
    return (own, json.bytes)
  }

  /// A reply to a line, whole or in part.
  package mutating func reply(
    id: String? = nil, to cause: Cause, text: String, final: Bool = true, notice: Bool = false,
    agent: String? = nil
  ) -> (id: String, line: [UInt8]) {
    let own = id ?? ids.next()
    var json = begin("reply", own, to: cause, text: text.utf8.count)
    json.member("agent", agent)
    json.member("text", text)
    json.member("final", final)
    if notice { json.member("notice", true) }
    json.endObject()
    return (own, json.bytes)
  }

  /// Something that went wrong, for the chat.
  package mutating func error(
    to cause: Cause, stage: String, code: String, text: String, temporary: Bool = false, agent: String? = nil
  ) -> (id: String, line: [UInt8]) {
    let own = ids.next()
    var json = begin("error", own, to: cause)
    json.member("stage", stage)
    json.member("code", code)
    json.member("agent", agent)
    json.member("text", text)
    json.member("temporary", temporary)
    json.endObject()
    return (own, json.bytes)
  }

  /// Progress of a turn.
  package mutating func action(
    to cause: Cause, key: String, phase: String, title: String, detail: String? = nil
  ) -> [UInt8] {
    var json = begin("action", ids.next(), parent: cause.id, trace: cause.trace, session: cause.session)
    json.member("key", key)
    json.member("phase", phase)
    json.member("title", title)
    json.member("detail", detail)
    json.endObject()
    return json.bytes
  }

  /// What another stage is to do with a session.
  ///
  /// `more`: further members, all of them texts.
  package mutating func control(
    to cause: Cause, action: String, more: [(name: String, value: String)] = []
  ) -> [UInt8] {
    var json = begin("control", ids.next(), parent: cause.id, trace: cause.trace, session: cause.session)
    json.member("action", action)
    for (name, value) in more {
      json.name(name)
      json.value(value)
    }
    json.endObject()
    return json.bytes
  }

  /// What a person is asked before an agent may use a tool.
  ///
  /// `text` is the card for people; `input` a JSON object.
  package mutating func request(
    to cause: Cause, kind: String, agent: String, tool: String, input: [UInt8], workdir: String,
    digest: String,
    code: String, expires: Timestamp, choices: [String], text: String
  ) -> (id: String, line: [UInt8]) {
    let own = ids.next()
    var json = begin("request", own, to: cause)
    json.member("kind", kind)
    json.member("agent", agent)
    json.member("tool", tool)
    json.name("input")
    json.raw(input)
    json.member("workdir", workdir)
    json.member("digest", digest)
    json.member("code", code)
    json.member("expires", expires.description)
    json.name("choices")
    json.beginArray()
    for choice in choices { json.value(choice) }
    json.endArray()
    json.member("text", text)
    json.endObject()
    return (own, json.bytes)
  }

  /// That a request was settled: a wake-up call for who waits, and for whoever shows its card.
  package mutating func decision(
    to cause: Cause, request: String, verdict: String, by: String, via: String, scope: String
  ) -> [UInt8] {
    var json = begin("decision", ids.next(), to: cause)
    json.member("request", request)
    json.member("verdict", verdict)
    json.member("by", by)
    json.member("via", via)
    json.member("scope", scope)
    json.endObject()
    return json.bytes
  }

  /// What became of a reply.
  package mutating func receipt(
    of id: String, trace: String?, session: String?, state: String, proof: String?, reason: String?
  ) -> [UInt8] {
    var json = begin("receipt", ids.next(), parent: id, trace: trace, session: session)
    json.member("state", state)
    json.member("proof", proof)
    json.member("reason", reason)
    json.endObject()
    return json.bytes
  }

  /// How long a line may be when a source accepts it: room is left for what is added on the way.
  package static let sourceLimit = JSONLimits.line.maxBytes - 4096

  /// A line with `"again":true`: it is printed again.
  ///
  /// Where that would make it too long it stays as it is; stages know it by its id.
  package static func again(_ line: [UInt8]) -> [UInt8] {
    var scanner = LineScanner()
    guard (try? scanner.scan(line.span)) != nil else { return line }
    let marked = LineEditor.set(
      [(name: "again", rawValue: Array("true".utf8))], in: line.span, scanner: scanner)
    return marked.count > JSONLimits.line.maxBytes ? line : marked
  }

  private func begin(
    _ type: StaticString, _ id: String, parent: String?, trace: String?, session: String?, text: Int = 0
  ) -> JSONWriter {
    // What a line has besides its text is mostly less than this.
    var json = JSONWriter(reserving: text + 512)
    json.beginObject()
    json.member("v", 1)
    json.name("type")
    json.value(String(describing: type))
    json.member("id", id)
    json.member("time", clock.now().description)
    json.member("parent", parent)
    json.member("trace", trace)
    json.member("session", session)
    return json
  }

  private func begin(_ type: StaticString, _ id: String, to cause: Cause, text: Int = 0) -> JSONWriter {
    var json = begin(type, id, parent: cause.id, trace: cause.trace, session: cause.session, text: text)
    json.member("reply_to", cause.replyTo)
    return json
  }
}

/// The line that others are caused by.
package struct Cause: Sendable, Equatable {
  /// Its id.
  package var id: String?
  /// The id of the first line of its chain.
  package var trace: String?
  /// Its session.
  package var session: String?
  /// Where the answer goes instead of to the session.
  package var replyTo: String?

  /// The cause that an envelope is.
  package init(_ envelope: Envelope) {
    id = envelope.id
    trace = envelope.trace ?? envelope.id
    session = envelope.session
    replyTo = envelope.replyTo
  }

  /// A cause of its parts.
  package init(id: String?, trace: String?, session: String?, replyTo: String? = nil) {
    self.id = id
    self.trace = trace
    self.session = session
    self.replyTo = replyTo
  }
}
