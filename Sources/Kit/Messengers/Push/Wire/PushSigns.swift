internal import Crypto
internal import Text

/// The signatures of services that have some.
package enum PushSigns {
  /// DingTalk: over the time in milliseconds and the secret; as it stands in a query.
  package static func dingtalk(milliseconds: Int64, secret: String) throws -> String {
    queryEncoded(try base64(key: Array(secret.utf8), "\(milliseconds)\n\(secret)"))
  }

  /// Feishu: the time in seconds and the secret are the key, and nothing is signed.
  package static func feishu(seconds: Int64, secret: String) throws -> String {
    try base64(key: Array("\(seconds)\n\(secret)".utf8), "")
  }

  /// Standard Webhooks: over id, time and body; the header's value.
  package static func webhook(id: String, seconds: Int64, body: [UInt8], secret: String) throws -> String {
    let message = Array("\(id).\(seconds).".utf8) + body
    let sum = try HMAC.sha256(key: try webhookKey(secret), message)
    return "v1,\(String(decoding: Base64.encode(sum), as: UTF8.self))"
  }

  /// What a secret of the form `whsec_BASE64` holds; any other text is the key as it stands.
  static func webhookKey(_ secret: String) throws -> [UInt8] {
    guard secret.hasPrefix("whsec_") else { return Array(secret.utf8) }
    guard let key = Base64.decodeStandard(String(secret.utf8.dropFirst(6)) ?? ""), !key.isEmpty else {
      throw PushFault("\"secret\" begins with whsec_, but what follows is not Base64")
    }
    return key
  }

  private static func base64(key: [UInt8], _ message: String) throws -> String {
    String(decoding: Base64.encode(try HMAC.sha256(key: key, Array(message.utf8))), as: UTF8.self)
  }

  /// A text as a value in a query, or as a part of a path.
  package static func queryEncoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      let isPlain =
        byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
        || "-._~".utf8.contains(byte)
      if isPlain {
        bytes.append(byte)
      } else {
        bytes += [0x25] + [byte >> 4, byte & 15].map { $0 < 10 ? 0x30 + $0 : 0x37 + $0 }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
