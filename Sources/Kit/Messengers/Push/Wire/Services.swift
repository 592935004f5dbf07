internal import JSON
internal import Journal
internal import System

/// Services that only take notifications.
extension PushService {
  /// The key of further header lines.
  package static let headersKey = "headers"

  /// All of them, robots included.
  package static let all: [PushService] =
    robots + [
      ntfy, gotify, bark, webhook, pushover, matrix, mattermost, teams, googleChat,
    ]

  /// The service of a platform; nil when it is none of these.
  package static func of(_ platform: String) -> PushService? { all.first { $0.platform == platform } }

  private static func bearer(_ values: PushValues) -> [(name: String, value: String)] {
    values["token"].map { [("Authorization", "Bearer \($0)")] } ?? []
  }

  // MARK: ntfy

  private static let ntfy = PushService(
    platform: "ntfy", title: "ntfy",
    keys: [
      .text("url", "NTFY_URL", "the server; without it https://ntfy.sh"),
      .text("to", "NTFY_TOPIC", "the topic"),
      .secret("token", "NTFY_TOKEN", "the access token, where the topic needs one"),
      .text("priority", nil, "1 to 5"), .text("tags", nil, "tags or emoji names, between commas"),
    ],
    form: .commonMark, limit: .bytes(4000), pace: [PushPace(10, within: 50_000)], hasTitle: true,
    hasChannels: true,
    text: { note, values in
      var body = JSONObject([
        ("topic", .string(note.channel)), ("message", .string(note.text)), ("markdown", true),
      ])
      if let title = note.title { body["title"] = .string(title) }
      if let priority = try number("priority", values, 1...5) {
        body["priority"] = JSONValue(integerLiteral: priority)
      }
      if let tags = values["tags"] {
        body["tags"] = .array(tags.split(separator: ",").map { .string(String($0)) })
      }
      return PushRequest(
        "\(values["url"] ?? "https://ntfy.sh")/", headers: bearer(values), .json(.object(body)))
    },
    file: PushFileRules(
      limit: 15 << 20,
      send: { file, _, note, values in
        let url = "\(values["url"] ?? "https://ntfy.sh")/\(PushSigns.queryEncoded(note.channel))"
        return PushRequest(
          "\(url)?filename=\(PushSigns.queryEncoded(file.name))", method: "PUT", headers: bearer(values),
          .file)
      }),
    outcome: { answer in
      if let failure = answer.failure(check: "token") { return failure }
      return answer["id"]?.string.map { .delivered(proof: $0) } ?? answer.strange
    },
    probe: PushProbe(
      request: { PushRequest("\($0["url"] ?? "https://ntfy.sh")/v1/health", method: "GET", .none) },
      words: { $0["healthy"]?.bool == true ? "the server is healthy" : nil }))

  // MARK: Gotify

  private static let gotify = PushService(
    platform: "gotify", title: "Gotify",
    keys: [
      .text("url", "GOTIFY_URL", "the server", isNeeded: true),
      .secret("token", "GOTIFY_TOKEN", "the token of the application", isNeeded: true),
      .text("priority", nil, "0 to 10"),
    ],
    form: .commonMark, limit: .characters(32_000), pace: [PushPace(10, within: 2000)], hasTitle: true,
    text: { note, values in
      var body = JSONObject([("message", .string(note.text))])
      if let title = note.title { body["title"] = .string(title) }
      if let priority = try number("priority", values, 0...10) {
        body["priority"] = JSONValue(integerLiteral: priority)
      }
      body["extras"] = ["client::display": ["contentType": "text/markdown"]]
      return PushRequest(
        "\(try values.need("url"))/message", headers: [("X-Gotify-Key", try values.need("token"))],
        .json(.object(body)))
    },
    outcome: { answer in
      if let failure = answer.failure(check: "token") { return failure }
      return answer["id"]?.int.map { .delivered(proof: "\($0)") } ?? answer.strange
    },
    probe: PushProbe(
      request: { PushRequest("\(try $0.need("url"))/health", method: "GET", .none) },
      words: { $0["health"]?.string == "green" ? "the server is healthy" : nil }))

  // MARK: Bark

  private static let bark = PushService(
    platform: "bark", title: "Bark",
    keys: [
      .text("url", "BARK_URL", "the server; without it https://api.day.app"),
      .secret("key", "BARK_KEY", "the key of the device", isNeeded: true),
      .text("level", nil, "critical, active, timeSensitive or passive"),
      .text("group", nil, "the group that its messages stand in"), .text("sound", nil, "the sound"),
      .text("icon", nil, "the address of a picture"),
    ],
    // All of it must fit into the 4096 bytes of Apple's notifications.
    form: .commonMark, limit: .bytes(3000), pace: [PushPace(5, within: 2500)], hasTitle: true,
    text: { note, values in
      var body = JSONObject([("device_key", .string(try values.need("key")))])
      if let title = note.title { body["title"] = .string(title) }
      body["markdown"] = .string(note.text)
      for name in ["level", "group", "sound", "icon"] {
        if let value = values[name] { body[name] = .string(value) }
      }
      return PushRequest("\(values["url"] ?? "https://api.day.app")/push", .json(.object(body)))
    },
    outcome: { answer in
      switch answer["code"]?.int {
      case 200? where answer.status == 200: return .delivered(proof: "code 200")
      case 500?: return answer.postponed(500)
      case let code? where code != 200: return answer.refused(code, "check \"key\" of the account")
      default: return answer.failure(check: "key") ?? answer.strange
      }
    },
    probe: PushProbe(
      request: { PushRequest("\($0["url"] ?? "https://api.day.app")/ping", method: "GET", .none) },
      words: { $0["code"]?.int == 200 ? "the server answers" : nil }))

  // MARK: Pushover

  private static let pushover = PushService(
    platform: "pushover", title: "Pushover",
    keys: [
      .secret("token", "PUSHOVER_TOKEN", "the token of the application", isNeeded: true),
      .secret("user", "PUSHOVER_USER", "the key of the user or group", isNeeded: true),
      .text("priority", nil, "-2 to 2"), .text("device", nil, "one device of the user"),
      .text("sound", nil, "the sound"), .text("base_url", nil, "another server, for tests"),
    ],
    form: .plain, limit: .characters(1024), pace: [PushPace(5, within: 2500)], hasTitle: true,
    text: { note, values in
      var fields = try pushoverFields(note, values)
      fields.append(("message", note.text))
      return PushRequest(
        pushoverURL(values), .bytes(form(fields), type: "application/x-www-form-urlencoded"))
    },
    file: PushFileRules(
      limit: 5 << 20, isForImages: true,
      send: { file, _, note, values in
        PushRequest(
          pushoverURL(values),
          .form(try pushoverFields(note, values) + [("message", file.name)], file: "attachment"))
      }),
    outcome: { answer in
      if answer.status == 200, answer["status"]?.int == 1 {
        return .delivered(proof: answer["request"]?.string ?? "status 1")
      }
      if answer.status == 200, answer["status"] != nil { return answer.refused() }
      return answer.failure(check: "token", after: 5000) ?? answer.strange
    },
    probe: PushProbe(
      request: { values in
        let fields = [("token", try values.need("token")), ("user", try values.need("user"))]
        return PushRequest(
          "\(values["base_url"] ?? "https://api.pushover.net")/1/users/validate.json",
          .bytes(form(fields), type: "application/x-www-form-urlencoded"))
      },
      words: { $0["status"]?.int == 1 ? "application and user are known" : nil }))

  private static func pushoverURL(_ values: PushValues) -> String {
    "\(values["base_url"] ?? "https://api.pushover.net")/1/messages.json"
  }

  private static func pushoverFields(_ note: PushNote, _ values: PushValues) throws
    -> [(name: String, value: String)]
  {
    var fields = [("token", try values.need("token")), ("user", try values.need("user"))]
    if let title = note.title { fields.append(("title", String(title.prefix(250)))) }
    if let priority = try number("priority", values, -2...2) {
      fields.append(("priority", "\(priority)"))
      // An emergency is repeated until somebody acknowledges it.
      if priority == 2 { fields += [("retry", "60"), ("expire", "3600")] }
    }
    for name in ["device", "sound"] { if let value = values[name] { fields.append((name, value)) } }
    return fields
  }

  private static func form(_ fields: [(name: String, value: String)]) -> [UInt8] {
    Array(fields.map { "\($0.name)=\(PushSigns.queryEncoded($0.value))" }.joined(separator: "&").utf8)
  }

  // MARK: Matrix

  private static let matrix = PushService(
    platform: "matrix", title: "Matrix",
    keys: [
      .text("url", "MATRIX_HOMESERVER", "the homeserver", isNeeded: true),
      .secret("token", "MATRIX_ACCESS_TOKEN", "an access token", isNeeded: true),
      .text("to", "MATRIX_ROOM", "the room, as !id:server"),
    ],
    form: .matrix, limit: .bytes(24_000), pace: [PushPace(5, within: 2500)], hasChannels: true,
    text: { note, values in
      try matrixEvent(
        note, values,
        [
          "msgtype": "m.notice", "body": .string(note.plain), "format": "org.matrix.custom.html",
          "formatted_body": .string(note.text),
        ])
    },
    file: PushFileRules(
      limit: 50 << 20,
      upload: { file, values in
        let url = "\(try values.need("url"))/_matrix/media/v3/upload"
        return PushRequest(
          "\(url)?filename=\(PushSigns.queryEncoded(file.name))", headers: bearer(values), .file)
      },
      key: { $0["content_uri"]?.string },
      send: { file, key, note, values in
        let kind: JSONValue = file.mime.utf8.starts(with: "image/".utf8) ? "m.image" : "m.file"
        return try matrixEvent(
          note, values,
          [
            "msgtype": kind, "body": .string(file.name), "filename": .string(file.name),
            "url": .string(key ?? ""),
            "info": ["mimetype": .string(file.mime), "size": JSONValue(integerLiteral: file.size)],
          ])
      }),
    outcome: { answer in
      let after = answer["retry_after_ms"]?.int.map { Int64($0) }
      switch answer["errcode"]?.string {
      case "M_LIMIT_EXCEEDED"?: return answer.postponed(after: after)
      case "M_UNKNOWN_TOKEN"?, "M_MISSING_TOKEN"?:
        return answer.refused(nil, "check \"token\" of the account")
      case "M_FORBIDDEN"?:
        return answer.refused(nil, "the account of the token is not in that room: join it first")
      default: break
      }
      if let failure = answer.failure(check: "token", after: after) { return failure }
      return answer["event_id"]?.string.map { .delivered(proof: $0) } ?? answer.strange
    },
    probe: PushProbe(
      request: { values in
        PushRequest(
          "\(try values.need("url"))/_matrix/client/v3/account/whoami", method: "GET",
          headers: bearer(values), .none)
      },
      words: { answer in answer["user_id"]?.string.map { "the token is that of \($0)" } }))

  private static func matrixEvent(
    _ note: PushNote, _ values: PushValues, _ content: JSONValue
  ) throws -> PushRequest {
    let room = PushSigns.queryEncoded(note.channel)
    let url = "\(try values.need("url"))/_matrix/client/v3/rooms/\(room)/send/m.room.message/"
    return PushRequest(
      url + PushSigns.queryEncoded(note.id), method: "PUT", headers: bearer(values), .json(content))
  }

  // MARK: Mattermost

  private static let mattermost = PushService(
    platform: "mattermost", title: "Mattermost",
    keys: [
      .secret("url", "MATTERMOST_WEBHOOK_URL", "the address of the incoming webhook", isNeeded: true),
      .text("channel", nil, "another channel than the webhook's, where that is permitted"),
      .text("username", nil, "the name that its messages show, where that is permitted"),
    ],
    form: .commonMark, limit: .characters(16_000), pace: [PushPace(5, within: PushPace.second)],
    text: { note, values in
      var body = JSONObject([("text", .string(note.text))])
      for name in ["channel", "username"] { if let value = values[name] { body[name] = .string(value) } }
      return PushRequest(try values.need("url"), .json(.object(body)))
    },
    outcome: { answer in
      if let failure = answer.failure(check: "url") { return failure }
      return answer.text == "ok" ? .delivered(proof: "ok") : answer.strange
    })

  // MARK: Microsoft Teams

  private static let teams = PushService(
    platform: "teams", title: "Microsoft Teams",
    keys: [
      .secret("url", "TEAMS_WEBHOOK_URL", "the address of the workflow", isNeeded: true)
    ],
    // Of the 28 KB that are promised, 21 have been refused.
    form: .commonMark, limit: .bytes(12_000), pace: [PushPace(4, within: 2000)], hasTitle: true,
    text: { note, values in
      var blocks: [JSONValue] = []
      if let title = note.title {
        blocks.append([
          "type": "TextBlock", "text": .string(title), "size": "large", "weight": "bolder", "wrap": true,
        ])
      }
      blocks.append(["type": "TextBlock", "text": .string(note.text), "wrap": true])
      let card: JSONValue = [
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard",
        "version": "1.4", "msteams": ["width": "full"], "body": .array(blocks),
      ]
      return PushRequest(
        try values.need("url"),
        .json([
          "type": "message",
          "attachments": [
            [
              "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": card,
            ]
          ],
        ]))
    },
    outcome: { answer in
      if let failure = answer.failure(check: "url") { return failure }
      // Old connectors say 200 and mean something else.
      if answer["error"] != nil { return answer.refused() }
      let isStarted = answer.status == 202
      return .delivered(proof: isStarted ? "HTTP 202: the workflow was started" : "HTTP \(answer.status)")
    })

  // MARK: Google Chat

  private static let googleChat = PushService(
    platform: "googlechat", aliases: ["gchat"], title: "Google Chat",
    keys: [
      .secret(
        "url", "GOOGLE_CHAT_WEBHOOK_URL", "the address of the webhook, with key and token", isNeeded: true)
    ],
    form: .plain, limit: .characters(4000), pace: [PushPace(1, within: PushPace.second)],
    text: { note, values in
      var url = try values.need("url")
      url += "\(url.utf8.contains(UInt8(ascii: "?")) ? "&" : "?")requestId=\(PushSigns.queryEncoded(note.id))"
      var body = JSONObject([("text", .string(note.text))])
      if let thread = note.thread {
        url += "&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"
        body["thread"] = ["threadKey": .string(thread)]
      }
      return PushRequest(url, .json(.object(body)))
    },
    outcome: { answer in
      if answer["error"]?["status"]?.string == "RESOURCE_EXHAUSTED" { return answer.postponed() }
      if let failure = answer.failure(check: "url") { return failure }
      return answer["name"]?.string.map { .delivered(proof: $0) } ?? answer.strange
    })

  // MARK: Any other

  /// Who answers to addresses that come with messages needs no other.
  private static let webhookURL: PushKey = {
    var key = PushKey.secret("url", "WEBHOOK_URL", "the address", isNeeded: true)
    key.alternative = "reply"
    return key
  }()

  private static let webhook = PushService(
    platform: "webhook", title: "a webhook",
    keys: [
      webhookURL,
      .secret("secret", "WEBHOOK_SECRET", "what is signed with, as whsec_BASE64; none: unsigned"),
      .secret("token", "WEBHOOK_TOKEN", "a bearer token, where one is wanted"),
      .text("source", nil, "what the member source says; without it agim"),
      .text(headersKey, nil, "further header lines, as an object"),
    ],
    takesReplies: true,
    receivingKeys: ["verify", "header", "session", "from", "name", "channel", "text", "path", "reply"],
    form: .plain, limit: .characters(100_000), pace: [PushPace(20, within: PushPace.second)], hasTitle: true,
    text: { note, values in
      var body = JSONObject()
      if let title = note.title { body["title"] = .string(title) }
      body["text"] = .string(note.text)
      body["level"] = "info"
      body["source"] = .string(values["source"] ?? "agim")
      body["time"] = .string(note.time.description)
      body["id"] = .string(note.id)
      var json = JSONWriter()
      json.value(.object(body))
      var headers = bearer(values) + values.headers
      if let secret = values["secret"] {
        let seconds = note.time.milliseconds / 1000
        headers += [
          ("webhook-id", note.id), ("webhook-timestamp", "\(seconds)"),
          (
            "webhook-signature",
            try PushSigns.webhook(id: note.id, seconds: seconds, body: json.bytes, secret: secret)
          ),
        ]
      }
      return PushRequest(
        try values.need("url"), headers: headers,
        .bytes(json.bytes, type: "application/json; charset=utf-8"))
    },
    outcome: { answer in answer.failure(check: "url") ?? .delivered(proof: "HTTP \(answer.status)") })

  private static func number(_ key: String, _ values: PushValues, _ range: ClosedRange<Int>) throws -> Int? {
    guard let text = values[key] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw PushFault("\"\(key)\" is not a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
