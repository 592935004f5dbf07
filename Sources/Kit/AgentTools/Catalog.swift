package import MCP

/// agim's own tools, as every client is told of them: always the same list in the same order.
package enum Catalog {
  /// What a client may tell its model about all of them.
  package static let instructions =
    "agim connects this conversation with the chat of the person you work for. These tools reach that chat, "
    + "that person and the agents beside you, and nothing else. "
    + "agim 的工具只作用于当前会话及其用户。"

  /// All tools.
  package static let tools: [MCPTool] = [
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
  ]

  /// What our server is called everywhere.
  package static let server = "agim"

  /// A tool.
  package static func tool(_ name: String) -> MCPTool? { tools.first { $0.name == name } }
}
