/// Tools of no agent in particular.
enum SharedTools {
  /// What our own constructors make.
  static let told: [String: String] = [
    "Bash": "shell $command @workdir shell env description",
    "Read": "read @file_path offset limit",
    "Write": "write @file_path content",
    "Edit": "changes changes",
    "WebFetch": "fetch $url",
  ]

  /// The kinds of the Agent Client Protocol, with what agents put into `rawInput`.
  ///
  /// A kind is what the agent says of a call, no more: where the input does not bear it out, it is asked about.
  static let acp: [String: String] = [
    "execute": """
    shell $command $cmd @cwd @workdir @directory @dir_path description explanation timeout timeout_ms \
    !is_background !background !run_in_background !dangerouslyDisableSandbox
    """,
    "read": """
    read @path @file_path @filePath @absolute_path @target_file @uri offset limit line line_offset n_lines \
    start_line end_line
    """,
    "search": """
    search @path @dir_path @directory *glob *include pattern query type output_mode -A -B -C -n -i context \
    head_limit multiline limit max_matches
    """,
    "edit": """
    write @path @file_path @filePath @absolute_path @target_file @uri content old_string new_string oldString \
    newString replace_all replaceAll
    """,
    "delete": "write @path @file_path @filePath @absolute_path @target_file @uri @paths",
    "move": "write @path @source @destination @from @to @old_path @new_path @src @dst",
    "fetch": "fetch $url $uri prompt format timeout",
    "think": "notes",
    "switch_mode": "question",
    "other": "other",
  ]

  private static let shell = """
    shell $command $cmd @workdir @cwd @directory @dir_path description timeout timeout_ms explanation \
    !is_background yield_time_ms max_output_tokens login
    """
  private static let read = """
    read @file_path @path @absolute_path @notebook_path @filePath @target_file @uri offset limit pages line \
    start_line end_line
    """
  private static let list = """
    list @path @dir_path @target_directory *pattern ignore limit recursive case_sensitive respect_git_ignore
    """
  private static let search = """
    search @path @dir_path *glob *include pattern type output_mode -A -B -C -n -i -o context head_limit \
    offset multiline limit query
    """
  private static let write = """
    write @file_path @path @notebook_path @absolute_path @filePath @target_file @uri
    """
  private static let patch = "patch $patch $input $patchText $patch_text $diff"
  private static let fetch = "fetch $url $uri prompt format timeout"

  /// The names under which agents offer the same few tools.
  static let any: [String: String] = {
    var table: [String: String] = [:]
    let groups: [(entry: String, names: String)] = [
      (
        shell,
        """
        Bash bash shell local_shell exec_command shell_command run_shell_command execute_command \
        run_terminal_cmd run_command terminal Shell exec execute
        """
      ),
      (read, "Read read read_file ReadFile NotebookRead view view_file fs/read_text_file view_image"),
      (list, "LS ls list list_dir list_directory Glob glob glob_file_search find_files"),
      (search, "Grep grep grep_files search_file_content grep_search codesearch"),
      (
        write,
        """
        Write write write_file WriteFile Edit edit edit_file MultiEdit multiedit NotebookEdit replace \
        create_file str_replace str_replace_editor search_replace fs/write_text_file write_to_file \
        replace_in_file delete_file delete
        """
      ),
      (patch, "apply_patch ApplyPatch patch"), (fetch, "WebFetch webfetch web_fetch fetch"),
      ("lookUp", "WebSearch websearch web_search google_web_search"),
      ("notes", "TodoWrite todowrite TodoRead todoread update_plan write_todos"),
    ]
    for (entry, names) in groups {
      for name in names.utf8.split(separator: 0x20) { table[String(Substring(name))] = entry }
    }
    return table
  }()
}
