internal import Console
internal import EmailWire
internal import Mail
internal import Network
internal import Stage
internal import System

/// Looking into the mailbox: which mails are new, and reading them one after the other.
extension EmailSource {
  func look() {
    hasNews = false
    search("UID SEARCH UID \(place.last + 1):*")
  }

  func search(_ command: String) {
    timer?.cancel()
    session?.send(command) { [weak self] result in
      guard let self else { return }
      guard result.isOK else { return try give(up: "SEARCH", result.status) }
      // The newest mail is always among them, however old it is.
      waiting = Set(MailboxPlace.found(result.data)).filter { [place] in $0 > place.last }.sorted()
      try next()
    }
  }

  /// Does what is next: marks what is handled, reads the next mail, or waits for news.
  func next() throws {
    guard let session, isSelected, !session.isBusy, storing == nil, !isPaused, !isStopping else { return }
    if !seen.isEmpty {
      let handled = seen.map { String($0) }.joined(separator: ",")
      seen = []
      // That it is marked is for people: nothing depends on it.
      return session.send("UID STORE \(handled) +FLAGS.SILENT (\\Seen)") { [weak self] _ in try self?.next() }
    }
    if let uid = waiting.first {
      guard trouble[uid] ?? 0 < Self.tries else {
        Log.warning("the server cannot show a mail; it is left out", [("uid", "\(uid)")])
        return try handled(uid)
      }
      return fetchSize(uid)
    }
    if let floor {
      self.floor = nil
      place.last = max(place.last, floor)
      save()
    }
    hasNews ? look() : rest()
  }

  func fetchSize(_ uid: Int) {
    fetching = uid
    session?.send("UID FETCH \(uid) (UID RFC822.SIZE)") { [weak self] result in
      guard let self else { return }
      guard result.isOK else { return try give(up: "FETCH", result.status) }
      guard let size = FetchedMail(result.data, uid: uid)?.size else {
        // Somebody has taken it away.
        return try handled(uid)
      }
      let isTooLarge = size > email.maxSize
      fetch(uid, size: size, isTooLarge ? "BODY.PEEK[HEADER]" : "BODY.PEEK[]")
    }
  }

  func fetch(_ uid: Int, size: Int, _ what: String) {
    // A server may count otherwise than it sends.
    session?.send("UID FETCH \(uid) (UID \(what))", literals: email.maxSize + (1 << 20)) {
      [weak self] result in
      guard let self else { return }
      guard result.isOK else { return try give(up: "FETCH", result.status) }
      guard let content = FetchedMail(result.data, uid: uid)?.content else { return try handled(uid) }
      let isWhole = what == "BODY.PEEK[]"
      try take(content, uid: uid, size: isWhole ? content.count : max(size, content.count + 1))
    }
  }

  func handled(_ uid: Int) throws {
    fetching = nil
    if waiting.first == uid { waiting.removeFirst() }
    place.last = max(place.last, uid)
    save()
    try next()
  }
}
