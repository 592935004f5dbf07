extension ChatPlatform {
  static let telegram = ChatPlatform(
    name: "telegram", title: "Telegram",
    ways: [
      Way(
        steps: [
          Phrase(
            "In Telegram, open https://t.me/BotFather, send /newbot, and give it a name; it answers with a token.",
            "在 Telegram 里打开 https://t.me/BotFather,发送 /newbot 并起名;它会回复一个 token。")
        ],
        keys: [Key(name: "token", question: Phrase("The token", "token"), kind: .botToken)], talks: true)
    ])

  static let feishu = ChatPlatform(
    name: "feishu", title: "Feishu / Lark",
    ways: [
      Way(
        label: Phrase("an app that people talk to", "可以对话的应用"),
        steps: [
          Phrase(
            "On https://open.feishu.cn/app (https://open.larksuite.com/app) create a custom app, add the bot feature,",
            "在 https://open.feishu.cn/app 创建企业自建应用,添加机器人能力,"),
          Phrase(
            "give it the permissions im:message, im:message:send_as_bot and im:resource, choose the long connection",
            "开通 im:message、im:message:send_as_bot、im:resource 权限,事件与回调都选择长连接,"),
          Phrase(
            "for events and callbacks, subscribe to im.message.receive_v1, and publish a version.",
            "订阅 im.message.receive_v1,然后发布版本。"),
        ],
        keys: [
          Key(name: "app_id", question: Phrase("App ID (cli_…)", "App ID(cli_…)")),
          Key(name: "secret", question: Phrase("App Secret", "App Secret"), kind: .secret),
        ], talks: true),
      robotWay(
        [
          Phrase(
            "In the group: Settings, Bots, Add Bot, Custom Bot; copy the webhook address.",
            "在群里:设置、群机器人、添加机器人、自定义机器人;复制 webhook 地址。")
        ], signed: true),
    ])

  static let email = ChatPlatform(
    name: "email", title: "e-mail",
    ways: [
      Way(
        steps: [
          Phrase(
            "Make a password for applications in the settings of the mailbox, and allow SMTP and IMAP there.",
            "在邮箱设置里开启 SMTP 和 IMAP,并生成应用专用密码(授权码)。")
        ],
        keys: [
          Key(name: "address", question: Phrase("The address", "邮箱地址"), kind: .mail),
          Key(name: "password", question: Phrase("The password", "密码(授权码)"), kind: .secret),
          Key(name: "smtp", question: Phrase("SMTP server, HOST or HOST:PORT", "SMTP 服务器,HOST 或 HOST:PORT")),
          Key(
            name: "imap", question: Phrase("IMAP server; '-' to send only", "IMAP 服务器;'-' 表示只发送"),
            isOptional: true),
          Key(
            name: "authserv_id",
            question: Phrase(
              "The first word of the topmost Authentication-Results in mails that it gets; '-' to send only",
              "收到的邮件里最上面的 Authentication-Results 的第一个词;'-' 表示只发送"),
            isOptional: true),
        ], needsChat: true)
    ])

  private static func robotWay(_ steps: [Phrase], signed: Bool) -> Way {
    var keys = [
      Key(name: "robot", question: Phrase("The webhook address", "webhook 地址"), kind: .robot)
    ]
    if signed {
      keys.append(
        Key(
          name: "secret",
          question: Phrase("The secret it signs with; '-' for none", "签名密钥(加签);'-' 表示没有"), kind: .secret,
          isOptional: true))
    }
    return Way(
      label: Phrase("a group robot that only sends", "只发送的群机器人"), steps: steps, keys: keys)
  }

  static let robots = [
    ChatPlatform(
      name: "dingtalk", title: "DingTalk",
      ways: [
        robotWay(
          [
            Phrase(
              "In the group: Settings, Bots, Add Robot, Custom; choose signing, and copy the webhook address.",
              "在群里:群设置、机器人、添加机器人、自定义;安全设置选加签,复制 webhook 地址。")
          ], signed: true)
      ]),
    ChatPlatform(
      name: "wecom", title: "WeCom",
      ways: [
        robotWay(
          [
            Phrase(
              "In the group: Message Push (Group Bots), Add; copy the webhook address.",
              "在群里:消息推送(群机器人)、添加;复制 webhook 地址。")
          ], signed: false)
      ]),
    ChatPlatform(
      name: "slack", title: "Slack",
      ways: [
        robotWay(
          [
            Phrase(
              "On https://api.slack.com/apps make an app, switch on Incoming Webhooks, and add one for a channel.",
              "在 https://api.slack.com/apps 创建应用,打开 Incoming Webhooks,为频道添加一个。")
          ], signed: false)
      ]),
    ChatPlatform(
      name: "discord", title: "Discord",
      ways: [
        robotWay(
          [
            Phrase(
              "In the channel: Edit Channel, Integrations, Webhooks, New Webhook; copy its URL.",
              "在频道里:编辑频道、整合、Webhook、新建;复制 URL。")
          ], signed: false)
      ]),
  ]

  private static let server = Phrase("The address of the server", "服务器地址")

  static let services = [
    ChatPlatform(
      name: "ntfy", title: "ntfy",
      ways: [
        Way(
          steps: [
            Phrase(
              "Subscribe to a topic in the ntfy app; who knows its name can read it, so make it hard to guess.",
              "在 ntfy 应用里订阅一个主题;知道名字的人都能读,所以要难猜。")
          ],
          keys: [
            Key(name: "url", question: server, kind: .url, standard: "https://ntfy.sh"),
            Key(name: "to", question: Phrase("The topic", "主题")),
            Key(
              name: "token", question: Phrase("An access token; '-' for none", "访问令牌;'-' 表示没有"),
              kind: .secret,
              isOptional: true),
          ])
      ]),
    ChatPlatform(
      name: "gotify", title: "Gotify",
      ways: [
        Way(
          steps: [
            Phrase(
              "In Gotify: Apps, Create Application; copy its token.",
              "在 Gotify 里:Apps、Create Application;复制 token。")
          ],
          keys: [
            Key(name: "url", question: server, kind: .url),
            Key(name: "token", question: Phrase("The token of the application", "应用的 token"), kind: .secret),
          ])
      ]),
    ChatPlatform(
      name: "bark", title: "Bark",
      ways: [
        Way(
          steps: [
            Phrase("The Bark app shows an address; its first part is the key.", "Bark 应用里显示的网址,第一段就是 key。")
          ],
          keys: [
            Key(name: "url", question: server, kind: .url, standard: "https://api.day.app"),
            Key(name: "key", question: Phrase("The key of the device", "设备 key"), kind: .secret),
          ])
      ]),
    ChatPlatform(
      name: "pushover", title: "Pushover",
      ways: [
        Way(
          steps: [
            Phrase(
              "Your user key stands on https://pushover.net; make an application there for a token.",
              "https://pushover.net 首页有 user key;在那里创建应用得到 token。")
          ],
          keys: [
            Key(name: "token", question: Phrase("The token of the application", "应用 token"), kind: .secret),
            Key(name: "user", question: Phrase("Your user key", "user key"), kind: .secret),
          ])
      ]),
    ChatPlatform(
      name: "matrix", title: "Matrix",
      ways: [
        Way(
          steps: [
            Phrase(
              "Make an account for the bot, let it join the room, and copy its access token (Settings, Help & About).",
              "为机器人注册账号并加入房间,在 设置、帮助及关于 里复制 access token。")
          ],
          keys: [
            Key(name: "url", question: server, kind: .url, standard: "https://matrix.org"),
            Key(name: "token", question: Phrase("The access token", "access token"), kind: .secret),
            Key(name: "to", question: Phrase("The room, !id:server", "房间,!id:server")),
          ])
      ]),
    webhookOnly("mattermost", "Mattermost", "Integrations, Incoming Webhooks, Add", "集成、传入的 webhook、添加"),
    webhookOnly(
      "teams", "Microsoft Teams",
      "in the channel: Workflows, Post to a channel when a webhook request is received",
      "在频道里:工作流、收到 webhook 请求时发布到频道"),
    webhookOnly(
      "googlechat", "Google Chat", "in the space: Apps & integrations, Webhooks, Add",
      "在聊天室里:应用和集成、Webhook、添加"),
    ChatPlatform(
      name: "webhook", title: "a webhook",
      ways: [
        Way(
          steps: [Phrase("Any server that takes a POST of JSON.", "任何接受 JSON POST 的服务器。")],
          keys: [
            Key(name: "url", question: Phrase("The address", "地址"), kind: .robot),
            Key(
              name: "secret", question: Phrase("The secret it signs with; '-' for none", "签名密钥;'-' 表示没有"),
              kind: .secret, isOptional: true),
          ])
      ]),
  ]

  private static func webhookOnly(_ name: String, _ title: String, _ english: String, _ chinese: String)
    -> ChatPlatform
  {
    ChatPlatform(
      name: name, title: title,
      ways: [
        Way(
          steps: [Phrase("\(title): \(english); copy the address.", "\(title):\(chinese);复制地址。")],
          keys: [Key(name: "url", question: Phrase("The webhook address", "webhook 地址"), kind: .robot)])
      ])
  }
}
