/// What a kind of agent is good at, as words of both languages.
struct Profile: Sendable {
  struct Topic: Sendable {
    let name: String
    let words: [String]
  }

  /// Hundredths of a point for each word; half of it is the base.
  let weight: Int
  let topics: [Topic]
  let keywords: [String]

  static let unknown = Profile(weight: 50, topics: [], keywords: [])

  static func of(_ kind: AgentKind) -> Profile {
    switch kind {
    case .opencode: opencode
    case .claude: claude
    case .codex: codex
    // Nobody's words are given to a shell because of what they are about.
    case .shell, .cursor, .agy, .gemini, .native: unknown
    }
  }

  private static let opencode = Profile(
    weight: 100,
    topics: [
      Topic(
        name: "git",
        words: [
          "git", "commit", "commits", "branch", "branches", "merge", "rebase", "push", "pull", "cherry-pick",
          "stash", "提交", "分支", "合并", "推送", "拉取",
        ]),
      Topic(
        name: "tests",
        words: ["test", "tests", "testing", "unittest", "pytest", "jest", "coverage", "测试", "单测", "覆盖率"]),
      Topic(
        name: "devops",
        words: [
          "docker", "kubernetes", "k8s", "ci", "cd", "pipeline", "deploy", "deployment", "helm", "nginx",
          "部署", "上线", "容器", "流水线",
        ]),
      Topic(
        name: "sql",
        words: ["sql", "mysql", "postgres", "postgresql", "sqlite", "query", "migration", "数据库", "查询", "迁移"]),
    ],
    keywords: [
      "python", "javascript", "typescript", "java", "rust", "go", "golang", "swift", "kotlin", "ruby", "php",
      "c++", "c#", "bash", "shell", "script", "build", "compile", "deploy", "database", "refactor", "fix",
      "implement", "install", "脚本", "编译", "构建", "重构", "修复", "实现", "安装", "代码",
    ])

  private static let claude = Profile(
    weight: 100,
    topics: [
      Topic(name: "review", words: ["review", "audit", "code review", "审查", "评审", "审计"]),
      Topic(name: "explain", words: ["explain", "why", "how does", "解释", "为什么", "怎么回事", "讲讲"]),
    ],
    keywords: [
      "analyse", "analyze", "analysis", "architecture", "design", "review", "explain", "document",
      "documentation", "docs", "reasoning", "reason", "research", "compare", "summarize", "summarise", "plan",
      "分析", "架构", "设计", "文档", "推理", "研究", "调研", "比较", "总结", "方案",
    ])

  private static let codex = Profile(
    weight: 90, topics: [],
    keywords: ["code", "bug", "bugs", "quick", "small", "simple", "snippet", "简单", "快速", "小问题", "小改动"])
}
