/// Where a mail server is: `smtp`, `smtps`, `imap` or `imaps`, a host and a port.
package struct MailServer: Hashable, Sendable, CustomStringConvertible {
  /// What is spoken there.
  package enum Scheme: String, Sendable {
    case smtp, smtps, imap, imaps
  }

  /// What is spoken there, and whether TLS comes first.
  package let scheme: Scheme
  /// The host, lower case; an IPv6 address without its brackets.
  package let host: String
  /// The port: that of the address, else the scheme's.
  package let port: Int

  /// Reads an address like `smtps://mail.example.org` or `imap://localhost:1143`.
  ///
  /// `schemes`: what may stand there; the first is the one to name in an error.
  ///
  /// - Throws: `WebAddress.Fault`, which never quotes the text.
  package init(_ text: String, schemes: [Scheme]) throws(WebAddress.Fault) {
    guard
      let scheme = schemes.first(where: { text.utf8.starts(with: "\($0.rawValue)://".utf8) })
    else {
      let names = schemes.map { "\($0.rawValue)://" }.joined(separator: " or ")
      throw WebAddress.Fault(description: "the address does not begin with \(names)")
    }
    self.scheme = scheme
    let rest = String(text.dropFirst(scheme.rawValue.utf8.count + 3))
    // Hosts are read as those of HTTP are; a port that nobody wrote is the scheme's.
    let address = try WebAddress("http://\(rest)")
    guard address.path == "/", address.query == nil else {
      throw WebAddress.Fault(description: "the address has more than a host and a port")
    }
    host = address.host
    let isWritten = address.port != 80 || rest.hasSuffix(":80") || rest.hasSuffix(":80/")
    port = isWritten ? address.port : scheme.port
  }

  /// Whether the host is this machine, as its name or address says.
  package var isLoopback: Bool {
    host == "localhost" || host.hasSuffix(".localhost") || host == "::1"
      || host.hasPrefix("127.") && NetworkAddress(host) != nil
  }

  /// Whether TLS comes before the first word.
  package var isWrapped: Bool { scheme == .smtps || scheme == .imaps }

  package var description: String {
    "\(scheme.rawValue)://\(host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host):\(port)"
  }
}

extension MailServer.Scheme {
  /// The port where it is usually spoken.
  var port: Int {
    switch self {
    case .smtp: 587
    case .smtps: 465
    case .imap: 143
    case .imaps: 993
    }
  }
}

/// Who logs in at a mail server.
package struct MailLogin: Sendable {
  /// What proves who it is; it is secret.
  package enum Proof: Sendable {
    case password(String)
    /// A token of OAuth 2.
    case bearer(String)
  }

  /// The name.
  package var user: String
  /// The proof.
  package var proof: Proof
  /// The SASL mechanism that must be used, as `PLAIN`; nil for the best that the server has.
  package var mechanism: String?

  /// A login.
  package init(user: String, proof: Proof, mechanism: String? = nil) {
    self.user = user
    self.proof = proof
    self.mechanism = mechanism
  }
}

/// Why there is no connection to a mail server, or no more.
package struct MailError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of thing happened.
  package enum Kind: Equatable, Sendable {
    /// libcurl is not there, or refuses something.
    case library
    /// Nothing could be connected to, or the name not be looked up.
    case unreachable
    /// No secure connection.
    case insecure
    /// The server refuses the login.
    case login
    /// It takes too long.
    case timedOut
    /// The connection ended.
    case brokenOff
    /// What came is not what is spoken there, or is too much.
    case malformed
  }

  /// What kind of thing happened.
  package let kind: Kind
  /// Which server.
  package let server: MailServer
  /// What happened, in words.
  package let reason: String
  /// What to do about it.
  package let hint: String?
  /// Whether it may work later without anybody doing anything.
  package let isTemporary: Bool

  /// An error of a protocol that is spoken over the connection.
  package init(_ kind: Kind, _ server: MailServer, _ reason: String, hint: String? = nil, isTemporary: Bool) {
    self.kind = kind
    self.server = server
    self.reason = reason
    self.hint = hint
    self.isTemporary = isTemporary
  }

  package var description: String { "\(server): \(reason)" + (hint.map { ": \($0)" } ?? "") }
}
