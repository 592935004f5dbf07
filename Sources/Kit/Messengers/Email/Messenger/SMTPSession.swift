internal import Network
internal import System

/// A mail for one transaction.
struct SMTPJob {
  var sender: String
  var recipients: [String]
  var pieces: [OutgoingMail.Piece]
  var size: Int
}

/// What became of it.
enum SMTPResult {
  /// The server has taken it; those of the recipients that it did not take it for, with its words.
  case accepted(SMTPReply, refused: [(recipient: String, reply: SMTPReply)])
  /// Not now.
  case later(String)
  /// It will never take it.
  case refused(String)
}

/// A connection over which mails go out, one after the other.
///
/// libcurl has connected, made it secure and logged in; the transactions are ours, so that nothing here waits
/// and the line with which the server takes a mail over is seen.
final class SMTPSession {
  /// Called when it is of no more use: why, where that was not our wish.
  var onEnd: (MailError?) throws -> Void = { _ in }
  /// Called when the server can take a mail.
  var onReady: () throws -> Void = {}

  private enum State: Equatable {
    case connecting, idle, mail
    case recipient(Int)
    case data, body, end, quitting, over
  }

  private let client: HTTPClient
  private let options: MailConnection.Options
  private let loop: EventLoop
  private let patience: Int64
  private var connection: MailConnection?
  private var reader = SMTPReader()
  private var state = State.connecting
  private var timer: EventLoop.Timer?
  private var job: SMTPJob?
  private var report: ((SMTPResult) throws -> Void)?
  private var feed: MailFeed?
  private var refused: [(recipient: String, reply: SMTPReply)] = []
  /// How much the server takes, as its EHLO says; nil where it does not.
  private(set) var limit: Int?

  /// Mails are fed in such pieces.
  private static let window = 64 << 10
  /// How long a connection is kept for a next mail.
  private static let rest: Int64 = 5000

  init(_ client: HTTPClient, _ options: MailConnection.Options, _ loop: EventLoop, patience: Int64) {
    (self.client, self.options, self.loop, self.patience) = (client, options, loop, patience)
  }

  /// Whether it can take a mail now.
  var isIdle: Bool { state == .idle }
  /// Whether it has ended.
  var isOver: Bool { state == .over }

  /// Connects.
  func open() {
    connection = client.connect(
      options,
      onOpen: { [weak self] in try self?.opened($0) }, onData: { [weak self] in try self?.heard($0) },
      onEnd: { [weak self] in try self?.lost($0) })
  }

  /// Sends a mail; `report` is called once.
  func send(_ job: SMTPJob, report: @escaping (SMTPResult) throws -> Void) {
    self.job = job
    self.report = report
    refused = []
    command("MAIL FROM:<\(job.sender)>\(limit == nil ? "" : " SIZE=\(job.size)")", .mail)
  }

  /// Ends it now; what is in hand is reported as not sent.
  func cancel() throws {
    try fail(.later("agim-send is leaving"))
    close()
  }

  // MARK: - What the server says

  private func opened(_ connection: MailConnection) throws {
    connection.onDrained = { [weak self] in try self?.fill() }
    for line in connection.greeting where line.hasPrefix("250") {
      let words = line.dropFirst(4).split(separator: " ")
      if words.first?.uppercased() == "SIZE", words.count > 1, let size = Int(words[1]), size > 0 {
        limit = size
      }
    }
    try ready()
  }

  private func ready() throws {
    state = .idle
    wait(Self.rest) { [weak self] in self?.quit() }
    try onReady()
  }

  private func heard(_ bytes: [UInt8]) throws {
    let replies: [SMTPReply]
    do {
      replies = try reader.feed(bytes)
    } catch {
      return try lost(
        MailError(
          .malformed, options.server, "the server's answer is not SMTP: \(error.reason)", isTemporary: true))
    }
    for reply in replies where state != .over { try take(reply) }
  }

  private func take(_ reply: SMTPReply) throws {
    if reply.code == 421 {
      // It is about to leave, whatever was asked.
      let wasInData = state == .body || state == .end
      try fail(.later(wasInData ? "in the middle of the mail: \(reply.words)" : reply.words))
      return close()
    }
    switch state {
    case .mail:
      guard reply.kind == 2 else { return try refuse(reply) }
      try nextRecipient(0)
    case .recipient(let index):
      guard let job else { return }
      if reply.kind == 4 {
        // Those who took it would get it twice, were it sent now and tried again for the others.
        return try refuse(reply, to: job.recipients[index])
      }
      if reply.kind != 2 { refused.append((job.recipients[index], reply)) }
      try nextRecipient(index + 1)
    case .data:
      guard reply.code == 354, let job else { return try refuse(reply) }
      feed = MailFeed(job.pieces)
      state = .body
      wait(patience)
      try fill()
    case .body:
      // An answer before the end: the rest of the mail would be taken for commands.
      try fail(Self.result(reply))
      close()
    case .end:
      feed = nil
      if reply.kind == 2 {
        try finish(.accepted(reply, refused: refused))
        try ready()
      } else {
        try refuse(reply)
      }
    case .quitting: close()
    case .connecting, .idle, .over: close()
    }
  }

  private func nextRecipient(_ index: Int) throws {
    guard let job else { return }
    guard index < job.recipients.count else {
      guard refused.count < job.recipients.count else {
        return try refuse(refused[0].reply, to: job.recipients.count == 1 ? nil : job.recipients[0])
      }
      return command("DATA", .data)
    }
    command("RCPT TO:<\(job.recipients[index])>", .recipient(index))
  }

  private static func result(_ reply: SMTPReply, to recipient: String? = nil) -> SMTPResult {
    let words = (recipient.map { "\($0): " } ?? "") + reply.words
    guard reply.kind == 5 else { return .later(words) }
    let hint: String =
      switch reply.code {
      case 530, 534, 535: ": check \"user\" and \"password\" of the account"
      case 552: ": send a smaller file, or a link to it"
      default: ""
      }
    return .refused(words + hint)
  }

  /// The server has said no; the next mail gets a connection of its own, on which nothing has begun.
  private func refuse(_ reply: SMTPReply, to recipient: String? = nil) throws {
    let result = Self.result(reply, to: recipient)
    quit()
    try fail(result)
  }

  // MARK: - What we say

  private func command(_ text: String, _ next: State) {
    state = next
    connection?.send(Array("\(text)\r\n".utf8))
    wait(patience)
  }

  private func fill() throws {
    guard state == .body, let connection else { return }
    while connection.pending < Self.window {
      do {
        guard let bytes = try feed?.next() else {
          feed = nil
          state = .end
          connection.send(Array(".\r\n".utf8))
          // Servers look for viruses now.
          return wait(patience * 2)
        }
        if !bytes.isEmpty { connection.send(bytes) }
      } catch {
        try fail(.refused("\(error)"))
        return close()
      }
    }
    wait(patience)
  }

  private func quit() {
    guard state != .over, state != .quitting else { return }
    command("QUIT", .quitting)
    wait(2000) { [weak self] in self?.close() }
  }

  // MARK: - The end

  private func finish(_ result: SMTPResult) throws {
    let report = self.report
    self.report = nil
    job = nil
    feed = nil
    try report?(result)
  }

  private func fail(_ result: SMTPResult) throws {
    if report != nil { try finish(result) }
  }

  private func lost(_ error: MailError) throws {
    guard state != .over else { return }
    let wasUnknown = state == .end
    let wasQuitting = state == .quitting || state == .idle
    release()
    if report != nil {
      let why = wasUnknown ? "not known whether the server took it: \(error)" : "\(error)"
      try finish(error.isTemporary || wasUnknown ? .later(why) : .refused(why))
    }
    try onEnd(wasQuitting ? nil : error)
  }

  private func close() {
    guard state != .over else { return }
    release()
    loop.after(0) { [self] in try onEnd(nil) }
  }

  private func release() {
    state = .over
    timer?.cancel()
    connection?.close()
    connection = nil
  }

  private func wait(_ milliseconds: Int64, _ action: (() throws -> Void)? = nil) {
    timer?.cancel()
    timer = loop.after(milliseconds) { [weak self] in
      guard let self else { return }
      if let action { return try action() }
      try lost(
        MailError(.timedOut, options.server, "no answer within \(milliseconds / 1000) s", isTemporary: true))
    }
  }
}
