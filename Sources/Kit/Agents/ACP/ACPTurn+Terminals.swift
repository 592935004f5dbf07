internal import Gate
internal import JSON
internal import Peers
internal import Policy
internal import Settings
internal import Stage
internal import System
internal import Turns
internal import Wire

/// Commands that a program runs through us: judged as what they are, run as the shell agent's are.
extension ACPTurn {
  private static let terminalLimit = 32
  private static let outputLimit = 1 << 20

  func createTerminal(_ params: JSONObject, _ answer: RPCPeer.Answer) throws {
    guard let command = params["command"]?.string, !command.isEmpty else {
      return answer.error(.parameters("a terminal needs a command"))
    }
    let words = (params["args"]?.array ?? []).map(\.string)
    let variables = (params["env"]?.array ?? []).map { ($0["name"]?.string, $0["value"]?.string) }
    let directory = params["cwd"]?.string ?? turn.workdir
    let texts = [command, directory] + words.compactMap { $0 } + variables.flatMap { [$0 ?? "", $1 ?? ""] }
    guard !words.contains(nil), !variables.contains(where: { $0.0 == nil || $0.1 == nil }),
      !texts.contains(where: { $0.utf8.contains(0) }), directory.utf8.first == UInt8(ascii: "/"),
      !variables.contains(where: { $0.0?.isEmpty ?? true || $0.0?.utf8.contains(UInt8(ascii: "=")) ?? true })
    else { return answer.error(.parameters("a terminal's command, args, env or cwd is not understood")) }
    guard terminals.count < Self.terminalLimit else {
      return answer.error(RPCError(code: -32603, "too many terminals are open; release some"))
    }
    let arguments = words.compactMap { $0 }
    let isPlain = directory == turn.workdir && variables.isEmpty
    let isCovered = isPlain && passes.take(command: command, arguments: arguments)
    let call = ToolCall.terminal(params, workdir: turn.workdir)
    let limit = min(max(params["outputByteLimit"]?.int ?? Self.outputLimit, 0), Self.outputLimit)
    let number = wait(answer) { answer.error(Self.withdrawn) }
    try ask(call, number, isCovered: isCovered) { [weak self] permission in
      guard let self else { return }
      if case .denied(let why) = permission { return answer.error(Self.notAllowed(why)) }
      var more: [String: String] = [:]
      for case (let name?, let value?) in variables { more[name] = value }
      do {
        let id = try startTerminal(command, arguments, directory, more, limit)
        answer.result(["terminalId": .string(id)])
      } catch {
        answer.error(RPCError(code: -32603, "the command cannot be started: \(error)"))
      }
    }
  }

  private func startTerminal(
    _ command: String, _ arguments: [String], _ directory: String, _ variables: [String: String], _ limit: Int
  ) throws -> String {
    var variables = variables
    var words = ["/bin/bash", "-c"]
    if arguments.isEmpty {
      // The command is no argument, because everybody can read those. Both outputs in the order of writing.
      variables["AGIM_COMMAND"] = command
      words += [
        "set -- \"$AGIM_COMMAND\"; unset AGIM_COMMAND; exec 2>&1 </dev/null; eval \"$1\"", turn.settings.name,
      ]
    } else {
      words += ["exec 2>&1 </dev/null; exec \"$@\"", turn.settings.name, command] + arguments
    }
    let mark = stage.maker.id()
    let scope = turn.openScope(mark: mark, isConfined: Sandbox.confines(turn.settings, isStandard: false))
    let wrapped = try Sandbox.wrap(
      words, turn, stage, directory: directory, work: turn.workdir,
      files: (scope?.shown ?? []))
    let terminal = try ACPTerminal(
      PeerProcess.Launch(
        wrapped, environment: AgentEnvironment.make(turn, stage, mark: mark, more: variables, scope: scope),
        directory: directory, mark: mark, scope: scope),
      limit: limit, loop: stage.loop)
    lastTerminal += 1
    let id = "terminal-\(lastTerminal)"
    terminals[id] = terminal
    terminal.onEnd = { [weak self] in self?.turn.activity() }
    return id
  }

  func onTerminal(_ method: String, _ params: JSONObject, _ answer: RPCPeer.Answer) {
    guard let id = params["terminalId"]?.string, let terminal = terminals[id] else {
      return answer.error(RPCError(code: Self.missing, "there is no such terminal"))
    }
    switch method {
    case "terminal/output":
      let text = terminal.text
      var result = JSONObject([("output", .string(text.output)), ("truncated", .bool(text.isTruncated))])
      if let exit = terminal.exit { result["exitStatus"] = exit }
      answer.result(.object(result))
    case "terminal/wait_for_exit":
      if let exit = terminal.exit { answer.result(exit) } else { terminal.waiting.append(answer) }
    case "terminal/kill":
      terminal.end()
      answer.result([:])
    default:
      terminals[id] = nil
      terminal.end()
      answer.result([:])
    }
  }

  /// Ends every command of the turn.
  func endTerminals() {
    for terminal in terminals.values { terminal.end() }
    terminals.removeAll()
  }
}
