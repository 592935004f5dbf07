/// The shape of one kind of token: a line of the rule table.
struct ScrubShape: Sendable {
  /// Which bytes must not stand next to a token.
  enum Edge: Sendable {
    /// No condition.
    case any
    /// No letter, digit or underscore.
    case word
    /// Nor a hyphen.
    case base64url
    /// Nor a hyphen or dot.
    case dotted
    /// No letter, digit or hyphen.
    case hyphenated

    var forbidden: ByteSet {
      switch self {
      case .any: ByteSet()
      case .word: .word
      case .base64url: .base64url
      case .dotted: .name
      case .hyphenated: .alnum.union(ByteSet("-"))
      }
    }
  }

  /// What a match must fulfil besides its shape.
  enum Check: Sendable {
    case none
    /// A digit somewhere: without it the short prefix catches hyphenated words.
    case digit
    /// The part up to the first dot is Base64 of a decimal number, as in every Discord token.
    case discordID
  }

  var name: String
  var left: Edge
  var right: Edge
  var pattern: String
  var check = Check.none

  init(_ name: String, _ left: Edge, _ right: Edge, _ pattern: String, check: Check = .none) {
    (self.name, self.left, self.right) = (name, left, right)
    (self.pattern, self.check) = (pattern, check)
  }

  /// The shapes of the providers, in order of precedence.
  ///
  /// A new provider is one more line.
  ///
  /// A pattern must begin with at least two characters of narrow choice, and a run must not contain
  /// the character that follows it. A limit on the length is only for tokens of fixed length.
  static let all: [ScrubShape] = [
    .init("anthropic", .word, .any, "sk-ant-[a-z]{2,10}[0-9]{2}-[A-Za-z0-9_-]{20,}"),
    .init("openai-new", .word, .any, "sk-(?:proj|svcacct|service|admin)-[A-Za-z0-9_-]{20,}"),
    // The marker in the middle is part of the alphabet around it; lengths are exact.
    .init("openai-legacy", .word, .word, "sk-[A-Za-z0-9]{20}T3BlbkF" + "J[A-Za-z0-9]{20}"),
    .init("openrouter", .word, .word, "sk-or-v1-[0-9a-f]{64}"),
    .init("sk-compatible", .word, .word, "sk-[A-Za-z0-9]{32,64}"),
    .init("groq", .word, .word, "gsk_[A-Za-z0-9]{52}"),
    .init("xai", .word, .any, "xai-[A-Za-z0-9_]{80}"),
    .init("perplexity", .word, .word, "pplx-[A-Za-z0-9]{48}"),
    .init("replicate", .word, .word, "r8_[A-Za-z0-9]{37}"),
    .init("huggingface", .word, .word, "(?:hf_|api_org_)[A-Za-z0-9]{34}"),
    .init("github-classic", .word, .word, "gh[pour]_[A-Za-z0-9]{36}"),
    .init("github-app", .word, .any, "ghs_[A-Za-z0-9._-]{36,}"),
    .init("github-fine", .word, .word, "github_pat_[A-Za-z0-9_]{82}"),
    .init(
      "gitlab", .word, .any,
      "(?:gl(?:pat|rt|dt|ft|ptt|cbt|imt|agent|soat|ffct|oas)-[A-Za-z0-9_.-]{20,320}"
        + "|GR1348941[A-Za-z0-9_-]{20})"),
    .init("slack-app", .word, .any, "xapp-[0-9]-[A-Z0-9]+-[0-9]+-[A-Za-z0-9]+"),
    .init("slack-rotating", .word, .any, "xoxe(?:\\.xox[bp])?-[0-9]-[A-Za-z0-9]{100,200}"),
    .init("slack-legacy", .word, .any, "xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    .init(
      "slack-webhook", .any, .any,
      "https?://hooks\\.slack(?:-gov)?\\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/_-]{20,}"),
    .init("aws-id", .word, .word, "(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),
    .init("aws-bedrock", .word, .any, "(?:ABSK[A-Za-z0-9+/]{109,269}=*|bedrock-api-key-[A-Za-z0-9+/=]{40,})"),
    .init("google-api", .word, .base64url, "AIza[A-Za-z0-9_-]{35}"),
    .init("google-oauth-secret", .word, .any, "GOCSPX-[A-Za-z0-9_-]{28}"),
    .init("google-oauth-token", .word, .any, "ya29\\.[A-Za-z0-9_-]{20,}"),
    .init(
      "discord", .dotted, .dotted,
      "[MNO][A-Za-z0-9_-]{22,27}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,38}", check: .discordID),
    .init(
      "discord-webhook", .any, .any,
      "https://(?:[a-z]+\\.)?discord(?:app)?\\.com/api/(?:v[0-9]+/)?webhooks/[0-9]{17,20}/"
        + "[A-Za-z0-9_-]{60,80}"),
    .init("stripe", .word, .word, "(?:sk|rk)_(?:test|live|prod)_[A-Za-z0-9]{10,247}"),
    .init("stripe-webhook", .word, .any, "whsec_[A-Za-z0-9+/]{24,}=*"),
    .init("npm", .word, .word, "npm_[A-Za-z0-9]{36}"),
    .init(
      "pypi", .word, .any,
      "pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{50,}"),
    .init("rubygems", .word, .word, "rubygems_[0-9a-f]{48}"),
    .init("sendgrid", .word, .base64url, "SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}"),
    .init("digitalocean", .word, .word, "do[opr]_v1_[0-9a-f]{64}"),
    .init("databricks", .word, .word, "dapi[0-9a-f]{32}(?:-[0-9])?"),
    .init("vault", .word, .any, "hv[sb]\\.[A-Za-z0-9_-]{24,}"),
    .init("age", .any, .any, "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    .init("alibaba-id", .word, .word, "LTAI[A-Za-z0-9]{12,20}"),
    .init("atlassian", .word, .any, "ATATT3[A-Za-z0-9_=-]{150,220}"),
    .init("notion", .word, .word, "ntn_[0-9]{11}[A-Za-z0-9]{35}"),
    .init("linear", .word, .word, "lin_api_[A-Za-z0-9]{40}"),
    .init("sentry", .word, .any, "sntr(?:ys_eyJ[A-Za-z0-9+/=_-]{80,}|yu_[0-9a-f]{64})"),
    .init("grafana", .word, .any, "gl(?:c_[A-Za-z0-9+/]{32,400}=*|sa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8})"),
    .init("shopify", .word, .word, "shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}"),
    .init("heroku", .word, .any, "HRKU-AA[A-Za-z0-9_-]{58}"),
    .init("postman", .word, .word, "PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    .init("twilio", .word, .word, "SK[0-9a-f]{32}"),
    .init("onepassword", .word, .any, "ops_eyJ[A-Za-z0-9+/=_-]{80,}"),
    .init(
      "feishu-hook", .any, .any,
      "https://open\\.(?:feishu\\.cn|larksuite\\.com)/open-apis/bot/v2/hook/[A-Za-z0-9_-]{16,}"),
    .init("feishu-token", .hyphenated, .dotted, "[tua]-[A-Za-z0-9_.]{20,50}", check: .digit),
    .init(
      "dingtalk-hook", .any, .any,
      "https://oapi\\.dingtalk\\.com/robot/send\\?access_token=[A-Za-z0-9]{16,}"),
    .init("dingtalk-sec", .word, .word, "SEC[0-9a-f]{64}"),
    .init(
      "wecom-hook", .any, .any,
      "https://qyapi\\.weixin\\.qq\\.com/cgi-bin/webhook/send\\?key=[A-Za-z0-9_-]{16,}"),
    .init("teams-hook", .any, .any, "webhook\\.office\\.com/webhookb2/[A-Za-z0-9@/_-]{20,}"),
    .init("azure-sas", .any, .any, "[?&;]sig=[A-Za-z0-9%+/_-]{20,}=*"),
    .init(
      "jwt", .word, .any,
      "eyJ[A-Za-z0-9_-]{10,}\\.eyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}"),
    .init(
      "jwe", .word, .any,
      "eyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}"
        + "\\.[A-Za-z0-9_-]{10,}"),
  ]
}
