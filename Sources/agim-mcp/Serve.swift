import AgentTools
import Console
import Glibc
import JSON
import MCP
import Stage
import System

/// Serves the protocol on standard input and output until the input ends.
func serve(_ source: ScopeSource) throws -> ExitCode {
  if isatty(0) == 1 {
    throw Failure.usage(
      "messages of the Model Context Protocol are expected on standard input",
      hint: "a client starts this; try 'agim-mcp list' or 'agim-mcp call TOOL JSON'")
  }
  if case .file(let path) = source, Relay.isSocket(path) { return try Relay.serve(path) }
  return try Service(source).run()
}

/// The loop of the server: lines in, lines out, and calls that take their time.
private final class Service {
  private let loop = EventLoop(clock: .system)
  private let output = OutputWriter(fd: 1)
  private let desk: ToolDesk
  private var server = MCPServer(
    name: Catalog.server, title: "agim", version: Command.version, instructions: Catalog.instructions,
    tools: Catalog.tools)
  private var reader = LineReader(limit: MCPServer.lineLimit)
  private var jobs: [Int: (call: MCPServer.Call, job: Int)] = [:]
  private var watch: EventLoop.Watch?
  private var steps = 0

  /// Milliseconds between two words about a call that goes on.
  private static let progress: Int64 = 10_000
  /// Bytes that wait to be read by the client before no more is read from it.
  private static let pendingLimit = 1 << 20

  init(_ source: ScopeSource) {
    desk = ToolDesk(source, loop: loop)
    loop.output = output
    // After the output was opened a second time: /proc is closed to us from here on, too.
    ProcessGuard.protectMemory()
  }

  func run() throws -> ExitCode {
    watch = loop.watch(0) { [unowned self] in try read() }
    try loop.onSignals([SIGTERM, SIGINT, SIGHUP]) { [unowned self] _ in loop.stop() }
    loop.beforeWait { [unowned self] in watch?.isEnabled = output.pending < Self.pendingLimit }
    defer { desk.close() }
    try loop.run()
    _ = try output.drain(limit: 1000)
    return .ok
  }

  private func read() throws {
    let got = try reader.fill(from: 0)
    while let found = reader.next() {
      switch found {
      case .tooLong: output.appendLine(MCPServer.tooLong())
      case .line(let range): take(server.take(reader.bytes(range)))
      }
    }
    // Whoever closes our input does not wait for what is outstanding.
    if got == 0 { loop.stop() }
  }

  private func take(_ step: MCPServer.Step) {
    switch step {
    case .send(let line): output.appendLine(line)
    case .nothing: break
    case .cancel(let call):
      if let one = jobs.removeValue(forKey: call.number) { desk.cancel(one.job) }
    case .call(let call):
      var isOver = false
      let job = desk.call(call.name, call.input) { [unowned self] outcome in
        isOver = true
        jobs[call.number] = nil
        if let line = server.finish(call, outcome) { output.appendLine(line) }
      }
      guard !isOver else { return }
      jobs[call.number] = (call, job)
      if call.progressToken != nil { tell(call, 1) }
    }
  }

  /// Says again and again that a call goes on, so that its client does not give it up.
  private func tell(_ call: MCPServer.Call, _ number: Int) {
    loop.after(Self.progress) { [weak self] in
      guard let self, jobs[call.number] != nil else { return }
      if let line = server.progress(call, number, "\(call.name) still waits") { output.appendLine(line) }
      tell(call, number + 1)
    }
  }
}
