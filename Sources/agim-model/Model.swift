import Console
import Models
import Settings

/// What agim-model does with its arguments.
func model(_ arguments: Arguments) throws -> ExitCode {
  if arguments.has("verbose") { Log.threshold = .info }
  guard let verb = arguments.operands.first else {
    throw Failure.usage("a role is missing", hint: "'agim-model list' shows them")
  }
  let ofCalls: Set<String> = ["dry-run", "person", "session", "verbose"]
  let allowed: Set<String> =
    switch verb {
    case "list": ["json"]
    case ModelSettings.embed: ofCalls.union(["null", "lines", "role"])
    case ModelSettings.transcribe: ofCalls.union(["json", "language", "mime", "role"])
    default: ofCalls.union(["json", "messages", "system"])
    }
  for option in command.options where arguments.has(option.long) && !allowed.contains(option.long) {
    throw Failure.usage("option --\(option.long) is not for \(verb)")
  }
  let operands = arguments.operands.dropFirst()
  let isRecording = verb == ModelSettings.transcribe
  guard operands.count == (isRecording ? 1 : 0) else {
    if isRecording, operands.isEmpty {
      throw Failure.usage("transcribe: a FILE is missing", hint: "- is standard input")
    }
    throw Failure.usage(
      "\(verb) takes \(isRecording ? "one operand" : "no operand"), but got '\(operands.last ?? "")' too",
      hint: isRecording || verb == "list" ? nil : "the prompt comes on standard input")
  }
  switch verb {
  case "list": return try listRoles(asJSON: arguments.has("json"))
  case ModelSettings.embed:
    return try Embedding(Job(arguments, role: arguments.value("role") ?? verb, .embeddings)).run()
  case ModelSettings.transcribe:
    let job = try Job(arguments, role: arguments.value("role") ?? verb, .transcriptions)
    return try Transcription(job, file: operands.first ?? "-").run()
  default: return try Conversation(Job(arguments, role: verb, .chat)).run()
  }
}
