internal import Mail
internal import Network
internal import System

/// A connection to an IMAP server on which one command is spoken at a time.
///
/// libcurl has connected, made it secure and logged in.
final class IMAPSession {
  /// What a server answered to a command.
  struct Result {
    /// How it ended.
    var status: IMAPReader.Status
    /// The answers before that.
    var data: [[IMAPReader.Token]] = []
    /// The conditions that were told with them, such as UIDVALIDITY.
    var told: [IMAPReader.Status] = []

    var isOK: Bool { status.condition == "OK" }

    /// The number behind a word in one of the codes; nil where it is not told.
    func number(_ code: String) -> Int? {
      for status in told + [status] where status.code.first == code && status.code.count > 1 {
        return Int(status.code[1])
      }
      return nil
    }
  }

  /// Called once, when the connection has ended other than by `close`.
  var onEnd: (MailError) throws -> Void = { _ in }
  /// Called for what the server tells unasked, and while it is idle.
  var onNews: ([IMAPReader.Token]) throws -> Void = { _ in }
  /// Called for every sign of life.
  var onHeard: () -> Void = {}

  private let options: MailConnection.Options
  private let loop: EventLoop
  private let patience: Int64
  private var connection: MailConnection?
  private var reader = IMAPReader()
  private var number = 0
  private var timer: EventLoop.Timer?
  private var command: (tag: String, onMore: (() -> Void)?, onEnd: (Result) throws -> Void)?
  private var result = Result(status: IMAPReader.Status(condition: "OK", code: [], text: ""))
  private var isOver = false

  init(_ options: MailConnection.Options, _ loop: EventLoop, patience: Int64) {
    (self.options, self.loop, self.patience) = (options, loop, patience)
  }

  /// Connects; `onOpen` is called once the login is done.
  func open(_ client: HTTPClient, onOpen: @escaping () throws -> Void) {
    connection = client.connect(
      options, onOpen: { _ in try onOpen() }, onData: { [weak self] in try self?.heard($0) },
      onEnd: { [weak self] in try self?.lost($0) })
  }

  /// Ends it without a word.
  func close() {
    isOver = true
    timer?.cancel()
    connection?.close()
    connection = nil
    command = nil
  }

  /// Gives a command; `onEnd` is called with what the server answers, unless the connection ends before.
  ///
  /// `literals`: how long a string in the answer may be. `within`: how long it may take. `onMore` is called when
  /// the server waits for us to go on.
  func send(
    _ text: String, literals: Int = 64 << 10, within: Int64? = nil, onMore: (() -> Void)? = nil,
    onEnd: @escaping (Result) throws -> Void
  ) {
    guard !isOver, command == nil else { return }
    number += 1
    let tag = "g\(number)"
    command = (tag, onMore, onEnd)
    result = Result(status: IMAPReader.Status(condition: "OK", code: [], text: ""))
    reader.literalLimit = literals
    connection?.send(Array("\(tag) \(text)\r\n".utf8))
    wait(within ?? patience, text)
  }

  /// Whether a command is under way.
  var isBusy: Bool { command != nil }

  /// Ends a command that waits for us, and gives the server so long to say so.
  func done(within milliseconds: Int64) {
    guard !isOver else { return }
    connection?.send(Array("DONE\r\n".utf8))
    wait(milliseconds, "DONE")
  }

  private func wait(_ milliseconds: Int64, _ text: String) {
    timer?.cancel()
    let word = text.prefix { $0 != " " }
    timer = loop.after(milliseconds) { [weak self] in
      guard let self else { return }
      try lost(
        MailError(
          .timedOut, options.server, "no answer to \(word) within \(max(1, milliseconds / 1000)) s",
          isTemporary: true))
    }
  }

  private func heard(_ bytes: [UInt8]) throws {
    onHeard()
    reader.feed(bytes)
    // A server that sends a large mail slowly is not dead.
    if let command, command.onMore == nil { wait(patience, command.tag) }
    do {
      while !isOver, let answer = try reader.next() { try take(answer) }
    } catch let fault as IMAPReader.Fault {
      try malformed(fault.description)
    }
  }

  private func malformed(_ what: String) throws {
    try lost(
      MailError(.malformed, options.server, "the server's answer is not IMAP: \(what)", isTemporary: true))
  }

  private func take(_ answer: IMAPReader.Answer) throws {
    switch answer {
    case .data(let tokens):
      if command != nil, result.data.count < 100_000 { result.data.append(tokens) }
      try onNews(tokens)
    case .status(let status):
      guard status.condition != "BYE" else {
        return try lost(
          MailError(
            .brokenOff, options.server, "the server says: \(status.text.prefix(200))", isTemporary: true))
      }
      if command != nil, result.told.count < 1000 { result.told.append(status) }
    case .more:
      guard let onMore = command?.onMore else { return try malformed("it wants more, and there is none") }
      timer?.cancel()
      onMore()
    case .tagged(let tag, let status):
      guard let command, command.tag == tag else {
        return try malformed("it answers a command that was not given")
      }
      timer?.cancel()
      self.command = nil
      result.status = status
      let ended = result
      result = Result(status: status)
      try command.onEnd(ended)
    }
  }

  private func lost(_ error: MailError) throws {
    guard !isOver else { return }
    close()
    try onEnd(error)
  }
}
