/// The names under which agents offer the same few tools.
enum ToolNames {
  enum Kind {
    case shell
    case read
    case list
    case search
    case write
    case patch
    case fetch
    case lookUp
    case notes
    case other
  }

  static func kind(_ tool: String) -> Kind {
    switch tool {
    case "Bash", "bash", "shell", "local_shell", "exec_command", "shell_command", "run_shell_command",
      "execute_command",
      "run_terminal_cmd", "run_command", "terminal", "Shell", "exec", "execute":
      .shell
    case "Read", "read", "read_file", "ReadFile", "NotebookRead", "view", "view_file", "fs/read_text_file",
      "view_image":
      .read
    case "LS", "ls", "list", "list_dir", "list_directory", "Glob", "glob", "glob_file_search", "find_files":
      .list
    case "Grep", "grep", "grep_files", "search_file_content", "grep_search", "codesearch": .search
    case "Write", "write", "write_file", "WriteFile", "Edit", "edit", "edit_file", "MultiEdit", "multiedit",
      "NotebookEdit",
      "replace", "create_file", "str_replace", "str_replace_editor", "search_replace", "fs/write_text_file",
      "write_to_file",
      "replace_in_file", "delete_file", "delete":
      .write
    case "apply_patch", "ApplyPatch", "patch": .patch
    case "WebFetch", "webfetch", "web_fetch", "fetch": .fetch
    case "WebSearch", "websearch", "web_search", "google_web_search": .lookUp
    case "TodoWrite", "todowrite", "TodoRead", "todoread", "update_plan", "write_todos": .notes
    default: .other
    }
  }

  /// Tools that read whatever their input is.
  static func onlyReads(_ tool: String) -> Bool {
    switch kind(tool) {
    case .read, .list, .search, .notes: true
    default: false
    }
  }
}
