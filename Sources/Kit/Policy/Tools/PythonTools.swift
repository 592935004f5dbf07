/// The tools of agents that are written in Python, as their own source names them.
enum PythonTools {
  static let kimi: [String: String] = [
    "Shell": "shell $command timeout",
    "ReadFile": "read @path line_offset n_lines",
    "ReadMediaFile": "read @path",
    "Glob": "list @directory *pattern include_dirs",
    "Grep": """
    search @path *glob pattern output_mode -A -B -C -n -i type head_limit multiline
    """,
    "WriteFile": "write @path content mode",
    "StrReplaceFile": "write @path edit",
    "SearchWeb": "lookUp", "FetchURL": "fetch $url",
    "SetTodoList": "notes", "Think": "notes", "SendDMail": "notes",
  ]

  static let vibe: [String: String] = [
    "bash": "shell $command timeout",
    "read_file": "read @path @file_path @filePath offset limit",
    "grep": "search @path pattern max_matches use_default_ignore",
    "write_file": "write @path @file_path @filePath content overwrite",
    "edit": "write @path @file_path @filePath old_string new_string replace_all",
    "search_replace": "write @file_path @filePath content",
    "web_search": "lookUp", "web_fetch": "fetch $url timeout",
    "todo": "notes", "ask_user_question": "question", "exit_plan_mode": "question",
  ]

  static let fastAgent: [String: String] = [
    "execute": "shell $command @cwd env",
    "read_text_file": "read @path line limit",
    "write_text_file": "write @path content", "edit_file": "write @path",
    "apply_patch": "patch $input $patch",
  ]

  static let hermes: [String: String] = [
    "terminal": "shell $command @workdir timeout description !background !pty",
    "read_file": "read @path offset limit",
    "search_files": "search @path *file_glob pattern target limit offset output_mode context",
    "write_file": "write @path content",
    "patch": "patch $patch",
    "web_search": "lookUp", "web_extract": "other", "todo": "notes", "clarify": "question",
    "memory": "later", "cronjob": "later", "skill_manage": "later",
  ]
}
