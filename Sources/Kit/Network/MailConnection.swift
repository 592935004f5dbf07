internal import CCurl
internal import System

/// A connection to a mail server.
///
/// libcurl connects, through a proxy of the environment where there is one, makes the connection secure and
/// logs in; then bytes go both ways, and what they mean is for who opened it. Handlers are called from the
/// loop, and what they throw leaves it.
package final class MailConnection {
  /// How it is made.
  package struct Options: Sendable {
    /// Where to.
    package var server: MailServer
    /// Who logs in; nil for nobody.
    package var login: MailLogin?
    /// Whether a connection that begins in the clear must become secure before anything is said.
    ///
    /// Without it, it becomes secure where the server offers that.
    package var requiresTLS: Bool
    /// How long connecting and logging in may take, in milliseconds.
    package var patience: Int64 = 60_000

    /// The usual ones: secure, but for this machine.
    package init(_ server: MailServer, login: MailLogin?, requiresTLS: Bool? = nil) {
      self.server = server
      self.login = login
      self.requiresTLS = requiresTLS ?? !server.isLoopback
    }
  }

  /// Who is told what happens; nil once all is said.
  struct Handlers {
    var open: (MailConnection) throws -> Void
    var data: ([UInt8]) throws -> Void
    var end: (MailError) throws -> Void
  }

  /// How it was made.
  package let options: Options
  /// What the server said until the login was done, in lines without their ends; no secrets stand there.
  package internal(set) var greeting: [String] = []
  /// Called when all that was to be sent has been.
  package var onDrained: (() throws -> Void)?

  var handlers: Handlers?
  let loop: EventLoop
  let reach: Reach
  weak var multi: CurlMulti?
  var easy: CurlEasy?
  var isOpen = false
  /// What ended it, not told yet.
  var failure: MailError?
  var reading: EventLoop.Watch?
  var writing: EventLoop.Watch?
  var timer: EventLoop.Timer?
  var outgoing: [UInt8] = []
  var greetingBytes = 0
  var isForbidden: String?
  /// What is being written: it must not move until it is.
  let chunk: UnsafeMutableRawBufferPointer
  var chunkFill = 0
  var chunkSent = 0

  static let chunkSize = 16_384
  static let greetingLimit = 65_536

  init(_ options: Options, loop: EventLoop, reach: Reach, handlers: Handlers) {
    self.options = options
    self.loop = loop
    self.reach = reach
    self.handlers = handlers
    chunk = .allocate(byteCount: Self.chunkSize, alignment: 16)
  }

  deinit { chunk.deallocate() }

  /// How many bytes are not sent yet.
  package var pending: Int { outgoing.count + chunkFill - chunkSent }

  /// Ends it without another word; no handler is called any more.
  package func close() {
    handlers = nil
    onDrained = nil
    detach()
  }

  /// Lets go of the connection.
  func detach() {
    reading?.cancel()
    writing?.cancel()
    timer?.cancel()
    (reading, writing, timer) = (nil, nil, nil)
    multi?.remove(self)
    easy = nil
    isOpen = false
  }

  /// Ends it with a reason, which is told from the loop.
  func fail(_ error: MailError) {
    guard failure == nil, handlers != nil else { return }
    failure = error
    detach()
    loop.after(0) { [self] in
      let handlers = handlers
      self.handlers = nil
      onDrained = nil
      try handlers?.end(error)
    }
  }

  func error(_ kind: MailError.Kind, _ reason: String, hint: String? = nil, isTemporary: Bool = false)
    -> MailError
  { MailError(kind, options.server, reason, hint: hint, isTemporary: isTemporary) }
}

extension HTTPClient {
  /// Opens a connection to a mail server, over the client's libcurl and under its reach.
  ///
  /// `onOpen` once it is made and the login done; then `onData` with what comes; `onEnd` at last, once,
  /// unless it is closed here.
  package func connect(
    _ options: MailConnection.Options, onOpen: @escaping (MailConnection) throws -> Void,
    onData: @escaping ([UInt8]) throws -> Void, onEnd: @escaping (MailError) throws -> Void
  ) -> MailConnection {
    let connection = MailConnection(
      options, loop: loop, reach: reach,
      handlers: MailConnection.Handlers(open: onOpen, data: onData, end: onEnd))
    multi.start(connection)
    return connection
  }
}
