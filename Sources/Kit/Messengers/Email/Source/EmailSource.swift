internal import Console
internal import Crypto
package import Delivery
internal import EmailWire
internal import Journal
internal import Mail
internal import Network
package import Stage
internal import Store
internal import System

package import class Delivery.Account

/// Receives mail: looks into a mailbox over IMAP, and is told of news where the server can.
package final class EmailSource: Source {
  package let platform = FACTS.name
  package let account: String

  private let email: EmailAccount
  private let mailbox: String
  private let deafAfter: Int64
  private let poll: Int64
  private let renewal: Int64
  let options: MailConnection.Options
  let client: HTTPClient
  let intake: MailIntake
  private unowned let stage: Stage
  unowned var receiver: Receiver?
  private var reconnector: Reconnector?
  private var rates: SenderRates
  private var isStopping = false
  private var isPaused = false
  private var wasTold = false

  // The connection and what it is about.
  private var session: IMAPSession?
  private var capabilities: Set<String> = []
  private var place = MailboxPlace()
  private var waiting: [Int] = []
  /// Whether the mailbox is open.
  private var isSelected = false
  private var isIdling = false
  private var hasNews = false
  /// The mail that the server is asked for.
  private var fetching: Int?
  /// How often the server's answer about a mail made no sense.
  private var trouble: [Int: Int] = [:]
  /// Up to where the mails count as looked at once those that wait are.
  private var floor: Int?
  /// A mail that is about to be committed.
  private var storing: Int?
  private var seen: [Int] = []
  private var timer: EventLoop.Timer?

  /// IDLE is renewed long before a server gives it up (29 minutes), or a router in between does.
  private static let longestIdle: Int64 = 9 * 60_000
  /// After so many answers that make no sense a mail is left out, so that those behind it are not lost.
  private static let tries = 3
  /// How long a server may take to say that it is still there.
  private static let probe: Int64 = 30_000

  /// The source of an account.
  ///
  /// - Throws: `Failure` with status 78.
  package init(_ account: Account, _ stage: Stage, _ options: SourceOptions) throws {
    self.stage = stage
    self.account = account.account
    email = try EmailAccount(account)
    mailbox = try account.text("mailbox") ?? "INBOX"
    guard mailbox.utf8.count <= 500, !mailbox.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw account.failure("mailbox", "expected a name of at most 500 bytes")
    }
    deafAfter = options.deafAfter
    // Whoever has been silent for too long counts as dead: it is asked for a sign of life well before.
    poll = min(Int64(try account.number("poll", in: 1...300) ?? 60) * 1000, max(1000, deafAfter / 3))
    renewal = min(Self.longestIdle, max(1000, deafAfter / 3))
    let servers = (try account.texts("authserv_id") ?? (try account.text("authserv_id").map { [$0] })) ?? []
    rates = SenderRates(perHour: try account.number("per_hour", in: 1...100_000) ?? 60)
    guard !servers.isEmpty || email.secret != nil else {
      throw Failure(
        .configuration,
        "account \"\(account.name)\" has neither \"authserv_id\" nor \"address_secret\": "
          + "nothing would prove who a mail is from",
        hint: "see agim-email(7), TRUST")
    }
    self.options = try email.options("imap", [.imaps, .imap])
    client = HTTPClient(stage.loop)
    intake = MailIntake(
      account: email,
      rules: MailVerdict.Rules(
        own: email.address, servers: servers.map { $0.lowercased() }, secret: email.secret,
        isEqual: { constantTimeEqual($0, $1) }),
      platform: platform, stage: stage)
  }

  package func start(_ receiver: Receiver) throws {
    self.receiver = receiver
    var limits = Reconnection.Limits()
    limits.deafAfter = deafAfter
    var actions = Reconnector.Actions(
      connect: { [unowned self] in connect() }, abandon: { [unowned self] in abandon() },
      deaf: { [unowned self] in
        let why = "nothing came from \(options.server) for too long"
        receiver.status(of: self, state: "deaf", text: why)
        leave(with: Failure(.temporary, "email: \(why)"))
      })
    actions.note = { Log.info("email", [("what", $0)]) }
    let reconnector = Reconnector(stage.loop, limits, actions)
    self.reconnector = reconnector
    try reconnector.start()
  }

  package func pause() { isPaused = true }

  package func resume() {
    isPaused = false
    stage.loop.after(0) { [weak self] in try self?.next() }
  }

  package func stop() throws {
    isStopping = true
    reconnector?.stop()
    timer?.cancel()
    session?.close()
    session = nil
    receiver?.ended(self)
  }

  // MARK: - The connection

  private func connect() {
    let session = IMAPSession(options, stage.loop, patience: email.patience)
    self.session = session
    (isSelected, isIdling, hasNews, waiting) = (false, false, false, [])
    (fetching, floor) = (nil, nil)
    session.onEnd = { [weak self] in try self?.lost($0) }
    session.onHeard = { [weak self] in self?.reconnector?.heard() }
    session.onNews = { [weak self] in self?.told($0) }
    session.open(client) { [weak self] in self?.greet() }
  }

  private func abandon() {
    timer?.cancel()
    session?.close()
    session = nil
  }

  private func lost(_ error: MailError) throws {
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
  private func refuse(_ text: String, _ failure: Failure) {
    receiver?.status(of: self, state: "refused", text: text)
    leave(with: failure)
  }

  /// Ends the command once what was said before is written.
  private func leave(with failure: Failure) {
    reconnector?.stop()
    // The first call is of this turn of the loop, the second of the next one.
    stage.loop.after(0) { [loop = stage.loop] in loop.after(0) { throw failure } }
  }

  /// An answer that makes it pointless to go on: the connection is made anew, later.
  private func give(up what: String, _ status: IMAPReader.Status) throws {
    session?.close()
    try lost(
      MailError(
        .malformed, options.server, "\(what) is refused: \(status.text.prefix(200))", isTemporary: true))
  }

  private func greet() {
    session?.send("CAPABILITY") { [weak self] result in
      guard let self else { return }
      guard result.isOK else { return try give(up: "CAPABILITY", result.status) }
      for answer in result.data where answer.first?.word == "CAPABILITY" {
        capabilities = Set(answer.dropFirst().compactMap(\.word))
      }
      select()
    }
  }

  private func select() {
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
  private func begin(_ validity: Int, next: Int?) throws {
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
  private func findEnd(_ validity: Int) {
    session?.send("UID SEARCH ALL") { [weak self] result in
      guard let self else { return }
      guard result.isOK else { return try give(up: "SEARCH", result.status) }
      place = MailboxPlace(validity: validity, last: MailboxPlace.found(result.data).max() ?? 0)
      save()
      look()
    }
  }

  private func save() { receiver?.save(mailbox, place.description, of: self) }

  // MARK: - Looking

  private func look() {
    hasNews = false
    search("UID SEARCH UID \(place.last + 1):*")
  }

  private func search(_ command: String) {
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
  private func next() throws {
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

  private func fetchSize(_ uid: Int) {
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

  private func fetch(_ uid: Int, size: Int, _ what: String) {
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

  private func handled(_ uid: Int) throws {
    fetching = nil
    if waiting.first == uid { waiting.removeFirst() }
    place.last = max(place.last, uid)
    save()
    try next()
  }

  // MARK: - Mails

  private func take(_ bytes: [UInt8], uid: Int, size: Int) throws {
    guard let receiver else { return }
    fetching = nil
    let finding: MailIntake.Finding
    do {
      finding = try intake.read(bytes, place: "\(mailbox) \(place.validity) \(uid)", size: size)
    } catch let error as SystemError {
      // A full disk, most likely: the mail waits on the server.
      Log.warning("a mail's files cannot be kept", [("uid", "\(uid)"), ("reason", "\(error)")])
      session?.close()
      return try lost(MailError(.brokenOff, options.server, "\(error)", isTemporary: true))
    }
    switch finding {
    case .ignored(let from, let why):
      Log.notice("a mail is not listened to", [("uid", "\(uid)"), ("from", from), ("reason", why)])
      try handled(uid)
    case .happened(let event):
      (storing, place.last) = (uid, max(place.last, uid))
      try receiver.accept(event, of: self) { [weak self] _ in self?.stored(uid) }
      save()
    case .heard(let heard):
      guard rates.take(heard.from.id, at: stage.loop.clock.monotonic()) else {
        Log.warning(
          "a mail is not listened to",
          [("uid", "\(uid)"), ("from", heard.from.id), ("reason", "more than per_hour allows")])
        return try handled(uid)
      }
      (storing, place.last) = (uid, max(place.last, uid))
      try receiver.accept(heard, of: self) { [weak self] _ in self?.stored(uid) }
      save()
    }
  }

  /// It is committed: only now the server may be told.
  private func stored(_ uid: Int) {
    storing = nil
    if waiting.first == uid { waiting.removeFirst() }
    seen.append(uid)
    stage.loop.after(0) { [weak self] in try self?.next() }
  }

  // MARK: - Waiting

  private func told(_ tokens: [IMAPReader.Token]) {
    guard tokens.count == 2, tokens[1].word == "EXISTS" || tokens[1].word == "RECENT", tokens[0].number != nil
    else { return }
    hasNews = true
    if isIdling { endIdle() }
  }

  private func rest() {
    timer?.cancel()
    guard capabilities.contains("IDLE") else {
      timer = stage.loop.after(poll) { [weak self] in self?.look() }
      return
    }
    idle()
  }

  private func idle() {
    session?.send(
      "IDLE", within: Self.probe,
      onMore: { [weak self] in
        guard let self else { return }
        isIdling = true
        if hasNews { endIdle() }
      },
      onEnd: { [weak self] result in
        guard let self else { return }
        isIdling = false
        guard result.isOK else {
          // It says that it can and cannot.
          capabilities.remove("IDLE")
          return try next()
        }
        hasNews ? look() : checked()
      })
    timer = stage.loop.after(renewal) { [weak self] in self?.endIdle() }
  }

  private func endIdle() {
    guard isIdling else { return }
    isIdling = false
    timer?.cancel()
    session?.done(within: Self.probe)
  }

  /// IDLE was renewed: what was lost on the way is found.
  private func checked() {
    session?.send("NOOP", within: Self.probe) { [weak self] result in
      guard let self else { return }
      guard result.isOK else { return try give(up: "NOOP", result.status) }
      look()
    }
  }
}
