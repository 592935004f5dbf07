/// Why something of another configuration was left out, in both languages.
package struct Reason: Equatable, Sendable {
  let english: String
  let chinese: String

  init(_ english: String, _ chinese: String) {
    self.english = english
    self.chinese = chinese
  }

  static let noRemoteAgents = Reason(
    "write each as an agent of the driver remote, see agim-run(1)", "请各写成 remote 驱动的智能体，见 agim-run(1)")
  static let noModels = Reason(
    "roles of models are written otherwise here: see \"models\" in agim-config(5)",
    "模型的角色在这里写法不同：见 agim-config(5) 的 models")
  static let nothingLikeIt = Reason("there is nothing like it here", "这里没有对应的设置")
  static let namedOnly = Reason(
    "accounts are only connected when a pipeline names them, or they are enabled", "只有管道写明或已启用的账号才会连接")
  static let gateStays = Reason("the gate cannot be switched off", "审批不能关闭")
  static let deniedInTime = Reason("an unanswered request is denied after 15 minutes", "15 分钟没有答复的请求一律拒绝")
  static let noText = Reason("it is no text", "它不是文本")
  static let noSuchAgent = Reason("this version cannot run that agent", "本版本不能运行这个智能体")
  static let noName = Reason("there is no name in it", "里面没有名字")
  static let noPlatform = Reason("there is no such platform here", "这里没有这个平台")
  static let noCredentials = Reason("there are no credentials in it", "里面没有凭据")
  static let forEnv = Reason("put it into the file env yourself", "请自己写进 env 文件")
  static let sandbox = Reason(
    "say \"sandbox\": \"bwrap\" in an agent", "请在智能体里写 \"sandbox\": \"bwrap\"")
  static let wechat = Reason(
    "this version has no WeChat; log in anew when one has", "本版本没有微信;有了之后请重新登录")

  static func disabled(_ platform: String) -> Reason {
    guard ChatPlatform.of(platform) == nil else {
      return Reason(
        "the account is kept, disabled; 'agim setup \(platform)' asks for what it needs here",
        "账号已保留,但未启用;'agim setup \(platform)' 会询问这里需要的内容")
    }
    return Reason(
      "this version has no \(platform); the account is kept, disabled",
      "本版本还没有 \(platform);账号已保留,但未启用")
  }

  static func notPeople(_ count: Int) -> Reason {
    Reason("\(count) names are not PLATFORM:ID", "有 \(count) 个名字不是 平台:ID 的形式")
  }

  static func idleTimeout(_ seconds: Int) -> Reason {
    Reason(
      "say \"idle_timeout\" in an agent, such as \"\(seconds)s\"",
      "请在智能体里写 \"idle_timeout\",例如 \"\(seconds)s\"")
  }

  /// What a reader said, in its own words.
  static func told(_ text: String) -> Reason { Reason(text, text) }
}
