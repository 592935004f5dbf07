internal import JSON
internal import Journal
internal import System

/// Group robots and incoming webhooks of chat platforms: an address that is the credential, sometimes signed.
extension PushService {
  package static let robots: [PushService] = [dingtalk, feishu, wecom, slack, discord]

  /// The key that makes a robot of an account.
  package static let robotKey = "robot"

  /// The address of a robot, which may also be given by its last part alone.
  static func robot(_ values: PushValues, _ base: String, _ path: String) throws -> String {
    let robot = try values.need(robotKey)
    if robot.utf8.starts(with: "https://".utf8) || robot.utf8.starts(with: "http://".utf8) { return robot }
    let isToken = robot.utf8.allSatisfy { byte in
      byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
        || "-._~/".utf8.contains(byte)
    }
    guard isToken else {
      throw PushFault("\"robot\" is neither an address that begins with https:// nor the token in one")
    }
    return "\(values["base_url"] ?? base)\(path)\(robot)"
  }

  private static func robotKeys(_ name: String, signed: Bool = false) -> [PushKey] {
    var keys: [PushKey] = [
      .secret(robotKey, "\(name)_ROBOT_URL", "the address of the robot, or the token in it", isNeeded: true)
    ]
    if signed {
      keys.append(
        .secret("secret", "\(name)_ROBOT_SECRET", "what its messages are signed with; none: unsigned"))
    }
    keys.append(.text("base_url", nil, "another server, where robot is a token alone"))
    return keys
  }

  // MARK: DingTalk

  private static let dingtalk = PushService(
    platform: "dingtalk", title: "DingTalk", isShared: true, keys: robotKeys("DINGTALK", signed: true),
    form: .dingtalk, limit: .bytes(14_000), pace: [PushPace(20, within: PushPace.minute)],
    text: { note, values in
      var url = try robot(values, "https://oapi.dingtalk.com", "/robot/send?access_token=")
      if let secret = values["secret"] {
        let time = note.time.milliseconds
        let sign = try PushSigns.dingtalk(milliseconds: time, secret: secret)
        url += "\(url.utf8.contains(UInt8(ascii: "?")) ? "&" : "?")timestamp=\(time)&sign=\(sign)"
      }
      return PushRequest(
        url,
        .json([
          "msgtype": "markdown", "markdown": ["title": .string(note.heading), "text": .string(note.text)],
        ]))
    },
    outcome: { answer in
      switch answer["errcode"]?.int {
      case 0?: return .delivered(proof: "errcode 0")
      case 310_000?:
        return answer.refused(
          310_000,
          "check \"robot\" and \"secret\" of the account, the keywords and addresses that the robot's "
            + "security settings want, and the clock of this machine")
      // Whoever is too fast is shut out for about ten minutes.
      case 130_101?, 302_033?: return answer.postponed(answer["errcode"]?.int, after: 600_000)
      case .some(-1): return answer.postponed(-1)
      case let code?: return answer.refused(code)
      case nil: return answer.failure(check: robotKey) ?? answer.strange
      }
    })

  // MARK: Feishu

  private static let feishu = PushService(
    platform: "feishu", aliases: ["lark"], title: "Feishu", isShared: true,
    keys: robotKeys("FEISHU", signed: true),
    form: .feishu, limit: .bytes(14_000),
    pace: [PushPace(5, within: PushPace.second), PushPace(100, within: PushPace.minute)], hasTitle: true,
    text: { note, values in
      let url = try robot(values, "https://open.feishu.cn", "/open-apis/bot/v2/hook/")
      var body = JSONObject()
      if let secret = values["secret"] {
        let seconds = note.time.milliseconds / 1000
        body["timestamp"] = .string("\(seconds)")
        body["sign"] = .string(try PushSigns.feishu(seconds: seconds, secret: secret))
      }
      body["msg_type"] = "interactive"
      var card: JSONObject = JSONObject([("config", ["wide_screen_mode": true])])
      if let title = note.title {
        card["header"] = ["title": ["tag": "plain_text", "content": .string(title)], "template": "blue"]
      }
      card["elements"] = [["tag": "markdown", "content": .string(note.text)]]
      body["card"] = .object(card)
      return PushRequest(url, .json(.object(body)))
    },
    outcome: { answer in
      switch answer["code"]?.int ?? answer["StatusCode"]?.int {
      case 0?: return .delivered(proof: "code 0")
      case 11232?: return answer.postponed(11232, after: 60_000)
      case 19021?:
        return answer.refused(19021, "check \"secret\" of the account and the clock of this machine")
      case 19022?:
        return answer.refused(19022, "the robot's security settings do not list this machine's address")
      case 19024?: return answer.refused(19024, "the robot's security settings want a keyword in the text")
      case 19001?: return answer.refused(19001, "check \"robot\" of the account")
      case let code?: return answer.failure(check: robotKey) ?? answer.refused(code)
      case nil: return answer.failure(check: robotKey) ?? answer.strange
      }
    })

  // MARK: WeCom

  private static let wecom = PushService(
    platform: "wecom", title: "WeCom", isShared: true, keys: robotKeys("WECOM"),
    form: .wecom, limit: .bytes(4096), pace: [PushPace(20, within: PushPace.minute)],
    text: { note, values in
      let url = try robot(values, "https://qyapi.weixin.qq.com", "/cgi-bin/webhook/send?key=")
      return PushRequest(
        url, .json(["msgtype": "markdown_v2", "markdown_v2": ["content": .string(note.text)]]))
    },
    file: PushFileRules(
      limit: 20_000_000, least: 6,
      upload: { _, values in
        let url = try robot(values, "https://qyapi.weixin.qq.com", "/cgi-bin/webhook/send?key=")
        return PushRequest(try wecomUpload(url), .form([], file: "media"))
      },
      key: { $0["errcode"]?.int == 0 ? $0["media_id"]?.string : nil },
      send: { _, key, _, values in
        let url = try robot(values, "https://qyapi.weixin.qq.com", "/cgi-bin/webhook/send?key=")
        return PushRequest(url, .json(["msgtype": "file", "file": ["media_id": .string(key ?? "")]]))
      }),
    outcome: { answer in
      switch answer["errcode"]?.int {
      case 0?: return .delivered(proof: "errcode 0")
      case 45009?: return answer.postponed(45009, after: 60_000)
      case .some(-1): return answer.postponed(-1)
      case 93000?: return answer.refused(93000, "check \"robot\" of the account")
      case let code?: return answer.refused(code)
      case nil: return answer.failure(check: robotKey) ?? answer.strange
      }
    })

  /// Beside `…/webhook/send?key=K` there is `…/webhook/upload_media?key=K&type=file`.
  static func wecomUpload(_ url: String) throws -> String {
    let bytes = Array(url.utf8)
    guard let mark = bytes.firstIndex(of: UInt8(ascii: "?")),
      bytes[..<mark].reversed().starts(with: "dnes/".utf8)
    else { throw PushFault("\"robot\" is no address that ends with /send?key=…") }
    let base = String(decoding: bytes[..<(mark - 4)], as: UTF8.self)
    return "\(base)upload_media\(String(decoding: bytes[mark...], as: UTF8.self))&type=file"
  }

  // MARK: Slack

  private static let slack = PushService(
    platform: "slack", title: "Slack", isShared: true,
    keys: [
      .secret(
        robotKey, "SLACK_WEBHOOK_URL", "the address of the incoming webhook, or its path", isNeeded: true),
      .text("base_url", nil, "another server, where robot is a path alone"),
    ],
    form: .slack, limit: .characters(4000), pace: [PushPace(1, within: PushPace.second)],
    text: { note, values in
      let url = try robot(values, "https://hooks.slack.com", "/services/")
      var body = JSONObject([("text", .string(note.text)), ("unfurl_links", false), ("unfurl_media", false)])
      if let thread = note.thread { body["thread_ts"] = .string(thread) }
      return PushRequest(url, .json(.object(body)))
    },
    outcome: { answer in
      if let failure = answer.failure(check: robotKey) { return failure }
      if answer.text == "ok" { return .delivered(proof: "ok") }
      // In words, whatever the status: "no_service", "invalid_token".
      let isWord =
        !answer.body.isEmpty
        && answer.body.allSatisfy { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || $0 == 0x5F }
      return isWord ? answer.refused() : answer.strange
    })

  // MARK: Discord

  private static let discord = PushService(
    platform: "discord", title: "Discord", isShared: true,
    keys: [
      .secret(
        robotKey, "DISCORD_WEBHOOK_URL", "the address of the webhook, or ID/TOKEN of it", isNeeded: true),
      .text("username", nil, "the name that its messages show"),
      .text("base_url", nil, "another server, where robot is ID/TOKEN alone"),
    ],
    form: .discord, limit: .utf16(2000), pace: [PushPace(5, within: 2500)],
    text: { note, values in
      PushRequest(try discordURL(note, values), .json(discordBody(note.text, values)))
    },
    file: PushFileRules(
      limit: 10 << 20,
      send: { _, _, note, values in
        let body = JSONWriter.text(discordBody(nil, values))
        return PushRequest(try discordURL(note, values), .form([("payload_json", body)], file: "files[0]"))
      }),
    outcome: { answer in
      let seconds = answer["retry_after"]?.double ?? 0
      let after = seconds > 0 ? Int64(min(seconds, 3600) * 1000) + 250 : nil
      if answer["code"]?.int == 10015 {
        return answer.refused(10015, "the webhook was deleted; make another one")
      }
      if let failure = answer.failure(check: robotKey, after: after) { return failure }
      if let id = answer["id"]?.string { return .delivered(proof: id) }
      return answer.status == 204 ? .delivered(proof: "HTTP 204") : answer.strange
    },
    probe: PushProbe(
      request: { PushRequest(try robot($0, "https://discord.com", "/api/webhooks/"), method: "GET", .none) },
      words: { answer in answer["name"]?.string.map { "the webhook is called \($0)" } }))

  private static func discordURL(_ note: PushNote, _ values: PushValues) throws -> String {
    let url = try robot(values, "https://discord.com", "/api/webhooks/")
    let thread = note.thread.map { "&thread_id=\(PushSigns.queryEncoded($0))" } ?? ""
    return "\(url)\(url.utf8.contains(UInt8(ascii: "?")) ? "&" : "?")wait=true\(thread)"
  }

  private static func discordBody(_ text: String?, _ values: PushValues) -> JSONValue {
    var body = JSONObject()
    if let text { body["content"] = .string(text) }
    // Nobody is called by what an agent writes.
    body["allowed_mentions"] = ["parse": []]
    if let name = values["username"] { body["username"] = .string(name) }
    return .object(body)
  }
}

extension JSONWriter {
  /// A value as text.
  static func text(_ value: JSONValue) -> String {
    var json = JSONWriter()
    json.value(value)
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
