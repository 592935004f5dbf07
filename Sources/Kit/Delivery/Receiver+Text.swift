internal import Journal
internal import Stage
internal import Wire

/// Messages that come as plain text.
extension Receiver {
  /// Who says something, and where.
  package struct Speaker: Sendable {
    /// The platform of the source.
    package var platform: String
    /// The session of the messages.
    package var session: String
    /// The person's id on the platform.
    package var id: String
    /// The person's name.
    package var name: String
    /// What the platform's messenger wants to find in each line, as JSON.
    package var origin: [UInt8]?

    /// A speaker.
    package init(platform: String, session: String, id: String, name: String, origin: [UInt8]? = nil) {
      self.platform = platform
      self.session = session
      self.id = id
      self.name = name
      self.origin = origin
    }
  }

  /// Takes a text as a message; what does not fit into a line becomes a file.
  ///
  /// - Returns: the id of the message.
  @discardableResult
  package func accept(text: String, of speaker: Speaker) throws -> String {
    func message(_ text: String) -> (id: String, line: [UInt8]) {
      stage.maker.message(
        session: speaker.session, from: speaker.id, name: speaker.name, text: text, origin: speaker.origin)
    }
    var (id, line) = message(text)
    if line.count > LineMaker.sourceLimit {
      let (start, file) = LongText.fit(text, stage)
      (id, line) = message(start)
      if let file { line = file.added(to: line) }
    }
    try accept(
      Incoming(
        id: id, type: "message", platform: speaker.platform, account: "", session: speaker.session, line: line
      ))
    return id
  }
}
