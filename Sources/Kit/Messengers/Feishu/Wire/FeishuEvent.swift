package import JSON
package import System

/// Something that Feishu pushes: an event, or the result of a button.
///
/// Both schemas are read: 2.0 with a `header`, and the older one with `uuid`.
package struct FeishuEvent: Sendable {
  /// The id of the event; the same when it is pushed again.
  package let id: String
  /// What happened, such as `im.message.receive_v1`; `message` in the older schema.
  package let type: String
  /// The app it is for, where it says so.
  package let app: String?
  /// When it happened.
  package let created: Timestamp?
  /// What is known about it.
  package let body: JSONObject
  /// Whether it came in the older schema.
  package let isOld: Bool
}

/// Why something that was pushed is none of the two.
package struct FeishuEventError: Error, Equatable, Sendable, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}

/// What a push is.
package enum FeishuPush: Sendable {
  /// Feishu wants to know whether the address is ours: the text goes back.
  case challenge(String)
  /// An event.
  case event(FeishuEvent)

  /// How large a push may be.
  package static let limits = JSONLimits(maxBytes: 4 << 20, maxDepth: 64)

  /// Reads a push in plain text, and gives the verification token that came with it.
  ///
  /// - Throws: `FeishuEventError` for what is neither.
  package static func read(_ bytes: [UInt8]) throws(FeishuEventError) -> (FeishuPush, token: String?) {
    let value: JSONValue
    do {
      value = try JSONReader.parse(bytes, limits: limits)
    } catch let error {
      throw FeishuEventError("not JSON: \(error)")
    }
    guard let root = value.object else { throw FeishuEventError("not a JSON object") }
    if root["type"]?.string == "url_verification" {
      guard let challenge = root["challenge"]?.string, challenge.utf8.count <= 1024 else {
        throw FeishuEventError("a verification of the address without a challenge")
      }
      return (.challenge(challenge), root["token"]?.string)
    }
    let header = root["header"]?.object
    let body = root["event"]?.object
    let id = header?["event_id"]?.string ?? root["uuid"]?.string
    let type = header?["event_type"]?.string ?? body?["type"]?.string
    guard let id, FeishuID.isValid(id) else { throw FeishuEventError("an event without an id") }
    guard let type, FeishuID.isValid(type), let body else {
      throw FeishuEventError("an event that says nothing about itself")
    }
    let event = FeishuEvent(
      id: id, type: type, app: header?["app_id"]?.string ?? body["app_id"]?.string,
      created: FeishuTime.read(header?["create_time"]) ?? FeishuTime.read(root["ts"]), body: body,
      isOld: header == nil)
    return (.event(event), header?["token"]?.string ?? root["token"]?.string)
  }
}

/// Ids of Feishu's things.
package enum FeishuID {
  /// Whether a text can be one: it stands in addresses, paths and lines.
  package static func isValid(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
  }

  /// The id that a member holds; nil for what is none.
  package static func read(_ value: JSONValue?) -> String? {
    value?.string.flatMap { isValid($0) ? $0 : nil }
  }
}

/// Times of Feishu.
package enum FeishuTime {
  /// Reads milliseconds, or seconds with or without a fraction, as a number or in quotes; nil for what is no
  /// time between 2001 and 2286.
  package static func read(_ value: JSONValue?) -> Timestamp? {
    let text: String
    if let string = value?.string {
      text = string
    } else if let number = value?.int {
      text = "\(number)"
    } else {
      return nil
    }
    let whole = text.prefix { $0 != "." }
    guard whole.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int64(whole) else { return nil }
    switch whole.utf8.count {
    case 10: return Timestamp(milliseconds: number * 1000)
    case 13: return Timestamp(milliseconds: number)
    // Microseconds, as some members are documented to be.
    case 16: return Timestamp(milliseconds: number / 1000)
    default: return nil
    }
  }
}
