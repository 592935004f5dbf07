internal import CCurl
internal import Glibc
internal import System

extension MailConnection {
  /// What libcurl calls.
  ///
  /// Nothing of it may call libcurl, a handler, or throw.
  private static let calls = agim_curl_calls(
    header: { bytes, size, count, context in
      MailConnection.at(context)?.heard(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
    },
    body: { _, size, count, _ in size * count },
    upload: { _, _, _, _ in Int(0x1000_0000) },
    rewind: { _, _, _ in 1 },
    may_connect: { context, address, length in
      guard let connection = MailConnection.at(context), let address else { return false }
      return connection.mayTalk(
        to: NetworkAddress(socketAddress: UnsafeRawBufferPointer(start: address, count: length)))
    },
    may_begin: { _, _ in true })

  private static func at(_ context: UnsafeMutableRawPointer?) -> MailConnection? {
    // The client holds the connection as long as libcurl has its handle.
    context.map { Unmanaged<MailConnection>.fromOpaque($0).takeUnretainedValue() }
  }

  private func mayTalk(to address: NetworkAddress?) -> Bool {
    guard let why = reach.refusal(of: address, for: options.server.host) else { return isForbidden == nil }
    isForbidden = why
    return false
  }

  private func heard(_ bytes: UnsafeRawBufferPointer) -> Int {
    greetingBytes += bytes.count
    guard greetingBytes <= Self.greetingLimit else { return 0 }
    let line = bytes.filter { $0 != 0x0D && $0 != 0x0A }
    greeting.append(String(decoding: line.map { $0 < 0x20 || $0 >= 0x7F ? 0x3F : $0 }, as: UTF8.self))
    return bytes.count
  }

  /// Makes the handle; the error when it cannot be made.
  func prepare(_ setup: HTTPTransfer.Setup) -> MailError? {
    let server = options.server
    if let why = reach.refusal(of: server.host) { return error(.unreachable, why) }
    let context = Unmanaged.passUnretained(self).toOpaque()
    guard let easy = CurlEasy(calls: Self.calls, context: context) else {
      return error(.library, "libcurl has no handle for it", hint: "libcurl 7.85 or later is needed")
    }
    var texts: [(Int, String?)] = [
      (Int(AGIM_CURL_URL), "\(server)/"), (Int(AGIM_CURL_PROTOCOLS_STR), server.scheme.rawValue),
      (Int(AGIM_CURL_CAINFO), setup.authorities), (Int(AGIM_CURL_PROXY_CAINFO), setup.authorities),
      (Int(AGIM_CURL_CAPATH), setup.authorityDirectory),
      (Int(AGIM_CURL_PROXY_CAPATH), setup.authorityDirectory),
      (Int(AGIM_CURL_NOPROXY), setup.usesProxies && reach.mayUseProxy(for: server.host) ? nil : "*"),
    ]
    if let login = options.login {
      texts.append((Int(AGIM_CURL_USERNAME), login.user))
      switch login.proof {
      case .password(let word): texts.append((Int(AGIM_CURL_PASSWORD), word))
      case .bearer(let token): texts.append((Int(AGIM_CURL_XOAUTH2_BEARER), token))
      }
      texts.append((Int(AGIM_CURL_LOGIN_OPTIONS), login.mechanism.map { "AUTH=\($0)" }))
    }
    let refused = easy.set(
      numbers: [
        (Int(AGIM_CURL_NOSIGNAL), 1), (Int(AGIM_CURL_CONNECT_ONLY), 1),
        (Int(AGIM_CURL_CONNECTTIMEOUT_MS), Int(options.patience)),
        (Int(AGIM_CURL_SSLVERSION), 6), (Int(AGIM_CURL_SASL_IR), 1),
        // CURLUSESSL_ALL or CURLUSESSL_TRY: whoever stands between us and a server far away may cut out
        // that it offers TLS.
        (Int(AGIM_CURL_USE_SSL), options.requiresTLS ? 3 : 1),
      ], texts: texts, length: nil)
    if let refused {
      return error(.library, "libcurl refuses option \(refused)", hint: "libcurl 7.85 or later is needed")
    }
    self.easy = easy
    timer = loop.after(options.patience) { [weak self] in
      guard let self, !isOpen else { return }
      fail(
        error(
          .timedOut, "no login within \(options.patience / 1000) s",
          hint: "check the address and the network",
          isTemporary: true))
    }
    return nil
  }

  /// libcurl is done with its part.
  func connected(_ code: Int32) {
    timer?.cancel()
    guard code == 0, let easy else { return fail(failure(code)) }
    let fd = agim_curl_socket(easy.handle)
    guard fd >= 0 else { return fail(error(.brokenOff, "the connection is gone", isTemporary: true)) }
    isOpen = true
    reading = loop.watch(fd) { [weak self] in try self?.receive() }
    let writing = loop.watchWriting(fd) { [weak self] in try self?.transmit() }
    writing.isEnabled = false
    self.writing = writing
    loop.after(0) { [weak self] in
      guard let self, isOpen else { return }
      try handlers?.open(self)
      try transmit()
      // What came with the login is in libcurl's buffers already, and no socket will tell of it.
      try receive()
    }
  }

  /// The error for how libcurl says that it ended.
  private func failure(_ code: Int32) -> MailError {
    if let isForbidden { return error(.unreachable, isForbidden) }
    let words = easy?.text ?? ""
    let own = words.isEmpty ? String(cString: agim_curl_words(code)) : words
    let status = easy.map { agim_curl_info_number($0.handle, Int32(AGIM_CURLINFO_RESPONSE_CODE)) } ?? 0
    switch Int(code) {
    case Int(AGIM_CURLE_COULDNT_RESOLVE_HOST):
      return error(
        .unreachable, "the host cannot be looked up", hint: "check the name and this machine's name servers",
        isTemporary: true)
    case Int(AGIM_CURLE_COULDNT_CONNECT):
      let number = easy.map { agim_curl_info_number($0.handle, Int32(AGIM_CURLINFO_OS_ERRNO)) } ?? 0
      let why = number > 0 ? String(cString: strerror(Int32(truncatingIfNeeded: number))) : own
      return error(
        .unreachable, "cannot connect: \(why)", hint: "check the address, and whether the server runs",
        isTemporary: true)
    case Int(AGIM_CURLE_COULDNT_RESOLVE_PROXY), Int(AGIM_CURLE_PROXY):
      return error(.unreachable, own, hint: "check all_proxy and no_proxy", isTemporary: true)
    case Int(AGIM_CURLE_OPERATION_TIMEDOUT):
      return error(.timedOut, own, hint: "check the address and the network", isTemporary: true)
    case Int(AGIM_CURLE_USE_SSL_FAILED):
      return error(
        .insecure, "the server does not offer STARTTLS", hint: "use its port for TLS, or ask who runs it")
    case Int(AGIM_CURLE_PEER_FAILED_VERIFICATION):
      return error(
        .insecure, own,
        hint: "the certificate must be valid for \(options.server.host); one of your own authority goes into "
          + "SSL_CERT_FILE")
    case Int(AGIM_CURLE_SSL_CACERT_BADFILE):
      return error(
        .insecure, own, hint: "install the Debian package ca-certificates, or check SSL_CERT_FILE")
    case Int(AGIM_CURLE_SSL_CONNECT_ERROR):
      return error(
        .insecure, own, hint: "the server does not speak TLS 1.2 or later there", isTemporary: true)
    case Int(AGIM_CURLE_LOGIN_DENIED):
      // A server that is busy, or wants us to come back later, says so with 4xx.
      let said = greeting.last.map { " (\($0.prefix(200)))" } ?? ""
      return error(
        .login, "the login of \(options.login?.user ?? "nobody") is refused\(said)",
        isTemporary: (400..<500).contains(status) || isUnavailable)
    case Int(AGIM_CURLE_OUT_OF_MEMORY): return error(.library, "out of memory", isTemporary: true)
    default:
      if let last = greeting.last, (400..<500).contains(status) {
        return error(.brokenOff, "the server says: \(last.prefix(200))", isTemporary: true)
      }
      if greetingBytes > Self.greetingLimit {
        return error(.malformed, "the server says more than \(Self.greetingLimit) bytes before the login")
      }
      return error(.brokenOff, own, isTemporary: true)
    }
  }

  /// IMAP says it in a code of its own (RFC 5530).
  private var isUnavailable: Bool {
    guard let last = greeting.last?.utf8 else { return false }
    for code in ["[UNAVAILABLE]", "[INUSE]", "[LIMIT]"] {
      for start in last.indices where last[start...].starts(with: code.utf8) { return true }
    }
    return false
  }
}
