internal import Crypto
internal import Network
internal import Text

/// The request that asks a server for a WebSocket, and whether an answer grants it.
struct WebSocketUpgrade {
  /// Where it goes, as libcurl and people name it; nil with `fault` set.
  let address: WebAddress?
  /// The address for people and logs.
  let shown: String
  /// Why it cannot be sent as it stands.
  let fault: String?
  /// What is sent.
  let bytes: [UInt8]
  private let key: String
  private let subprotocols: [String]

  /// RFC 6455, section 1.3.
  private static let salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  init(url: String, _ options: WebSocket.Options, random: () -> UInt64) {
    subprotocols = options.subprotocols
    var nonce: [UInt8] = []
    for word in [random(), random()] {
      for shift in stride(from: 56, through: 0, by: -8) {
        nonce.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    key = String(decoding: Base64.encode(nonce), as: UTF8.self)
    let target: WebAddress
    do {
      target = try WebAddress(Self.httpForm(url))
    } catch {
      (address, shown, fault, bytes) = (nil, "(a wrong address)", "\(error)", [])
      return
    }
    address = target
    let ws = target.scheme == "https" ? "wss" : "ws"
    var text = ws + target.shown.dropFirst(target.scheme.utf8.count)
    for secret in options.secrets where !secret.isEmpty { text = HTTPTransfer.without(secret, text) }
    shown = text
    var lines = [
      ("Host", String(target.origin.dropFirst(target.scheme.utf8.count + 3))), ("Upgrade", "websocket"),
      ("Connection", "Upgrade"), ("Sec-WebSocket-Key", key), ("Sec-WebSocket-Version", "13"),
    ]
    if !subprotocols.isEmpty {
      lines.append(("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", ")))
    }
    let own = Set(options.headers.map { $0.name.lowercased() })
    if !own.contains("user-agent") { lines.append(("User-Agent", "agim")) }
    let taken = Set(lines.map { $0.0.lowercased() })
    var request = HTTPRequest("GET", url, headers: options.headers)
    request.headers += subprotocols.map { ("Sec-WebSocket-Protocol", $0) }
    if let double = own.intersection(taken).first {
      fault = "the header \(double) is the protocol's own"
    } else {
      fault = request.fault
    }
    lines += options.headers.map { ($0.name, $0.value) }
    let path = target.path + (target.query.map { "?\($0)" } ?? "")
    var head = "GET \(path) HTTP/1.1\r\n"
    for (name, value) in lines { head += "\(name): \(value)\r\n" }
    bytes = Array("\(head)\r\n".utf8)
  }

  /// `ws` and `wss` as the schemes that mean the same.
  private static func httpForm(_ url: String) -> String {
    let scheme = url.utf8.prefix { $0 != UInt8(ascii: ":") }
    switch String(Substring(scheme)).lowercased() {
    case "ws": return "http" + url.dropFirst(2)
    case "wss": return "https" + url.dropFirst(3)
    default: return url
    }
  }

  /// Whether an answer of status 101 is one to our request: the subprotocol, or why it is not.
  func check(_ head: HTTPHead) -> (subprotocol: String?, fault: String?) {
    func words(_ name: String) -> [String] {
      head.headers.filter { $0.name == name }.flatMap { $0.value.split(separator: ",") }
        .map { word in
          let inner = word.drop { $0 == " " || $0 == "\t" }
          return inner.prefix { $0 != " " && $0 != "\t" }.lowercased()
        }
    }
    guard words("upgrade") == ["websocket"] else { return (nil, "it does not say Upgrade: websocket") }
    guard words("connection").contains("upgrade") else { return (nil, "it does not say Connection: Upgrade") }
    guard let digest = try? DigestKind.sha1.digest(Array("\(key)\(Self.salt)".utf8)) else {
      return (nil, "libcrypto.so.3 (OpenSSL) cannot be used: install the Debian package libssl3")
    }
    let accepts = head.headers.filter { $0.name == "sec-websocket-accept" }.map(\.value)
    guard accepts == [String(decoding: Base64.encode(digest), as: UTF8.self)] else {
      return (nil, "its Sec-WebSocket-Accept does not fit our key")
    }
    guard !head.headers.contains(where: { $0.name == "sec-websocket-extensions" }) else {
      return (nil, "it uses an extension that was not offered")
    }
    let chosen = head.headers.filter { $0.name == "sec-websocket-protocol" }.map(\.value)
    guard let protocolName = chosen.first else { return (nil, nil) }
    guard chosen.count == 1, subprotocols.contains(protocolName) else {
      return (nil, "it uses a subprotocol that was not offered")
    }
    return (protocolName, nil)
  }
}
