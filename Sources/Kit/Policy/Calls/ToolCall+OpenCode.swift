package import JSON

/// Calls as OpenCode's server asks for them.
extension ToolCall {
  /// What a `permission.asked` event asks for.
  ///
  /// The tool and its input are those of the part that the event names. They count only where the permission is
  /// the one that this tool asks for, because a server's tools are named after the server: `apply` with the
  /// tool `patch` is `apply_patch`, but asks for another permission.
  ///
  /// - Parameters:
  ///   - permission: The permission's name.
  ///   - patterns: What it is about: commands or paths.
  ///   - metadata: The event's `metadata`.
  ///   - tool: The tool of the part; nil when no part is known.
  ///   - input: `state.input` of the part.
  ///   - workdir: The session's directory.
  /// - Returns: The call, to be judged.
  package static func opencode(
    permission: String, patterns: [String], metadata: JSONObject? = nil, tool: String? = nil,
    input: JSONObject? = nil, workdir: String
  ) -> ToolCall {
    // What the tool does elsewhere is judged by its paths.
    if let tool, let input, ToolTables.knows(tool, .opencode),
      permission == OpenCodeTools.permission(of: tool) || permission == "external_directory"
    {
      return ToolCall(tool: tool, input: bytes(input), workdir: workdir, dialect: .opencode)
    }
    var known = input ?? JSONObject()
    known["patterns"] = .array(patterns.map { .string($0) })
    if input == nil, let metadata { known["metadata"] = .object(metadata) }
    return .other(tool ?? permission, input: known, isPartial: input == nil, workdir: workdir)
  }
}
