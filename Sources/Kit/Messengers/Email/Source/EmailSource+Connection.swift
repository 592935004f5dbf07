internal import Console
internal import Delivery
internal import EmailWire
internal import Journal
internal import Mail
internal import Network
internal import Stage
internal import System
internal import Web

/// The connection: made, given up and made anew, up to where an open mailbox is known.
extension EmailSource {
  func connect() {
    let session = IMAPSession(options, stage.loop, patience: email.patience)
    self.session = session
    (isSelected, isIdling, hasNews, waiting) = (false, false, false, [])
    (fetching, floor) = (nil, nil)
    session.onEnd = { [weak self] in try self?.lost($0) }
    session.onHeard = { [weak self] in self?.reconnector?.heard() }
    session.onNews = { [weak self] in self?.told($0) }
    session.open(client) { [weak self] in self?.greet() }
  }

  func abandon() {
    timer?.cancel()
    session?.close()
    session = nil
  }

  func lost(_ error: MailError) throws {
    timer?.cancel()
    (session, isSelected) = (nil, false)
    if error.kind == .malformed, let fetching { trouble[fetching, default: 0] += 1 }
    guard !isStopping, let receiver else { return }
    guard error.isTemporary else {
      return refuse("\(error)", email.failure(error))
    }
    if wasTold { receiver.status(of: self, state: "disconnected", text: "\(error)") }
    if !wasTold { Log.notice("cannot receive mail now", [("reason", "\(error)")]) }
    wasTold = false
    try reconnector?.lost()
  }

  /// The end that no waiting would help against.
  func refuse(_ text: String, _ failure: Failure) {
    receiver?.status(of: self, state: "refused", text: text)
    leave(with: failure)
  }

  /// Ends the command once what was said before is written.
  func leave(with failure: Failure) {
    reconnector?.stop()
    // The first call is of this turn of the loop, the second of the next one.
    stage.loop.after(0) { [loop = stage.loop] in loop.after(0) { throw failure } }
  }

  /// An answer that makes it pointless to go on: the connection is made anew, later.
  func give(up what: String, _ status: IMAPReader.Status) throws {
    session?.close()
    try lost(
      MailError(
        .malformed, options.server, "\(what) is refused: \(status.text.prefix(200))", isTemporary: true))
  }

  func greet() {
    session?.send("CAPABILITY") { [weak self] result in
      guard let self else { return }
      guard result.isOK else { return try give(up: "CAPABILITY", result.status) }
      for answer in result.data where answer.first?.word == "CAPABILITY" {
        capabilities = Set(answer.dropFirst().compactMap(\.word))
      }
      select()
    }
  }

  func select() {
    session?.send("SELECT \(MailboxPlace.quoted(mailbox))") { [weak self] result in
      guard let self, let receiver else { return }
      guard result.isOK else {
        guard result.status.condition == "NO",
          !["UNAVAILABLE", "SERVERBUG", "INUSE"].contains(result.status.code.first)
        else { return try give(up: "SELECT", result.status) }
        return refuse(
          "the mailbox cannot be opened: \(result.status.text)",
          Failure(
            .configuration,
            "email: \(options.server): the mailbox \(mailbox) cannot be opened: \(result.status.text)",
            hint: "check \"mailbox\" of account \"\(email.account.name)\" in config.json"))
      }
      guard let validity = result.number("UIDVALIDITY") else {
        return try give(up: "SELECT (it tells no UIDVALIDITY)", result.status)
      }
      reconnector?.connected()
      (wasTold, isSelected) = (true, true)
      receiver.status(of: self, state: "connected", text: "\(options.server), \(mailbox)")
      try begin(validity, next: result.number("UIDNEXT"))
    }
  }

  /// Finds out where we were in the mailbox.
  func begin(_ validity: Int, next: Int?) throws {
    guard let receiver else { return }
    // What is still to be marked has other numbers now.
    if validity != place.validity { (seen, trouble) = ([], [:]) }
    let known = try receiver.cursor(mailbox, of: self).flatMap { MailboxPlace($0.value) }
    if let known, known.validity == validity {
      place = known
      return look()
    }
    guard let next else { return findEnd(validity) }
    if known == nil {
      // What was there before us nobody waits for an answer to.
      place = MailboxPlace(validity: validity, last: next - 1)
      save()
      return look()
    }
    // Its numbers mean nothing any more: look at the newest mails, and know those again that were handled.
    Log.notice("the mailbox was made anew; looking at the mails of the last days", [("mailbox", mailbox)])
    place = MailboxPlace(validity: validity, last: 0)
    floor = next - 1
    search("UID SEARCH SINCE \(MailboxPlace.day(stage.journal.clock.now() + -2 * 86_400_000))")
  }

  /// The number of the newest mail, where the server does not tell it.
  func findEnd(_ validity: Int) {
    session?.send("UID SEARCH ALL") { [weak self] result in
      guard let self else { return }
      guard result.isOK else { return try give(up: "SEARCH", result.status) }
      place = MailboxPlace(validity: validity, last: MailboxPlace.found(result.data).max() ?? 0)
      save()
      look()
    }
  }

  func save() { receiver?.save(mailbox, place.description, of: self) }
}
