package import Network
package import System

/// How a WebSocket came to its end.
package enum WebSocketEnd: Sendable {
  /// The server answered the request for the upgrade with something else; why stands in its header lines
  /// (Feishu) or its body (Slack, Discord), of which at most 64 KiB are kept.
  case refused(HTTPResponse)
  /// There was no connection, or it broke, or the other end does not speak the protocol.
  case failed(HTTPError)
  /// It was closed in order: by the other end, or by us, with what the other end said or else with our own.
  ///
  /// 1005 where no code was said.
  case closed(code: UInt16, reason: String)
  /// Nothing came, and a ping was not answered in time.
  case silent

  /// Whether it may work later without anybody doing anything, as far as the protocol tells.
  package var isTemporary: Bool {
    switch self {
    case .refused(let response): response.status >= 500 || response.status == 429 || response.status == 408
    case .failed(let error): error.isTemporary
    case .closed, .silent: true
    }
  }
}

/// A WebSocket (RFC 6455) as a client, on an event loop.
///
/// Certificates are always verified, and the proxies of the environment are used as for other requests. All
/// handlers are called from the loop, and what they throw leaves it. `onEnd` is called once, always, and
/// nothing after it; letting go of the last reference drops the connection without a call.
package final class WebSocket {
  /// How it is made; times are in milliseconds.
  package struct Options {
    /// Header lines of the request besides those of the protocol.
    package var headers: [(name: String, value: String)] = []
    /// The subprotocols that are offered, the best first.
    package var subprotocols: [String] = []
    /// Bytes of a message that may come; a larger one ends it with 1009.
    package var maxMessage = 4 << 20
    /// Bytes that may wait to be sent: more end it, because the other end does not read.
    package var maxQueue = 64 << 20
    /// Messages of more bytes are sent in fragments of so many; nil for none, which every server takes.
    package var fragmentAt: Int?
    /// For looking up the name, connecting, the handshakes and the upgrade, in all.
    package var connectTimeout: Int64 = 15_000
    /// Nothing came for so long: a ping is sent; nil for none but those of `ping()`.
    package var pingEvery: Int64? = 30_000
    /// Nothing came for so long after a ping: the end, `silent`.
    package var pongWithin: Int64 = 15_000
    /// How long the other end has to close after we did.
    package var closeWithin: Int64 = 5_000
    /// A file of certificate authorities instead of those of the system or `SSL_CERT_FILE`.
    package var authorities: String?
    /// Which machines it may talk to.
    package var reach = Reach.anywhere
    /// Whether the proxies of the environment are used.
    package var usesProxies = true
    /// What must not be shown of the address: a token that stands in the path (a query is never shown).
    package var secrets: [String] = []

    /// The usual ones.
    package init() {}
  }

  struct Handlers {
    var open: () throws -> Void
    var text: ([UInt8]) throws -> Void
    var binary: ([UInt8]) throws -> Void
    var end: (WebSocketEnd) throws -> Void
  }

  enum State { case connecting, upgrading, open, closing, over }

  let loop: EventLoop
  let options: Options
  var handlers: Handlers?
  var state = State.connecting
  /// The end that the handlers will hear of.
  var verdict: WebSocketEnd?

  // The connection.
  let client: HTTPClient
  var transfer: HTTPTransfer?
  var channel: CurlChannel?
  var reading: EventLoop.Watch?
  var writing: EventLoop.Watch?
  var more: EventLoop.Timer?

  // The upgrade.
  let shown: String
  let upgrade: WebSocketUpgrade
  var answer: HTTPAnswerReader

  // Frames.
  var reader: WebSocketReader
  var queue = WebSocketQueue()
  var deadline: EventLoop.Timer?
  var pinging: EventLoop.Timer?
  var probedAt: Int64?
  /// What we closed it with.
  var closing: (code: UInt16, reason: String)?

  /// The subprotocol that the server chose; nil for none.
  package internal(set) var subprotocol: String?
  /// When something came last, on the clock that only goes forward.
  package internal(set) var heardAt: Int64
  /// Called whenever something came, pings and pongs too.
  package var onAlive: () -> Void = {}
  /// Called when all that waited to be sent has been; not where it could be sent at once.
  package var onDrained: () throws -> Void = {}

  /// Connects to a `ws` or `wss` address (`http` and `https` mean the same).
  package init(
    _ loop: EventLoop, url: String, _ options: Options = Options(),
    onOpen: @escaping () throws -> Void = {}, onText: @escaping ([UInt8]) throws -> Void = { _ in },
    onBinary: @escaping ([UInt8]) throws -> Void = { _ in },
    onEnd: @escaping (WebSocketEnd) throws -> Void
  ) {
    self.loop = loop
    self.options = options
    handlers = Handlers(open: onOpen, text: onText, binary: onBinary, end: onEnd)
    heardAt = loop.clock.monotonic()
    reader = WebSocketReader(maxMessage: options.maxMessage)
    var settings = HTTPClient.Options(reach: options.reach)
    settings.authorities = options.authorities
    settings.usesProxies = options.usesProxies
    client = HTTPClient(loop, settings)
    upgrade = WebSocketUpgrade(url: url, options, random: loop.clock.random)
    answer = HTTPAnswerReader()
    shown = upgrade.shown
    start()
  }

  deinit { drop() }

  // MARK: - What its owner does

  /// Whether messages may be sent.
  package var isOpen: Bool { state == .open }

  /// How many bytes wait to be sent: who sends much waits for `onDrained` now and then.
  package var queued: Int { queue.count }

  /// Whether nothing more is read for now: the owner cannot take it; pings go unanswered meanwhile.
  package var isPaused = false {
    didSet { paused(from: oldValue) }
  }

  /// Sends a text, which must be UTF-8; nothing when it is not open.
  package func send(text: [UInt8]) { send(.text, text) }

  /// Sends bytes; nothing when it is not open.
  package func send(binary: [UInt8]) { send(.binary, binary) }

  /// Asks for a sign of life now: without one within `pongWithin` the end is `silent`.
  package func ping() { probe() }

  /// Closes it in order: what waits is sent before; the end is `closed`.
  ///
  /// A reason has at most 123 bytes.
  package func close(code: UInt16 = 1000, reason: String = "") { closeInOrder(code, reason) }
}
