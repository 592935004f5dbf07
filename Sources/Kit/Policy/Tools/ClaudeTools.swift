/// The tools of Claude Code.
///
/// What its own reference calls permission-free is allowed only where it can neither touch files nor send
/// anything: a worktree runs git, a scheduled prompt runs unattended, a resource is asked of a server.
enum ClaudeTools {
  static let table: [String: String] = [
    "Bash": "shell $command description timeout !run_in_background !dangerouslyDisableSandbox",
    "Read": "read @file_path offset limit pages",
    "NotebookRead": "read @notebook_path cell_id",
    "Glob": "list @path *pattern",
    "LS": "list @path ignore",
    "Grep": """
    search @path *glob pattern output_mode -A -B -C -n -i -o context type head_limit offset multiline
    """,
    "Write": "write @file_path content",
    "Edit": "write @file_path old_string new_string replace_all",
    "MultiEdit": "write @file_path edits",
    "NotebookEdit": "write @notebook_path new_source cell_id cell_type edit_mode",
    "WebFetch": "fetch $url prompt",
    "WebSearch": "lookUp",
    // Its own list of things to do, and what it started itself.
    "TodoWrite": "notes", "TaskCreate": "notes", "TaskGet": "notes", "TaskList": "notes",
    "TaskUpdate": "notes", "ToolSearch": "notes", "ListAgents": "notes", "CronList": "notes",
    "CronDelete": "notes", "EnterPlanMode": "notes",
    "TaskOutput": "notes", "BashOutput": "notes", "AgentOutput": "notes", "AgentOutputTool": "notes",
    // Its answer, where a form was asked for.
    "StructuredOutput": "notes",
    "TaskStop": "notes", "KillShell": "notes", "KillBash": "notes",
    // Each call of a sub-agent passes the gate as well.
    "Task": "notes description prompt subagent_type model max_turns !run_in_background",
    "Agent": "notes description prompt subagent_type model max_turns !run_in_background",
    "AskUserQuestion": "question", "ExitPlanMode": "question",
    "CronCreate": "later", "ScheduleWakeup": "later", "RemoteTrigger": "later",
  ]
}

/// The tools of Codex, as its hooks and its model name them; the app-server says itself what is done.
enum CodexTools {
  private static let shell = """
    shell $command $cmd @workdir @cwd timeout_ms timeout login yield_time_ms max_output_tokens \
    justification !tty !with_escalated_permissions
    """
  static let table: [String: String] = [
    "Bash": shell, "shell": shell, "shell_command": shell, "local_shell": shell, "exec_command": shell,
    "container.exec": shell,
    "apply_patch": "patch $input $patch $command", "Edit": "patch $command", "Write": "patch $command",
    "read_file": "read @file_path offset limit mode",
    "view_image": "read @path",
    "list_dir": "list @dir_path offset limit depth",
    "grep_files": "search @path *include pattern limit",
    "update_plan": "notes", "get_goal": "notes", "web_search": "lookUp",
    "request_user_input": "question",
  ]
}

/// The tools of OpenCode; some permissions have names of their own, see `ToolCall.opencode`.
enum OpenCodeTools {
  static let table: [String: String] = [
    "bash": "shell $command @workdir description timeout",
    "read": "read @filePath offset limit",
    "list": "list @path ignore",
    "glob": "list @path *pattern",
    "grep": "search @path *include pattern",
    "write": "write @filePath content",
    "edit": "write @filePath oldString newString replaceAll",
    "multiedit": "write @filePath edits",
    "apply_patch": "patch $patchText", "patch": "patch $patchText",
    "webfetch": "fetch $url format timeout",
    "websearch": "lookUp", "codesearch": "lookUp",
    "todowrite": "notes", "todoread": "notes",
    "question": "question", "plan_exit": "question",
  ]

  /// The permission that each tool asks for: any other is not that tool's.
  static func permission(of tool: String) -> String {
    switch tool {
    case "write", "edit", "multiedit", "apply_patch", "patch": "edit"
    default: tool
    }
  }
}
