/// The tools of Gemini CLI, of Qwen Code, which came from it, and of Antigravity.
enum GoogleTools {
  static let gemini: [String: String] = [
    "run_shell_command": "shell $command @dir_path @directory description !is_background",
    "read_file": "read @file_path @absolute_path offset limit start_line end_line",
    "list_directory": """
    list @dir_path @path ignore respect_git_ignore respect_gemini_ignore file_filtering_options
    """,
    "glob": """
    list @dir_path @path *pattern case_sensitive respect_git_ignore respect_gemini_ignore
    """,
    "search_file_content": "search @dir_path @path *include pattern",
    "grep_search": """
    search @dir_path @path *include *include_pattern *exclude_pattern pattern names_only case_sensitive \
    fixed_strings context after before no_ignore max_matches_per_file total_max_matches
    """,
    "write_file": "write @file_path content modified_by_user ai_proposed_content",
    "replace": """
    write @file_path old_string new_string instruction expected_replacements allow_multiple \
    modified_by_user ai_proposed_string
    """,
    // Its addresses stand in a text.
    "web_fetch": "other", "google_web_search": "lookUp",
    "write_todos": "notes", "ask_user": "question", "exit_plan_mode": "question",
    "enter_plan_mode": "notes",
    "save_memory": "later",
  ]

  static let qwen: [String: String] = [
    "run_shell_command": "shell $command @directory description timeout !is_background",
    "read_file": "read @absolute_path @file_path offset limit pages",
    "list_directory": "list @path ignore file_filtering_options",
    "glob": "list @path *pattern",
    "grep_search": "search @path *glob pattern limit",
    "write_file": "write @file_path content modified_by_user ai_proposed_content",
    "edit": """
    write @file_path old_string new_string replace_all modified_by_user ai_proposed_string
    """,
    "web_fetch": "fetch $url prompt format", "web_search": "lookUp",
    "todo_write": "notes", "ask_user_question": "question", "exit_plan_mode": "question",
    "save_memory": "later",
  ]

  static let agy: [String: String] = [
    "run_command": "shell $CommandLine @Cwd !SafeToAutoRun WaitMsBeforeAsync",
    "view_file": "read @AbsolutePath StartLine EndLine",
    "list_dir": "list @DirectoryPath",
    "grep_search": """
    search @SearchPath *Includes Query CaseInsensitive MatchPerLine IsRegex
    """,
    "write_to_file": "write @TargetFile",
    "replace_file_content": "write @TargetFile", "multi_replace_file_content": "write @TargetFile",
    "read_url_content": "fetch $Url", "search_web": "lookUp",
    "ask_question": "question",
  ]
}

/// The tools of Cursor's and GitHub's command lines.
enum EditorTools {
  /// The names of its events and of its hooks.
  static let cursor: [String: String] = [
    // `Bash` is what agim-approve hook calls a command of Cursor's.
    "shellToolCall": cursorShell, "Shell": cursorShell, "Bash": cursorShell, "run_terminal_cmd": cursorShell,
    "readToolCall": "read @path offset limit", "Read": "read @path @file_path @target_file offset limit",
    "read_file": "read @target_file @path offset limit",
    "lsToolCall": "list @path ignore", "list_dir": "list @target_directory @path",
    "globToolCall": "list @targetDirectory @path *globPattern *pattern",
    "Glob": "list @target_directory @path *glob_pattern *pattern",
    "grepToolCall": """
    search @path *glob pattern outputMode caseInsensitive context contextBefore contextAfter headLimit type \
    multiline
    """,
    "Grep": """
    search @path *glob pattern output_mode -A -B -C -i type head_limit offset multiline
    """,
    "writeToolCall": "write @path fileText", "editToolCall": "write @path",
    "deleteToolCall": "write @path", "Write": "write @path @file_path", "Edit": "write @path @file_path",
    "StrReplace": "write @path @file_path", "Delete": "write @path @file_path",
    "edit_file": "write @target_file @path", "delete_file": "write @target_file @path",
    "webFetchToolCall": "fetch $url", "WebFetch": "fetch $url",
    "webSearchToolCall": "lookUp", "WebSearch": "lookUp",
    "todoToolCall": "notes", "updateTodosToolCall": "notes", "TodoWrite": "notes",
  ]
  private static let cursorShell = """
    shell $command @cwd @workingDirectory @working_directory description timeout !isBackground \
    !is_background
    """

  static let copilot: [String: String] = [
    "bash": "shell $command description sessionId initial_wait mode !async !detach",
    "view": "read @path view_range forceReadLargeFiles",
    "glob": "list @path *pattern",
    "grep": """
    search @path *glob pattern output_mode -A -B -C -n -i type head_limit multiline
    """,
    "rg": """
    search @path *glob pattern output_mode -A -B -C -n -i type head_limit multiline
    """,
    "create": "write @path file_text", "edit": "write @path old_str new_str",
    "apply_patch": "patch $input $patch",
    "web_fetch": "fetch $url max_length start_index raw", "web_search": "lookUp",
    "report_intent": "notes", "update_todo": "notes", "ask_user": "question",
    "store_memory": "later",
  ]
}
