internal import CCurl
internal import System

extension HTTPTransfer {
  /// What a client gives to all its transfers.
  struct Setup {
    var userAgent: String
    var usesProxies: Bool
    var authorities: String?
    var authorityDirectory: String?
  }

  /// Makes the handle for where the request goes now; the error when it cannot be made.
  func prepare(_ setup: Setup) -> HTTPError? {
    guard let address else { return error(.request, "the request has no address") }
    if let why = request.fault { return error(.request, why) }
    if let why = reach.refusal(of: address.host) { return forbidden(why) }
    let context = Unmanaged.passUnretained(self).toOpaque()
    guard let easy = CurlEasy(calls: Self.calls, context: context) else {
      return error(.library, "libcurl has no handle for it", hint: "libcurl 7.85 or later is needed")
    }
    (head, headIsComplete, headBytes, bodyCount, begins) = (nil, false, 0, 0, 0)
    (upload, stop) = (UploadPosition(), nil)
    // curl's own additions to a body: a type that may be wrong, and a second's wait for a go-ahead.
    var lines = ["Expect:"]
    for (name, value) in request.headers where hops == 0 || keepsHeader(name) {
      let value = Self.trimmed(Array(value.utf8)[...])
      lines.append(value.isEmpty ? "\(name);" : "\(name): \(String(decoding: value, as: UTF8.self))")
    }
    for line in lines where !easy.add(header: line) { return error(.library, "out of memory") }
    let count = dropsBody ? 0 : request.body.reduce(0) { $0 + $1.count }
    let hasBody = method != "HEAD" && method != "GET" && method != "DELETE" || count > 0
    let refused = easy.set(
      numbers: [
        (Int(AGIM_CURL_NOSIGNAL), 1), (Int(AGIM_CURL_FOLLOWLOCATION), 0),
        (Int(AGIM_CURL_SUPPRESS_CONNECT_HEADERS), 1),
        (Int(AGIM_CURL_CONNECTTIMEOUT_MS), Int(max(1, request.limits.connect))),
        // TLS 1.2 or later; HTTP/2 where TLS says that the server has it, 1.1 for what is upgraded.
        (Int(AGIM_CURL_SSLVERSION), 6), (Int(AGIM_CURL_HTTP_VERSION), isConnectionOnly ? 2 : 4),
        (Int(AGIM_CURL_CONNECT_ONLY), isConnectionOnly ? 1 : 0),
        (Int(AGIM_CURL_HTTPPROXYTUNNEL), isConnectionOnly ? 1 : 0),
        (Int(AGIM_CURL_UPLOAD), hasBody ? 1 : 0),
        (Int(AGIM_CURL_NOBODY), method == "HEAD" ? 1 : 0),
      ],
      texts: [
        (Int(AGIM_CURL_URL), address.full), (Int(AGIM_CURL_PROTOCOLS_STR), "http,https"),
        (Int(AGIM_CURL_CUSTOMREQUEST), method), (Int(AGIM_CURL_USERAGENT), setup.userAgent),
        (Int(AGIM_CURL_CAINFO), setup.authorities), (Int(AGIM_CURL_PROXY_CAINFO), setup.authorities),
        (Int(AGIM_CURL_CAPATH), setup.authorityDirectory),
        (Int(AGIM_CURL_PROXY_CAPATH), setup.authorityDirectory),
        (Int(AGIM_CURL_NOPROXY), setup.usesProxies && reach.mayUseProxy(for: address.host) ? nil : "*"),
      ],
      length: hasBody ? count : nil)
    if let refused {
      return error(.library, "libcurl refuses option \(refused)", hint: "libcurl 7.85 or later is needed")
    }
    self.easy = easy
    return nil
  }

  private func forbidden(_ why: String) -> HTTPError {
    error(.forbidden, why, hint: "only what the configuration names may be reached inside the local network")
  }

  // MARK: - Redirects

  /// Where the response sends us, if it may be followed; the error when it may not.
  func redirect() -> HTTPError? {
    guard let address, let head, let location = head.header("location") else { return nil }
    guard hops < request.redirects, reach == .anywhere else {
      let target = Self.resolve(location, from: address)?.shown ?? "an address that is none"
      return error(
        .redirected, "the server sends us to \(target) (status \(head.status))",
        hint: request.redirects == 0 || reach != .anywhere
          ? "configure the address that it names" : "too many times")
    }
    guard let target = Self.resolve(location, from: address) else {
      return error(.malformed, "the server sends us to an address that is none")
    }
    guard !(address.scheme == "https" && target.scheme == "http") else {
      return error(.redirected, "the server sends us from https to \(target.shown)")
    }
    isElsewhere = isElsewhere || target.origin != address.origin
    if head.status == 303 && method != "HEAD" || head.status < 303 && method == "POST" {
      method = "GET"
      dropsBody = true
    }
    self.address = target
    hops += 1
    return nil
  }

  private func keepsHeader(_ name: String) -> Bool {
    let name = name.lowercased()
    if dropsBody, name.hasPrefix("content-") { return false }
    return !isElsewhere || ["accept", "accept-language", "content-type"].contains(name)
  }

  static func resolve(_ location: String, from base: WebAddress) -> WebAddress? {
    if location.hasPrefix("//") { return try? WebAddress("\(base.scheme):\(location)") }
    if location.hasPrefix("/") { return try? WebAddress(base.origin + location) }
    let scheme = location.utf8.prefix { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A }
    if location.utf8.dropFirst(scheme.count).first == UInt8(ascii: ":") { return try? WebAddress(location) }
    if location.hasPrefix("?") { return try? WebAddress(base.origin + base.path + location) }
    let folder = base.path[...(base.path.lastIndex(of: "/") ?? base.path.startIndex)]
    return try? WebAddress(base.origin + folder + location)
  }
}
