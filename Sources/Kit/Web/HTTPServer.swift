package import System

/// An HTTP/1.1 server for webhooks, on an event loop: many routes on one port.
///
/// It speaks no TLS: that is the affair of a reverse proxy before it. It takes nothing that two parsers
/// could understand in two ways. Each request is answered once, at once or later, by its `HTTPExchange`.
package final class HTTPServer {
  /// How a server is made; times are in milliseconds, sizes in bytes.
  package struct Options {
    /// What stands before every path, as a reverse proxy passes it on: `/agim`; empty for nothing.
    package var prefix = ""
    /// The body of a request, where its route says nothing else: more is answered with 413.
    package var bodyLimit = 1 << 20
    /// The header lines of a request in all: more is answered with 431.
    package var headerLimit = 32 << 10
    /// Requests a second from one address (of IPv6 from one network of 64 bits), and as many as 4 seconds of
    /// it at once: more are answered with 429.
    ///
    /// nil is 100, and no limit for this machine itself, from where a reverse proxy asks for everybody.
    package var perAddress: Double?
    /// Whether a proxy before us says in `X-Forwarded-For` who asks: its last address counts.
    package var trustsProxy = false
    /// From the first byte of a request to the end of its header lines, and then of its body.
    package var headerWithin: Int64 = 10_000
    package var bodyWithin: Int64 = 60_000
    /// How long a connection may stay without a request.
    package var idle: Int64 = 60_000
    /// How long an answer may take us: then it is 503.
    package var answerWithin: Int64 = 60_000
    /// Connections at one time; for one more, one that waits is closed.
    package var connections = 512
    /// Of these, from one address (of IPv6 from one network of 64 bits); where a trusted proxy asks for everybody
    /// it is not counted.
    package var connectionsPerAddress = 64
    /// Whether this machine itself, from where a reverse proxy asks for everybody, may have any number of them.
    package var sparesLoopback = true

    /// The usual ones.
    package init() {}
  }

  /// What is counted, for `/metrics`.
  package struct Counts: Equatable, Sendable {
    /// Connections, requests, and those refused by a limit of rate or because they were none.
    package var connections = 0
    package var requests = 0
    package var limited = 0
    package var malformed = 0
    /// Connections for which there was no room.
    package var refused = 0
  }

  struct Route {
    var bodyLimit: Int
    var handler: (HTTPExchange) throws -> Void
  }

  let loop: EventLoop
  let options: Options
  let listener: ListeningSocket
  var routes: [String: [String: Route]] = [:]
  var connections: [Int32: HTTPConnection] = [:]
  /// How many of them each network has that may not have any number.
  var crowd: [[UInt8]: Int] = [:]
  var rates: AddressRates
  var accepting: EventLoop.Watch?
  var sweeping: EventLoop.Timer?
  var date = HTTPDateLine()
  var isClosed = false
  /// What has happened so far.
  package internal(set) var counts = Counts()

  /// Listens at `HOST:PORT`, `[ADDRESS]:PORT`, or `:PORT` for this machine alone; port 0 is a free one.
  ///
  /// - Throws: `ListenError`.
  package init(_ loop: EventLoop, address: String, _ options: Options = Options()) throws(ListenError) {
    self.loop = loop
    self.options = options
    listener = try ListeningSocket(address)
    rates = AddressRates(perSecond: options.perAddress ?? 100, sparesLoopback: options.perAddress == nil)
    accepting = loop.watch(listener.fd) { [weak self] in try self?.accept() }
  }

  deinit { close() }

  /// Where it listens, as `127.0.0.1:8080`, with the port that it got.
  package var address: String { listener.address }

  /// Whether others than this machine can reach it: then a warning is due, because it speaks no TLS.
  package var isExposed: Bool { !listener.isLoopback }

  /// Answers a method on a path (below the prefix) by a handler; HEAD is answered by GET's.
  ///
  /// Other methods on the path are answered with 405, other paths with 404. What the handler throws leaves
  /// the loop.
  package func route(
    _ method: String, _ path: String, bodyLimit: Int? = nil,
    _ handler: @escaping (HTTPExchange) throws -> Void
  ) {
    routes[path, default: [:]][method] = Route(
      bodyLimit: bodyLimit ?? options.bodyLimit, handler: handler)
  }

  /// Whether a path has a route already.
  package func has(_ path: String) -> Bool { routes[path] != nil }

  /// Stops listening, and ends all connections.
  package func close() { closeAll() }
}
