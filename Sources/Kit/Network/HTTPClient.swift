package import System

/// Requests over HTTP, made on an event loop by libcurl.
///
/// Connections are kept and used again. Certificates are always verified. The proxies of `http_proxy`,
/// `https_proxy` and `no_proxy` are used where the reach allows it. libcurl is opened at the first request.
package final class HTTPClient {
  /// How a client is made.
  package struct Options {
    /// Which machines it may talk to.
    package var reach: Reach
    /// A file of certificate authorities instead of the system's.
    ///
    /// Without it `SSL_CERT_FILE` and `SSL_CERT_DIR` name one, as for other programs.
    package var authorities: String?
    /// What it says it is.
    package var userAgent = "agim"
    /// Whether the proxies of the environment are used; never for a server of our own on this machine.
    package var usesProxies = true
    /// How many connections are kept while nothing goes over them.
    package var connections = 16

    /// The usual ones.
    package init(reach: Reach = .anywhere) { self.reach = reach }
  }

  let loop: EventLoop
  let multi: CurlMulti
  let reach: Reach

  /// A client on a loop.
  package init(_ loop: EventLoop, _ options: Options = Options()) {
    self.loop = loop
    reach = options.reach
    multi = CurlMulti(
      loop: loop,
      setup: HTTPTransfer.Setup(
        userAgent: options.userAgent, usesProxies: options.usesProxies,
        authorities: options.authorities ?? ProcessGuard.variable("SSL_CERT_FILE"),
        authorityDirectory: options.authorities == nil ? ProcessGuard.variable("SSL_CERT_DIR") : nil),
      connections: options.connections)
  }

  deinit { multi.close() }

  /// How many requests have not ended.
  package var running: Int { multi.count }

  /// Sends a request, and gives the whole response, or why there is none, to a handler: once, from the loop.
  ///
  /// A status that is an error is a response. What the handler throws leaves the loop. Nothing is called any
  /// more once the client is gone.
  @discardableResult
  package func send(
    _ request: HTTPRequest, onEnd: @escaping (Result<HTTPResponse, HTTPError>) throws -> Void
  ) -> HTTPTransfer {
    var received: HTTPHead?
    var body: [UInt8] = []
    return stream(
      request, onHead: { received = $0 }, onData: { body += $0 },
      onEnd: { error in
        guard error == nil, let head = received else {
          return try onEnd(.failure(error ?? HTTPError.headless(request)))
        }
        try onEnd(.success(HTTPResponse(head: head, body: body)))
      })
  }

  /// Makes a connection to where a request would go, proxies and TLS included, and sends nothing over it.
  package func connect(
    _ request: HTTPRequest, onEnd: @escaping (Result<CurlChannel, HTTPError>) throws -> Void
  ) -> HTTPTransfer {
    var made: HTTPTransfer?
    let transfer = HTTPTransfer(
      request, reach: reach,
      handlers: HTTPTransfer.Handlers(
        head: { _ in }, data: { _ in },
        end: { [unowned self] error in
          guard let transfer = made else { return }
          made = nil
          if let error { return try onEnd(.failure(error)) }
          guard let channel = CurlChannel(transfer, multi) else {
            return try onEnd(.failure(transfer.error(.library, "libcurl gives no connection")))
          }
          try onEnd(.success(channel))
        }))
    transfer.isConnectionOnly = true
    made = transfer
    multi.start(transfer)
    return transfer
  }

  /// Sends a request, and gives the response to handlers as it comes.
  ///
  /// First its head, then its body in pieces, and at last, always and once, nil or what ended it.
  @discardableResult
  package func stream(
    _ request: HTTPRequest, onHead: @escaping (HTTPHead) throws -> Void,
    onData: @escaping ([UInt8]) throws -> Void, onEnd: @escaping (HTTPError?) throws -> Void
  ) -> HTTPTransfer {
    let transfer = HTTPTransfer(
      request, reach: reach, handlers: HTTPTransfer.Handlers(head: onHead, data: onData, end: onEnd))
    multi.start(transfer)
    return transfer
  }
}
