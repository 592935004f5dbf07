package import MCP

/// agim's own tools, as every client is told of them: always the same list in the same order.
package enum Catalog {
  /// What a client may tell its model about all of them.
  package static let instructions =
    "agim connects this conversation with the chat of the person you work for. These tools reach that chat, "
    + "that person and the agents beside you, and nothing else. "
    + "agim 的工具只作用于当前会话及其用户。"

  /// All tools.
  package static let tools: [MCPTool] =
    [
      MCPTool(
        "send_message", "Send a message to the chat",
        "Send a message to the chat you work for, now, before your answer: progress on long work, or something "
          + "that should stand apart. Your answer itself is delivered by agim, so do not send it with this. "
          + "立即向当前聊天发送一条消息（例如进度）；最终回答会自动送达，无需用它发送。",
        [.init("text", .text(100_000), "The message, Markdown. 消息内容。", isRequired: true)], isOpen: true),
      MCPTool(
        "send_file", "Send a file to the chat",
        "Send a file to the chat you work for: a picture, a document, a log. Files in your work directory go "
          + "at once; about others the person is asked; secrets never go. 向当前聊天发送文件；工作目录以外的文件会先征得用户同意。",
        [
          .init(
            "path", .text(4096), "The file: absolute, or relative to your work directory. 文件路径。",
            isRequired: true),
          .init("caption", .text(4000), "What stands beside it. 说明文字。"),
        ], isOpen: true),
      MCPTool(
        "ask_person", "Ask the person a question",
        "Ask the person you work for something and wait for the answer. Use it when you cannot go on without a "
          + "decision of theirs; it never gives you permission to use a tool. If nobody answers, you are told so. "
          + "向用户提问并等待回答；仅在无法自行决定时使用，回答不授予任何权限。",
        [
          .init("question", .text(8000), "The question, complete in itself. 完整的问题。", isRequired: true),
          .init("options", .texts(20, bytes: 400), "Answers to choose from; leave out for any text. 选项。"),
          .init("multiple", .flag, "Whether several options may be chosen. 是否可多选。"),
          .init("minutes", .number(1...1440), "How long to wait. 最多等待的分钟数。"),
        ], isReadOnly: true, isOpen: true),
      MCPTool(
        "ask_agent", "Ask other agents",
        "Ask one or more other agents of this installation and wait for their answers. They work in your work "
          + "directory, under the same person's permissions, and remember what they were asked before in this chat; "
          + "they know nothing of your conversation, so say everything they need. "
          + "向其他智能体提问并等待回答；它们不了解你的对话，请写明所需信息。",
        [
          .init("agents", .texts(8, bytes: 64), "Their names, such as codex. 智能体名称。", isRequired: true),
          .init("text", .text(200_000), "What they are to do or answer. 任务或问题。", isRequired: true),
          .init("minutes", .number(1...120), "How long to wait; 10 where it is not said. 最多等待的分钟数。"),
        ], isOpen: true),
    ] + memory + reminders + goals

  private static let memory: [MCPTool] = [
    MCPTool(
      "save_memo", "Keep a memo",
      "Keep a memo for the person: something that they want to find again, in as many of the parts as are known. "
        + "Keep only what they said or asked for. 为用户记一条备忘；只记录用户说过或要求记录的内容。",
      [
        .init("what", .text(16_384), "What it is about. 内容。", isRequired: true),
        .init("who", .text(2000), "Whom it is about. 人物。"), .init("when", .text(2000), "When. 时间。"),
        .init("where", .text(2000), "Where. 地点。"), .init("why", .text(2000), "Why. 原因。"),
        .init("how", .text(2000), "How. 方式。"),
        .init("tags", .texts(20, bytes: 100), "Words to find it by. 标签。"),
      ]),
    MCPTool(
      "search_memos", "Search memos",
      "Find the person's memos about something, in any language. Only in a direct chat. 搜索用户的备忘（仅限私聊）。",
      [
        .init("query", .text(2000), "What to look for. 搜索内容。", isRequired: true),
        .init("limit", .number(1...50), "How many at most; 10 where it is not said. 最多条数。"),
      ], isReadOnly: true, isIdempotent: true),
    MCPTool(
      "list_memos", "List memos",
      "The person's newest memos. Only in a direct chat. 列出用户最近的备忘（仅限私聊）。",
      [.init("limit", .number(1...100), "How many at most; 20 where it is not said. 最多条数。")],
      isReadOnly: true, isIdempotent: true),
    MCPTool(
      "remember", "Remember a fact",
      "Remember something about the person or their work for later conversations: a preference, a decision, how "
        + "something is done. One fact a call, complete in itself, as they said it; no secrets. "
        + "长期记住一条关于用户或其工作的事实（偏好、决定等）；每次一条，不要记录密码。",
      [
        .init("text", .text(16_384), "The fact. 事实。", isRequired: true),
        .init(
          "class",
          .choice([
            "fact", "decision", "bugfix", "feature", "refactor", "discovery", "preference", "skill_candidate",
            "workflow", "code_pattern", "note",
          ]), "What kind of fact; 'fact' where it is not said. 类别。"),
        .init("project_only", .flag, "Whether it holds only in this project. 是否仅限当前项目。"),
        .init(
          "replaces", .number(1...9_007_199_254_740_991), "The number of the fact that it corrects. 被更正的事实编号。"
        ),
      ]),
    MCPTool(
      "recall", "Recall what is remembered",
      "Look up what is remembered about something: facts and memos of the person, in a group only those of the "
        + "project and the team. The best stands first. 回忆与某事相关的已记住内容；群聊中仅限项目和团队。",
      [
        .init("query", .text(2000), "What it is about, in a few words. 主题。", isRequired: true),
        .init("limit", .number(1...24), "How many at most; 10 where it is not said. 最多条数。"),
      ], isReadOnly: true, isIdempotent: true),
    MCPTool(
      "forget", "Forget a fact",
      "Have one remembered fact not recalled any more, because it is wrong or the person wants that. "
        + "不再回忆某条已记住的事实。",
      [
        .init(
          "fact", .number(1...9_007_199_254_740_991), "Its number, as 'recall' shows it. 事实编号。",
          isRequired: true)
      ], isDestructive: true, isIdempotent: true),
  ]

  private static let times =
    "such as '10m', 'tomorrow 9:00', 'next friday 18:00', 'daily:08:00', 'weekly:1,3:09:00', five fields of cron"

  private static let reminders: [MCPTool] = [
    MCPTool(
      "create_reminder", "Set a reminder",
      "Remind the person of something in this chat, once or again and again. Say the answer's time to the person, "
        + "because it is in their time zone. 为用户设置提醒（一次或重复），并告知用户返回的时间。",
      [
        .init("when", .text(500), "When: \(times). 时间，也可用中文，如“明天早上9点”。", isRequired: true),
        .init("text", .text(16_384), "What the reminder says. 提醒内容。", isRequired: true),
        .init("zone", .text(64), "A time zone such as Asia/Shanghai; the person's where it is not said. 时区。"),
      ]),
    MCPTool(
      "list_reminders", "List reminders",
      "The reminders that wait: the person's in a direct chat, this chat's in a group. 列出等待中的提醒。", [],
      isReadOnly: true, isIdempotent: true),
    MCPTool(
      "cancel_reminder", "Cancel a reminder", "Call one reminder of the person off. 取消用户的一条提醒。",
      [
        .init(
          "reminder", .number(1...9_007_199_254_740_991), "Its number. 提醒编号。", isRequired: true)
      ], isDestructive: true, isIdempotent: true),
    MCPTool(
      "snooze_reminder", "Put a reminder off",
      "Have one reminder of the person said later, or once more. 推迟用户的一条提醒。",
      [
        .init("reminder", .number(1...9_007_199_254_740_991), "Its number. 提醒编号。", isRequired: true),
        .init("until", .text(500), "One time, such as '10m' or 'tomorrow 9:00'. 时间。", isRequired: true),
      ]),
  ]

  private static let goals: [MCPTool] = [
    MCPTool(
      "set_goal", "Set the goal of the conversation",
      "Set what this conversation works towards, when the person names a lasting goal. It stands before every "
        + "message from then on, in place of the one before. 设定本会话的长期目标（会替换之前的目标）。",
      [.init("text", .text(4000), "The goal. 目标。", isRequired: true)], isDestructive: true),
    MCPTool(
      "goal_progress", "Note progress towards the goal",
      "Note how far the goal of this conversation has come, in a sentence; the last notes stand with the goal. "
        + "记录目标的进展。",
      [.init("text", .text(4000), "What has been done. 进展。", isRequired: true)]),
    MCPTool(
      "complete_goal", "Complete the goal",
      "Say that the goal of this conversation is reached, with a last note where there is something to say. "
        + "标记目标已达成。",
      [.init("text", .text(4000), "A last note. 备注。")]),
  ]

  /// What our server is called everywhere.
  package static let server = "agim"

  /// A tool.
  package static func tool(_ name: String) -> MCPTool? { tools.first { $0.name == name } }
}
