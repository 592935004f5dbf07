internal import CCurl
internal import Glibc

extension HTTPTransfer {
  /// The error for how libcurl says that the transfer ended; nil when it ended well.
  func failure(_ code: Int32) -> HTTPError? {
    if let stop { return failure(stop) }
    let words = easy?.text ?? ""
    let own = words.isEmpty ? String(cString: agim_curl_words(code)) : words
    let host = address?.host ?? "the host"
    switch Int(code) {
    case Int(AGIM_CURLE_OK):
      if headIsComplete || isConnectionOnly { return nil }
      // To libcurl a connection that ends between two header lines ends well.
      return brokenOff("in its header lines")
    case Int(AGIM_CURLE_COULDNT_RESOLVE_HOST):
      return error(
        .unresolved, "\(host) cannot be looked up", hint: "check the name and this machine's name servers",
        isTemporary: true)
    case Int(AGIM_CURLE_COULDNT_RESOLVE_PROXY):
      return error(.proxy, own, hint: Self.proxyHint, isTemporary: true)
    case Int(AGIM_CURLE_PROXY): return error(.proxy, own, hint: Self.proxyHint, isTemporary: true)
    case Int(AGIM_CURLE_COULDNT_CONNECT):
      let number = easy.map { agim_curl_info_number($0.handle, Int32(AGIM_CURLINFO_OS_ERRNO)) } ?? 0
      let why = number > 0 ? String(cString: strerror(Int32(truncatingIfNeeded: number))) : own
      return error(
        .unreachable, "cannot connect: \(why)", hint: "check the address, and whether the server runs",
        isTemporary: true)
    case Int(AGIM_CURLE_OPERATION_TIMEDOUT):
      return error(
        .timedOut(.connect), "no connection within \(Self.seconds(request.limits.connect))",
        hint: "check the address and the network", isTemporary: true)
    case Int(AGIM_CURLE_PEER_FAILED_VERIFICATION):
      return error(
        .insecure, own,
        hint: "the certificate must be valid for \(host); one of your own authority goes into SSL_CERT_FILE")
    case Int(AGIM_CURLE_SSL_CACERT_BADFILE):
      return error(
        .insecure, own, hint: "install the Debian package ca-certificates, or check SSL_CERT_FILE")
    case Int(AGIM_CURLE_SSL_CONNECT_ERROR):
      return error(
        .insecure, own, hint: "the server does not speak TLS 1.2 or later there", isTemporary: true)
    case Int(AGIM_CURLE_PARTIAL_FILE), Int(AGIM_CURLE_GOT_NOTHING), Int(AGIM_CURLE_SEND_ERROR),
      Int(AGIM_CURLE_RECV_ERROR), Int(AGIM_CURLE_HTTP2_STREAM):
      return brokenOff(own)
    case Int(AGIM_CURLE_OUT_OF_MEMORY):
      // Said of a line that is longer than its buffers may become, too.
      if wasBegun, !headIsComplete { return failure(.headersTooLarge) }
      return error(.library, "out of memory", isTemporary: true)
    default: return error(.malformed, "the server's answer is not HTTP: \(own)")
    }
  }

  private func failure(_ stop: Stop) -> HTTPError {
    switch stop {
    case .headersTooLarge:
      error(.headersTooLarge, "the answer has more than \(request.limits.headers) bytes of header lines")
    case .bodyTooLarge:
      error(.bodyTooLarge, "the answer is larger than \(request.limits.body ?? 0) bytes")
    case .malformed(let why): error(.malformed, "the server's answer is not HTTP: \(why)")
    case .forbidden(let why):
      error(
        .forbidden, why, hint: "only what the configuration names may be reached inside the local network")
    case .repeated: brokenOff("the connection was closed after the request had been sent")
    case .unreadable(let why): error(.unreadable, "what is to be sent cannot be read: \(why)")
    }
  }

  private func brokenOff(_ why: String) -> HTTPError {
    error(.brokenOff, "the connection ended too early: \(why)", isTemporary: true)
  }

  /// The error for a limit of time that was reached.
  func late(_ limit: HTTPError.TimeLimit) -> HTTPError {
    switch limit {
    case .total:
      error(
        .timedOut(.total), "no complete answer within \(Self.seconds(request.limits.total ?? 0))",
        isTemporary: true)
    default:
      error(
        .timedOut(limit), "nothing came for \(Self.seconds(request.limits.idle ?? 0))", isTemporary: true)
    }
  }

  private static let proxyHint = "check http_proxy, https_proxy and no_proxy"

  private static func seconds(_ milliseconds: Int64) -> String {
    let rest = milliseconds % 1000
    guard rest != 0 else { return "\(milliseconds / 1000) s" }
    return milliseconds < 1000 ? "\(milliseconds) ms" : "\(milliseconds / 1000).\(rest / 100) s"
  }
}
